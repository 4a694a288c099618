"""What an account calls its areas, wherever it lists them."""

from collections.abc import Iterator, Mapping
from typing import Final

from shared.i18n import LANGUAGES, SPANISH
from shared.policy.tenant import Tenant

FILES: Final = ("kpi", "incidents", "consultations", "documents")
"""The files that list areas, by whose names these are called."""


def area_name(tenant: Tenant, area: str, language: str) -> str:
    """An area's name in a language, by its key or a name; one that nobody lists as it is."""
    said = area.strip().casefold()
    for key, names in _areas(tenant):
        if said == key.casefold() or said in {name.casefold() for name in names.values()}:
            return names.get(language) or names.get(SPANISH) or area
    return area


def _areas(tenant: Tenant) -> Iterator[tuple[str, Mapping[str, str]]]:
    for file in FILES:
        document = tenant.documents.get(file)
        body = {} if document is None else document.body
        areas = {**body, **(body.get("classification") or {})}.get("areas")
        for key, row in areas.items() if isinstance(areas, Mapping) else ():
            if names := _names(row):
                yield str(key), names


def _names(row: object) -> Mapping[str, str]:
    """The names of a row by language: texts, or one text, or there under `name`."""
    name = row.get("name", row) if isinstance(row, Mapping) else row
    by_language = name if isinstance(name, Mapping) else dict.fromkeys(LANGUAGES, name)
    return {one: text for one in LANGUAGES if isinstance(text := by_language.get(one), str)}
