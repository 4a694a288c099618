"""What an account's other files list: the values that figures are split by, and their names."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from shared.i18n import LANGUAGES, SPANISH, Catalogue
from shared.policy import Tenant

Bodies = Mapping[str, Mapping[str, Any]]
"""The account's files, by their names."""
_CLOSING: Final = ("incidents", "consultations", "documents", "suggestions", "claims", "care")
"""The files whose lists close a dimension's set."""
_NAMING: Final = ("kpi", "intake", *_CLOSING)
LISTS: Final[Mapping[str, tuple[str, ...]]] = {
    "type": ("types", "services"),
    "channel": ("channels", "ways"),
    "area": ("areas",),
    "origin": ("origins",),
    "folder": ("folders",),
    "unit": ("units",),
    "team": ("teams",),
    "outcome": ("outcomes",),
    "reason": ("labels",),
    "driver": ("drivers",),
    "line": ("lines",),
    "point": ("points",),
    "region": ("regions",),
}
"""By which names the files list a dimension's values."""


def listed(bodies: Bodies, dimension: str) -> frozenset[str]:
    """The values that the account's files have for a dimension."""
    return frozenset(value for value, _ in _rows(bodies, dimension, _CLOSING))


def regions(bodies: Bodies) -> frozenset[str]:
    """Where the account's points of attention count."""
    points = bodies.get("incidents", {}).get("points", {})
    told = (point.get("region", "") for point in points.values())
    return frozenset(str(region).casefold() for region in told if region)


def _rows(bodies: Bodies, dimension: str, files: tuple[str, ...]) -> Iterator[tuple[str, object]]:
    for file in files:
        body = bodies.get(file, {})
        lists = {**body, **(body.get("classification") or {}), **(body.get("survey") or {})}
        for name in LISTS[dimension]:
            rows = lists.get(name, ())
            for key in rows:
                yield str(key).casefold(), rows[key] if isinstance(rows, Mapping) else None


def named(bodies: Bodies, dimension: str) -> Mapping[str, str]:
    """The values by what the account calls them in any language, in small letters.

    Where two are called the same it is the first one's name.
    """
    found: dict[str, str] = {}
    for value, row in _rows(bodies, dimension, _NAMING):
        for name in _names(row).values():
            found.setdefault(name.strip().casefold(), value)
    return found


class Labels:
    """What values are called in the account's words, else in the catalogue's, else as they are."""

    def __init__(self, tenant: Tenant, words: Catalogue, language: str) -> None:
        self._words = words
        self._language = language
        bodies = {name: document.body for name, document in tenant.documents.items()}
        self._names = {
            (dimension, value): name
            for dimension in LISTS
            for value, row in _rows(bodies, dimension, _NAMING)
            if (name := _name(row, language))
        }

    def of(self, dimension: str, value: str) -> str:
        """`value` is as figures have it, in small letters."""
        told = self._names.get((dimension, value.casefold()))
        for place in (f"value.{dimension}", f"incident.{dimension}", "value.any"):
            told = told or self._words.find(self._language, f"{place}.{value}")
        return told or value


def _name(row: object, language: str) -> str:
    names = _names(row)
    return names.get(language) or names.get(SPANISH, "")


def _names(row: object) -> dict[str, str]:
    """The names in a row of a list by language: texts, or one text, or there under `name`."""
    name = row.get("name", row) if isinstance(row, Mapping) else None
    by_language = name if isinstance(name, Mapping) else {SPANISH: name}
    return {one: text for one in LANGUAGES if isinstance(text := by_language.get(one), str)}
