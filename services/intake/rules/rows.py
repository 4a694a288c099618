"""Rows that the policies of the public's ways in share."""

from collections.abc import Mapping
from datetime import datetime
from string import Formatter
from typing import Annotated, Final

from pydantic import AfterValidator, Field, StringConstraints

from services.intake.rules.promise import deadline
from shared.contracts.stages import StageDeadline
from shared.decider import Called, Invalid
from shared.i18n import LANGUAGES
from shared.policy import Frozen, Source, Tenant
from shared.policy.models import Language

FACTS: Final = frozenset({"code", "due", "answer", "reason", "survey", "ticket", "usual"})
CARE: Final = "care"
"""The file that says how what the ladders announce is gathered."""


class Words(Frozen):
    """A text for people in each language."""

    es: str
    en: str

    def of(self, language: str) -> str:
        """In that language; in Spanish when it is another."""
        return self.en if language == "en" else self.es


class Named(Frozen):
    """One entry of a list that people choose from."""

    name: Words
    source: Source


def _filled(template: str) -> str:
    try:
        names = {name for _, name, _, _ in Formatter().parse(template) if name is not None}
    except ValueError as error:
        raise ValueError(f"not a template: {error}") from None
    if unknown := sorted(names - FACTS):
        raise ValueError(f"unknown {', '.join(unknown)}; known are {', '.join(sorted(FACTS))}")
    return template


Template = Annotated[
    str, StringConstraints(min_length=1, max_length=4_000), AfterValidator(_filled)
]


class LetterRow(Frozen):
    """What the user is written; `FACTS` in braces are filled in."""

    subject: Template
    text: Template


LetterRows = Annotated[Mapping[Language, LetterRow], Field(min_length=1)]


def chosen(what: str, name: str, known: Mapping[str, object]) -> str:
    """The name, if the policy knows it.

    Raises:
        Invalid: it does not; tells what it knows.
    """
    if name not in known:
        raise Invalid("desk.unknown_choice", what=what, given=name, known=called(known))
    return name


def called(rows: Mapping[str, object]) -> Called:
    """Entries of a list as a refusal tells them: by the keys to be said, with their names."""
    names = {
        language: ", ".join(_with_name(key, row, language) for key, row in rows.items())
        for language in LANGUAGES
    }
    return Called(", ".join(rows), names)


def _with_name(key: str, row: object, language: str) -> str:
    name = getattr(row, "name", "")
    shown = name.of(language) if isinstance(name, Words) else str(name)
    return key if shown.casefold() in ("", key.casefold()) else f"{key} ({shown})"


def promised_to(
    tenant: Tenant, stage: str, term: str, channel: str | None, at: datetime
) -> StageDeadline:
    """Until when what comes by that channel now is dealt with."""
    return deadline(tenant.plan({stage: term}, channel=channel), term, at)
