"""What callers send about consultations."""

from datetime import date
from typing import Annotated

from pydantic import Field

from services.intake.consultations.domain import Status
from services.intake.desks import Choice, QueueQuery, Short, Text, Why
from services.intake.saying import Saying
from shared.http import Input


class NewConsultation(Saying):
    """A question by form, or one that an assistant enters for somebody.

    Without `consent` nothing about the person is taken: the question is anonymous. `preferential`
    is the ground for attention before others, as the law names them.
    """


class Distribution(Input):
    """Into which folder."""

    folder: Choice


class Labels(Input):
    """Its labels from now on."""

    labels: Annotated[tuple[Choice, ...], Field(max_length=20)] = ()


class NewDraft(Input):
    """The words of an answer, or of what an organ of the second level knows."""

    text: Text


class Escalation(Why):
    """To which organ of the second level, and why."""

    unit: Choice


class Channelling(Input):
    """What the tiers are told of the incident; nothing about a person."""

    summary: Short
    description: Text
    area: Choice
    origin: Choice


class Sending(Input):
    """What was looked at last before the answer leaves."""

    checks: Annotated[tuple[Choice, ...], Field(max_length=20)] = ()


class Discarding(Why):
    """Why it is not attended here, and the way in that it belongs to, as the policy names them.

    In that of suggestions or claims a case is opened from it, and in the documents desk a file for
    `service`, which is one of its catalogue. To the tiers of incidents it goes by `/channel`.
    """

    forwarded_to: Annotated[str, Field(max_length=80)] = ""
    service: Annotated[str, Field(max_length=80)] = ""


class ConsultationQuery(QueueQuery):
    """Filters of the queue."""

    status: Annotated[tuple[Status, ...], Field(max_length=20)] = ()
    folder: str | None = Field(None, max_length=80)
    channel: str | None = Field(None, max_length=80)
    answered_by: str | None = Field(None, max_length=200)
    answered_on: Annotated[date | None, Field(ge=date(2000, 1, 1), le=date(2100, 1, 1))] = None
