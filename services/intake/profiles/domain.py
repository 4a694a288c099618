"""The life of a profile: met by a contact, by more of them, put first, joined with another."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from services.intake.policy import IntakePolicy
from services.intake.rules.table import Table, table
from shared.contracts import EventBody
from shared.contracts.profiles import (
    ProfileJoined,
    ProfileLinked,
    ProfileOpened,
    ProfilePreferred,
)
from shared.decider import Decider, Given, Invalid, Stamp


class ProfileStatus(StrEnum):
    NEW = "new"
    OPEN = "open"
    JOINED = "joined"


Status = ProfileStatus


class Action(StrEnum):
    MEET = "meet"
    PREFER = "prefer"
    JOIN = "join"


LIFECYCLE: Final[Table[Status, Action]] = table(
    "profile.illegal_transition",
    (
        ((Status.NEW, Status.OPEN), Action.MEET, Status.OPEN),
        ((Status.OPEN,), Action.PREFER, None),
        ((Status.OPEN,), Action.JOIN, Status.JOINED),
    ),
)


@dataclass(frozen=True, slots=True)
class Profile:
    """A person, without a name: by which kinds of contact he is reached, whether he is first."""

    status: Status = Status.NEW
    contacts: tuple[str, ...] = ()
    preferential: str = ""
    into: str = ""


@dataclass(frozen=True, slots=True)
class Meet:
    """He came by a kind of contact; again by the same, nothing happens."""

    contact: str


@dataclass(frozen=True, slots=True)
class Prefer:
    ground: str


@dataclass(frozen=True, slots=True)
class Join:
    """`profile` is this one's id, `into` the other's."""

    profile: str
    into: str


Command = Meet | Prefer | Join


def decide(case: Profile, command: Command, given: Given[IntakePolicy]) -> Sequence[EventBody]:
    """The events that a command leads to."""
    match command:
        case Meet(contact):
            if case.status is Status.NEW:
                return [ProfileOpened(contact=contact)]
            known = case.status is Status.JOINED or contact in case.contacts
            return [] if known else [ProfileLinked(contact=contact)]
        case Prefer(ground):
            LIFECYCLE.follow(case.status, Action.PREFER)
            return [ProfilePreferred(ground=given.policy.public.care.preferential(ground))]
        case Join(profile, into):
            LIFECYCLE.follow(case.status, Action.JOIN)
            if profile == into:
                raise Invalid("profile.joined_with_itself", id=into)
            return [ProfileJoined(into=into)]


def evolve(case: Profile, event: EventBody, _stamp: Stamp) -> Profile:
    """What an event changes."""
    match event:
        case ProfileOpened(contact=contact):
            return Profile(Status.OPEN, (contact,))
        case ProfileLinked(contact=contact):
            return replace(case, contacts=(*case.contacts, contact))
        case ProfilePreferred(ground=ground):
            return replace(case, preferential=ground)
        case ProfileJoined(into=into):
            return replace(case, status=Status.JOINED, into=into)
    return case


RULES: Final[Decider[Profile, Any, IntakePolicy]] = Decider(
    state=Profile, initial=Profile, decide=decide, evolve=evolve
)
