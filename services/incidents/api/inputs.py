"""What callers send."""

from datetime import date
from typing import Annotated

from pydantic import Field, StringConstraints

from services.incidents.domain import Status
from services.incidents.policy import MAX_FILE
from shared.http import Input, PageQuery
from shared.security import Role

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
Choice = Annotated[str, StringConstraints(strip_whitespace=True, max_length=80)]
Short = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4_000)]
Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2199, 12, 31))]
Long = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000)]


class NewIncident(Input):
    """What a user reports; `reporter` is kept apart from all events.

    `criticality`, `type` and `priority` may be left to tier 2; see `/incident-catalogue`.
    `profile_id` is the reporter's, from intake's `/profile-searches`; `preferential` is for who is
    attended before others, on whatever ground (B:L565-577). `line` is the telephone line that was
    called, of the channel that has it, `point` the point of attention where it was reported.
    """

    summary: Short
    description: Long
    area: Name
    origin: Name
    reporter: Short
    channel: Name
    criticality: Choice | None = None
    type: Choice | None = None
    priority: Choice | None = None
    profile_id: Choice = ""
    preferential: bool = False
    line: Choice = ""
    point: Choice = ""


class Forwarding(Input):
    """To which area of tier 2; the incident's own when it is left out."""

    area: Choice = ""


class Why(Input):
    """The reason, for the record."""

    reason: Text


class Taking(Input):
    """How hard it is, and the days it will take within the term's range."""

    complexity: Choice = ""
    days: Annotated[int | None, Field(ge=0, le=1_000)] = None


class Elevation(Why):
    """To which area of tier 3; the tier's own when it is left out."""

    area: Choice = ""


class Rerouting(Why):
    """To which other area of the same tier."""

    area: Name


class Question(Input):
    """What a provider is asked, and what tier 1 is told of the steps taken."""

    provider: Name
    question: Text
    steps: Text


class ProvidersAnswer(Input):
    """What the provider said."""

    answer: Long


class NewSolution(Input):
    """The answer, its support, what caused it, and the entry of the knowledge base it is from.

    `files` are ids of the incident's evidence.
    """

    answer: Long
    evidence: Annotated[tuple[Short, ...], Field(max_length=50)] = ()
    files: Annotated[tuple[Choice, ...], Field(max_length=50)] = ()
    cause: Annotated[str, StringConstraints(strip_whitespace=True, max_length=2_000)] = ""
    article: Choice = ""


class NewEvidence(Input):
    """A file, its content in base64; it gets no name, since a name may name somebody."""

    content: Annotated[str, StringConstraints(min_length=1, max_length=MAX_FILE * 4 // 3 + 4)]


class Validation(Input):
    """A word on the answer, if any."""

    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=2_000)] = ""


class Conversion(Why):
    """Why it needs development, and with which area of users that was agreed."""

    coordinated_with: Short


class FinalReply(Input):
    """What the user is sent; the validated answer when it is left out."""

    message: Annotated[str, StringConstraints(strip_whitespace=True, max_length=20_000)] = ""


class NewExtension(Why):
    """More days."""

    days: Annotated[int, Field(ge=0, le=1_000)]


class Told(Input):
    """What the user was told."""

    message: Text


class Classification(Why):
    """What is said anew; what is left out stays."""

    origin: Choice = ""
    area: Choice = ""
    type: Choice = ""
    criticality: Choice = ""
    complexity: Choice = ""
    priority: Choice = ""


class NewCoordination(Input):
    """Who else was asked; `external` when outside the house."""

    external: bool
    party: Short
    note: Text


class IncidentQuery(PageQuery):
    """Filters of the queue; they narrow each other. Without `status`, what is open.

    `text` are words that must all be there, accents and endings ignored; with it what is closed is
    found too, unless a `status` is given.
    """

    status: Annotated[tuple[Status, ...], Field(max_length=20)] = ()
    tier: Annotated[int | None, Field(ge=1, le=3)] = None
    desk: Choice | None = None
    holder: Annotated[str | None, Field(max_length=200)] = None
    area: Choice | None = None
    criticality: Choice | None = None
    ticket: Choice | None = None
    profile_id: Choice | None = None
    preferential: bool | None = None
    overdue: bool | None = None
    text: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""


class EstimateQuery(Input):
    """The kind of incident to say usual times of."""

    area: Name
    type: Choice = ""


class DigestQuery(Input):
    """Whose digest; everybody's when it is left out."""

    role: Role | None = None


class ArticleContent(Input):
    """What is known of one kind of fault; `template` is an answer to start from."""

    title: Short
    symptoms: Text
    causes: Annotated[tuple[Short, ...], Field(min_length=1, max_length=20)]
    treatment: Long
    template: Annotated[str, StringConstraints(strip_whitespace=True, max_length=20_000)] = ""
    area: Name
    type: Name


class Vote(Input):
    """Whether it was useful."""

    helpful: bool


class KnowledgeQuery(Input):
    """Words to search for, accents and endings ignored; without words the newest come first."""

    text: Annotated[str, StringConstraints(strip_whitespace=True, max_length=2_000)] = ""
    area: Choice | None = None
    type: Choice | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 5
