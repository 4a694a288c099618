"""Words for people: Spanish first, English beside it, from gettext catalogues in ``locale/``.

Each ``locale/<language>/LC_MESSAGES/<domain>.po`` is read as it is, so there is no compiled file
to forget. A message is found by its key (``problem.stale_version.title``), the same in every
language; ``{name}`` in it is filled from the facts. One with a plural goes by the fact that it
names first; both languages have one form for 1 and another for the rest.
"""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any, Final

from babel.messages.pofile import read_po

SPANISH: Final = "es"
ENGLISH: Final = "en"
LANGUAGES: Final = (SPANISH, ENGLISH)
FOLDER: Final = Path(__file__).resolve().parents[2] / "locale"
_RANGE: Final = re.compile(
    r"\s*([A-Za-z]{1,8}|\*)(?:-[A-Za-z0-9-]+)?\s*(?:;\s*q=([0-9.]{1,5}))?\s*"
)


class _Facts(dict[str, Any]):
    """A fact that the message names and nobody gave shows as its name, not as an error."""

    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


def _shown(value: object) -> object:
    """Several of something as people write them; a dash when there is none."""
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(map(str, value)) or "—"
    return value


Forms = tuple[str, ...]
"""A message: one text, or those for 1 and for the rest."""


def _chosen(forms: Forms, facts: Mapping[str, Any] | None) -> str:
    one, rest = forms[0], forms[-1]
    if one == rest or not facts:
        return rest
    counted = next(name for _, name, _, _ in Formatter().parse(rest) if name)
    return one if facts.get(counted) == 1 else rest


class Catalogue:
    """All messages of all languages, by key."""

    def __init__(self, messages: Mapping[str, Mapping[str, str | Forms]]) -> None:
        self._messages = messages

    def find(self, language: str, key: str, facts: Mapping[str, Any] | None = None) -> str | None:
        """The message in `language`, filled; None when the catalogue has no such key."""
        forms = self._messages.get(language, {}).get(key)
        if forms is None:
            return None
        text = forms if isinstance(forms, str) else _chosen(forms, facts)
        if not facts:
            return text
        shown = {name: _shown(value) for name, value in facts.items()}
        return text.format_map(_Facts(shown))

    def text(self, language: str, key: str, facts: Mapping[str, Any] | None = None) -> str:
        """Like `find`, but a missing message is its key."""
        return self.find(language, key, facts) or key

    def keys(self, language: str) -> frozenset[str]:
        return frozenset(self._messages.get(language, {}))


@cache
def load(folder: Path = FOLDER) -> Catalogue:
    """Every catalogue under `folder`, read once a process: reading takes some 50 ms."""
    return Catalogue({language: _read(folder / language / "LC_MESSAGES") for language in LANGUAGES})


def _read(folder: Path) -> dict[str, str | Forms]:
    messages: dict[str, str | Forms] = {}
    for path in sorted(folder.glob("*.po")):
        with path.open("rb") as file:
            for entry in read_po(file):
                if entry.id and entry.string:
                    key = entry.id if isinstance(entry.id, str) else entry.id[0]
                    said = entry.string
                    messages[key] = said if isinstance(said, str) else tuple(said)
    return messages


def negotiate(accept_language: str) -> str:
    """The best of our languages for an ``Accept-Language`` header; Spanish when in doubt."""
    best, best_weight = SPANISH, 0.0
    for part in accept_language[:200].split(","):
        match = _RANGE.fullmatch(part)
        if match is None:
            continue
        language = SPANISH if match[1] == "*" else match[1].lower()
        weight = _weight(match[2])
        if language in LANGUAGES and weight > best_weight:
            best, best_weight = language, weight
    return best


def _weight(text: str | None) -> float:
    try:
        return 1.0 if text is None else min(float(text), 1.0)
    except ValueError:
        return 0.0
