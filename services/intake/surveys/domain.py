"""The life of a survey: somebody is asked once, and answers or does not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from services.intake.care import SurveyRow
from services.intake.policy import IntakePolicy
from services.intake.rules.table import Table, table
from shared.contracts import EventBody
from shared.contracts.consultations import TextRef
from shared.contracts.surveys import SurveyAnswered, SurveyInvited, SurveyLapsed
from shared.decider import Decider, Given, Invalid, Stamp


class SurveyStatus(StrEnum):
    NEW = "new"
    INVITED = "invited"
    ANSWERED = "answered"
    LAPSED = "lapsed"


Status = SurveyStatus


class Action(StrEnum):
    INVITE = "invite"
    ANSWER = "answer"
    LAPSE = "lapse"


LIFECYCLE: Final[Table[Status, Action]] = table(
    "survey.illegal_transition",
    (
        ((Status.NEW,), Action.INVITE, Status.INVITED),
        ((Status.INVITED,), Action.ANSWER, Status.ANSWERED),
        ((Status.INVITED,), Action.LAPSE, Status.LAPSED),
    ),
)


@dataclass(frozen=True, slots=True)
class Survey:
    """Who was asked is known by the case it is about."""

    status: Status = Status.NEW
    about: str = ""
    case_id: str = ""
    attended_by: str = ""
    expires_at: datetime | None = None
    scores: Mapping[str, int] = field(default_factory=dict)
    satisfied: bool | None = None
    answered_at: datetime | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Invite:
    """Ask about a case; asked again, nothing happens."""

    about: str
    case_id: str
    attended_by: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    scores: Mapping[str, int]
    text: TextRef | None = None


@dataclass(frozen=True, slots=True)
class Lapse:
    due_at: datetime


Command = Invite | Answer | Lapse


def decide(case: Survey, command: Command, given: Given[IntakePolicy]) -> Sequence[EventBody]:
    """The events that a command leads to."""
    care = given.policy.public.care
    match command:
        case Invite(about, case_id, attended_by):
            if case.status is not Status.NEW:
                return []
            ends = care.survey_ends(given.at)
            return [
                SurveyInvited(
                    about=about, case_id=case_id, attended_by=attended_by, expires_at=ends
                )
            ]
        case Answer():
            LIFECYCLE.follow(case.status, Action.ANSWER)
            return [_answered(case, command, care.survey, given.at)]
        case Lapse():
            if case.status is not Status.INVITED or case.expires_at is None:
                return []
            facts = {"about": case.about, "case_id": case.case_id}
            return [SurveyLapsed(**facts, expires_at=case.expires_at)]


def _answered(case: Survey, command: Answer, row: SurveyRow, at: datetime) -> SurveyAnswered:
    wrong = sorted(set(command.scores) ^ set(row.drivers))
    if wrong or not all(1 <= score <= row.scale for score in command.scores.values()):
        known = ", ".join(row.drivers)
        raise Invalid("survey.scores", wrong=", ".join(wrong), known=known, scale=row.scale)
    total = sum(command.scores.values())
    return SurveyAnswered(
        about=case.about,
        case_id=case.case_id,
        scores=dict(command.scores),
        scale=row.scale,
        satisfied=total >= row.satisfied_from * len(command.scores),
        answered_at=at,
        text=command.text,
    )


def evolve(case: Survey, event: EventBody, _stamp: Stamp) -> Survey:
    """What an event changes."""
    match event:
        case SurveyInvited():
            return Survey(
                Status.INVITED, event.about, event.case_id, event.attended_by, event.expires_at
            )
        case SurveyAnswered():
            return replace(
                case,
                status=Status.ANSWERED,
                scores=event.scores,
                satisfied=event.satisfied,
                answered_at=event.answered_at,
                text=event.text.id if event.text else "",
            )
        case SurveyLapsed():
            return replace(case, status=Status.LAPSED)
    return case


def next_due(case: Survey) -> datetime | None:
    """When one who was asked may answer no longer."""
    return case.expires_at if case.status is Status.INVITED else None


RULES: Final[Decider[Survey, Any, IntakePolicy]] = Decider(
    state=Survey,
    initial=Survey,
    decide=decide,
    evolve=evolve,
    next_due=next_due,
    on_due=Lapse,
)
