"""What holds for a procedure or a topic: one version after another, each a deployed request (A28).

A version may apply from a day ahead; until then the one before holds. A request that applies from
an earlier day than a version that is there already contradicts what is newer than itself (A27).
"""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

from services.intake.policy import IntakePolicy
from shared.contracts import EventBody
from shared.contracts.registry import ProcedurePutInForce
from shared.decider import Decider, Given, Stamp

KEPT: Final = 50
"""Versions at hand; the history keeps all."""


class Subject(StrEnum):
    """What a version is about."""

    PROCEDURE = "procedure"
    TOPIC = "topic"


@dataclass(frozen=True, slots=True)
class Version:
    """What a deployed request made of it, from a local day on."""

    number: int
    request_id: str
    code: str
    request_type: str
    title: str
    applies_on: date
    deployed_at: datetime


@dataclass(frozen=True, slots=True)
class Procedure:
    """All versions, in the order in which they were deployed."""

    subject: str = ""
    name: str = ""
    number: int = 0
    versions: tuple[Version, ...] = ()

    def in_force(self, today: date) -> Version | None:
        """The version that holds on a day; None before the first one applies."""
        holding = [one for one in self.versions if one.applies_on <= today]
        return max(holding, key=_turn, default=None)

    def ahead(self, today: date) -> tuple[Version, ...]:
        """Versions that will hold, the next one first."""
        return tuple(sorted((v for v in self.versions if v.applies_on > today), key=_turn))


@dataclass(frozen=True, slots=True)
class PutInForce:
    """A request was deployed; the number is given here."""

    subject: Subject
    name: str
    version: Version


def _turn(version: Version) -> tuple[date, datetime, int]:
    return version.applies_on, version.deployed_at, version.number


def key_of(name: str) -> str:
    """What two ways to write one name have in common: no case, accents or further spaces."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    letters = "".join(one for one in plain if not unicodedata.combining(one))
    return " ".join(letters.split())


def keys_of(names: Iterable[str]) -> tuple[str, ...]:
    """Of several names, once each."""
    return tuple(dict.fromkeys(key_of(name) for name in names))


def decide(
    procedure: Procedure, command: PutInForce, given: Given[IntakePolicy]
) -> Sequence[EventBody]:
    """The events that a command leads to; a request is put in force once."""
    del given
    new = command.version
    if any(one.request_id == new.request_id for one in procedure.versions):
        return []
    return [
        ProcedurePutInForce(
            subject=command.subject,
            name=command.name,
            number=procedure.number + 1,
            request_id=new.request_id,
            code=new.code,
            request_type=new.request_type,
            title=new.title,
            applies_on=new.applies_on,
            deployed_at=new.deployed_at,
        )
    ]


def evolve(procedure: Procedure, event: EventBody, _stamp: Stamp) -> Procedure:
    """What an event changes."""
    if not isinstance(event, ProcedurePutInForce):
        return procedure
    version = Version(
        event.number,
        event.request_id,
        event.code,
        event.request_type,
        event.title,
        event.applies_on,
        event.deployed_at,
    )
    return replace(
        procedure,
        subject=event.subject,
        name=event.name,
        number=event.number,
        versions=(*procedure.versions, version)[-KEPT:],
    )


DECIDER: Final[Decider[Procedure, Any, IntakePolicy]] = Decider(
    state=Procedure, initial=Procedure, decide=decide, evolve=evolve
)
