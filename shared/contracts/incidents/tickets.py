"""What is said of an incident in three tiers; the subject is the incident's id.

Texts are what the attending people wrote about the fault. Who reported it is never in an event:
the service keeps that apart (B:L385-390).
"""

from datetime import datetime
from operator import not_

from pydantic import Field

from shared.contracts.events import EventBody
from shared.contracts.stages import ClockChange, Estimate


class _Moved(EventBody):
    """`holder` is who has the incident from now on, and what became of its clocks."""

    holder: str
    clocks: tuple[ClockChange, ...] = ()


class IncidentRegistered(_Moved, event_type="incidents.incident.registered.v1"):
    """An incident got its ticket (B70); `catalogue` is the version of the classification.

    `criticality_given` is false while the account's default stands for what nobody has said yet;
    `desk` is the area that attends tier 1; `consultation_id` the consultation that it came by,
    `profile_id` the person's in intake, `preferential` is `granted` for attention before others,
    `line` the telephone line that was called, `point` the point of attention where it was reported
    and `region` the one that the point counts for.
    """

    ticket: str
    summary: str
    description: str
    origin: str
    area: str
    kind: str
    criticality: str
    criticality_given: bool
    priority: str
    channel: str
    registered_at: datetime
    catalogue: str
    desk: str
    consultation_id: str = Field("", exclude_if=not_)
    profile_id: str = Field("", exclude_if=not_)
    preferential: str = Field("", exclude_if=not_)
    line: str = Field("", exclude_if=not_)
    point: str = Field("", exclude_if=not_)
    region: str = Field("", exclude_if=not_)


class IncidentForwarded(_Moved, event_type="incidents.incident.forwarded.v1"):
    """Tier 1 sent it to tier 2 and told the user what is usual for its kind (B75).

    A consultation that it came by is named, and by which ticket whoever asked knows it.
    """

    area: str
    told: Estimate | None = None
    ticket: str = Field("", exclude_if=not_)
    consultation_id: str = Field("", exclude_if=not_)


class IncidentDismissed(_Moved, event_type="incidents.incident.dismissed.v1"):
    """Tier 1 found that it is no incident; a consultation that it came by is named.

    `routed` is whether it had been forwarded, and so came back.
    """

    reason: str
    consultation_id: str = Field("", exclude_if=not_)
    routed: bool = Field(default=False, exclude_if=not_)


class IncidentTaken(_Moved, event_type="incidents.incident.taken.v1"):
    """A specialist attends it, or made contact: the response (B80). `days` fixes the term."""

    tier: int
    person: str
    complexity: str = ""
    days: int | None = None


class IncidentElevated(_Moved, event_type="incidents.incident.elevated.v1"):
    """Tier 2 found it technical and sent it to tier 3 (B88)."""

    area: str
    reason: str


class IncidentRerouted(_Moved, event_type="incidents.incident.rerouted.v1"):
    """It went sideways, to another area of the same tier."""

    tier: int
    from_area: str
    area: str
    reason: str


class IncidentReturned(_Moved, event_type="incidents.incident.returned.v1"):
    """A tier gave it back to the one before as not its own."""

    tier: int
    to_tier: int
    area: str
    reason: str


class IncidentProviderAsked(_Moved, event_type="incidents.incident.provider_asked.v1"):
    """A provider is involved; `steps` are told to tier 1 (B86)."""

    provider: str
    question: str
    steps: str


class IncidentProviderAnswered(_Moved, event_type="incidents.incident.provider_answered.v1"):
    """The provider's answer is there: the contractual time begins, the raw one has gone on."""

    provider: str
    answer: str


class IncidentSolved(_Moved, event_type="incidents.incident.solved.v1"):
    """A tier has the answer, with its support and evidence; tier 2 validates those of tier 3.

    `article` is the entry of the knowledge base that it was solved with, if any; `files` are those
    of the incident that support it.
    """

    tier: int
    answer: str
    evidence: tuple[str, ...] = ()
    cause: str = ""
    too_fast: bool = False
    article: str = ""
    files: tuple[str, ...] = Field((), exclude_if=not_)


class IncidentValidated(_Moved, event_type="incidents.incident.validated.v1"):
    """Tier 2 found the answer of tier 3 right (B89); `article` as the answer named it."""

    note: str = ""
    article: str = Field("", exclude_if=not_)


class IncidentObserved(_Moved, event_type="incidents.incident.observed.v1"):
    """Tier 2 gave the answer back to tier 3, or tier 1 one to tier 2 (`to_tier`), and why."""

    reason: str
    to_tier: int = Field(3, exclude_if=(3).__eq__)


class IncidentConverted(_Moved, event_type="incidents.incident.converted.v1"):
    """It needs development or a business rule: from now on a functional requirement (B87).

    `requirement` is its code. With `request_id` it goes on as that request in intake; the fields
    after it are what the request says.
    """

    requirement: str
    reason: str
    coordinated_with: str
    request_id: str = Field("", exclude_if=not_)
    request_type: str = Field("", exclude_if=not_)
    topic: str = Field("", exclude_if=not_)
    title: str = Field("", exclude_if=not_)
    description: str = Field("", exclude_if=not_)
    request_area: str = Field("", exclude_if=not_)


class IncidentClosed(_Moved, event_type="incidents.incident.closed.v1"):
    """The final answer went out to the user (B79).

    `outcome` is `solved` or `functional_requirement`. `elapsed_seconds` is working time since the
    registration, without the time that it was closed; `contractual_seconds` leaves out what was
    waited for a provider. A consultation that it came by is named.
    """

    outcome: str
    message: str
    solved_by: int
    origin: str
    area: str
    kind: str
    elapsed_seconds: int
    contractual_seconds: int
    returns: int
    reroutes: int
    routed: bool
    routed_correctly: bool
    within_deadlines: bool
    consultation_id: str = Field("", exclude_if=not_)


class IncidentReopened(_Moved, event_type="incidents.incident.reopened.v1"):
    """The user came back: it was not solved."""

    reason: str
    times: int


class IncidentExtended(_Moved, event_type="incidents.incident.extended.v1"):
    """A tier needs more time; tier 1 has the same day to tell the user (B79)."""

    days: int
    due_at: datetime
    reason: str


class IncidentExtensionTold(_Moved, event_type="incidents.incident.extension_told.v1"):
    """Tier 1 told the user the new date."""

    due_at: datetime
    message: str
    consultation_id: str = Field("", exclude_if=not_)


class IncidentClassified(_Moved, event_type="incidents.incident.classified.v1"):
    """Origin, area, type, criticality, complexity or priority were said anew, and by which list."""

    origin: str
    area: str
    kind: str
    criticality: str
    criticality_given: bool
    complexity: str
    priority: str
    catalogue: str
    reason: str


class IncidentCoordinated(EventBody, event_type="incidents.incident.coordinated.v1"):
    """Somebody else had to be asked, inside the house or outside (B71)."""

    external: bool
    party: str
    note: str


class IncidentEvidenceAdded(EventBody, event_type="incidents.incident.evidence_added.v1"):
    """A file was put beside it; what it is was read from its first bytes, and it has no name."""

    file_id: str
    size: int
    media_type: str
    sha256: str


class IncidentWarned(EventBody, event_type="incidents.incident.warned.v1"):
    """A share of a stage's budget is used up; `notify` are the roles to be told."""

    warns = True
    stage: str
    share: int
    due_at: datetime
    holder: str
    notify: tuple[str, ...]


class IncidentBreached(EventBody, event_type="incidents.incident.breached.v1"):
    """A stage's promised instant has passed; `notify` are the roles to be told."""

    stage: str
    due_at: datetime
    holder: str
    notify: tuple[str, ...]
