"""What a tenant may ask for, under which code, and what is promised on reception."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from string import Formatter
from typing import Annotated, Final

from pydantic import AfterValidator, Field, StringConstraints

from services.intake.public_policy import PublicPolicy, public_policy
from services.intake.rules.rows import Words as Called
from shared.clock import Calendar, Promise
from shared.contracts.terms import Deadline, DeadlineStep
from shared.decider import Invalid, Unknown
from shared.policy import Frozen, Key, Source, Tenant
from shared.policy.models import Language

SECTION = "intake"
Series = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2,8}$")]
_MEMORY = 256
MAX_ATTACHMENT: Final = 100 * 1024 * 1024
"""The largest document, bytes: the limit of issue 4, and of what the edge lets through."""

MediaType = Annotated[str, StringConstraints(pattern=r"^[a-z]+/[a-z0-9.+-]+$", max_length=100)]
NOTE_FACTS: Final = frozenset(
    {"code", "received", "due", "topic", "subject", "description", "area", "effective"}
)
"""What a confirmation note may say of its request."""


def _filled_by_facts(template: str) -> str:
    try:
        named = {name for _, name, _, _ in Formatter().parse(template) if name is not None}
    except ValueError as error:
        raise ValueError(f"not a template: {error}") from None
    if unknown := sorted(named - NOTE_FACTS):
        raise ValueError(f"unknown {', '.join(unknown)}; known are {', '.join(sorted(NOTE_FACTS))}")
    return template


Note = Annotated[
    str, StringConstraints(min_length=1, max_length=4_000), AfterValidator(_filled_by_facts)
]
Words = Annotated[str, StringConstraints(min_length=1, max_length=400)]


class Lapse(StrEnum):
    """What becomes of a verbal instruction that nobody confirms in time."""

    PROCEED = "proceed"
    WITHDRAW = "withdraw"


class LetterOccasion(StrEnum):
    """When the client is written to."""

    RECEIPT = "receipt"
    CONFIRMATION = "confirmation"
    OBSERVATION = "observation"
    REMINDER = "reminder"
    APPROVAL = "approval"
    START = "start"
    PROGRESS = "progress"
    CLOSE = "close"


class TypeRow(Frozen):
    """A type of request: its name, its code's series, the terms promised on reception by stage.

    `rules` is whether what it asks for is in force once it is deployed, for its topic and the
    procedures it touches (A28). `access` is whether it asks for access to the client's systems.
    """

    name: Called | None = None
    series: Series
    promises: Mapping[Key, Key] = {}
    rules: bool = True
    access: bool = False
    source: Source


class LettersRow(Frozen):
    """What the client is written of his requests (A60), to a mailbox of `mail.yaml`.

    Coverage is told each `progress_step` percent.
    """

    mailbox: Key = "client"
    occasions: Annotated[tuple[LetterOccasion, ...], Field(min_length=1)]
    progress_step: Annotated[int, Field(ge=1, le=100)] = 25
    source: Source


class AccessRow(Frozen):
    """The client's systems that may be looked at, and for how many days at the longest (A26)."""

    systems: Annotated[tuple[Key, ...], Field(min_length=1)]
    longest_days: Annotated[int, Field(ge=1, le=3_650)] = 365
    source: Source


class VerbalRow(Frozen):
    """How a verbal instruction gets its written support (A25).

    `notes` is the text that goes to the client for confirmation, by language; `term` how long it
    blocks the deployment; `lapse` what happens then, with the `reason` the client is told.
    """

    term: Key
    lapse: Lapse
    reason: Words
    notes: Annotated[Mapping[Language, Note], Field(min_length=1)]
    source: Source


class AttachmentRow(Frozen):
    """What documents are taken: sizes in bytes, `types` as their first bytes show them.

    `hours` is how long a document may take to arrive before its parts are deleted.
    """

    max_bytes: Annotated[int, Field(ge=1, le=MAX_ATTACHMENT)] = MAX_ATTACHMENT
    quota_bytes: Annotated[int, Field(ge=1)]
    per_request: Annotated[int, Field(ge=1, le=1_000)] = 50
    hours: Annotated[int, Field(ge=1, le=720)] = 24
    types: Annotated[tuple[MediaType, ...], Field(min_length=1)]
    source: Source

    @property
    def patience(self) -> timedelta:
        return timedelta(hours=self.hours)


class WebhookRow(Frozen):
    """How subscribers are told; waits and timeout in seconds.

    `allow_private` lets addresses of the own network be called, and plain http.
    """

    allow_private: bool = False
    attempts: Annotated[int, Field(ge=1, le=30)] = 8
    first_wait: Annotated[float, Field(gt=0, le=3_600)] = 30.0
    longest_wait: Annotated[float, Field(gt=0, le=86_400)] = 21_600.0
    timeout: Annotated[float, Field(gt=0, le=60)] = 10.0
    max_subscriptions: Annotated[int, Field(ge=1, le=100)] = 20
    source: Source

    @property
    def lease(self) -> timedelta:
        """After this a try counts as lost: whoever made it is gone."""
        return timedelta(seconds=2 * self.timeout + 5)


class IntakeSection(Frozen):
    """`intake.yaml`. `calendar` says when a day, and so a code's year, begins.

    Without `verbal`, an instruction by word of mouth is not taken; without `attachments`, no
    document; without `access`, nobody is let into the client's systems; without `letters`, the
    client is not written to.
    """

    calendar: Key
    verbal: VerbalRow | None = None
    attachments: AttachmentRow | None = None
    webhooks: WebhookRow | None = None
    access: AccessRow | None = None
    letters: LettersRow | None = None
    types: Annotated[Mapping[Key, TypeRow], Field(min_length=1)]


@dataclass(frozen=True)
class IntakePolicy:
    """One tenant's types of request and their promises, ready to ask.

    A promise depends on the second of reception only and costs a tenth of a millisecond, so those
    of the last seconds are kept.
    """

    tenant: Tenant
    calendar: Calendar
    types: Mapping[str, TypeRow]
    section: IntakeSection
    public: PublicPolicy
    _made: dict[tuple[str, int], tuple[Deadline, ...]] = field(default_factory=dict)

    def type_of(self, name: str) -> TypeRow:
        """The type of that name.

        Raises:
            Invalid: the tenant has no such type; tells which it has.
        """
        row = self.types.get(name)
        if row is None:
            raise Invalid("request.unknown_type", type=name, known=", ".join(sorted(self.types)))
        return row

    def rules(self, name: str) -> bool:
        """Whether a deployed request of that type is what holds; one that is gone is not."""
        row = self.types.get(name)
        return row is not None and row.rules

    def series_of(self, name: str, received_at: datetime) -> tuple[str, int]:
        """The series and the local year that a request's code counts in."""
        return self.type_of(name).series, received_at.astimezone(self.calendar.zone).year

    def promises(self, name: str, received_at: datetime) -> tuple[Deadline, ...]:
        """What is promised to a request of a type received now, stage by stage."""
        key = (name, int(received_at.timestamp()))
        made = self._made.get(key)
        if made is None:
            if len(self._made) >= _MEMORY:
                self._made.clear()
            made = self._made[key] = self._promise(self.type_of(name), received_at)
        return made

    @property
    def verbal(self) -> VerbalRow:
        """How verbal instructions are confirmed.

        Raises:
            Invalid: this tenant takes none.
        """
        if self.section.verbal is None:
            raise Invalid("request.verbal_not_taken", tenant=self.tenant.key)
        return self.section.verbal

    @property
    def attachments(self) -> AttachmentRow:
        """What documents are taken.

        Raises:
            Invalid: this tenant takes none.
        """
        if self.section.attachments is None:
            raise Invalid("attachment.not_taken", tenant=self.tenant.key)
        return self.section.attachments

    @property
    def webhooks(self) -> WebhookRow:
        """How subscribers are told.

        Raises:
            Invalid: this tenant tells nobody.
        """
        if self.section.webhooks is None:
            raise Invalid("subscription.not_offered", tenant=self.tenant.key)
        return self.section.webhooks

    def access(self, name: str) -> AccessRow:
        """The systems that a request of a type may be given access to.

        Raises:
            Invalid: this tenant gives none, or not for that type.
        """
        row = self.types.get(name)
        if self.section.access is None or row is None or not row.access:
            raise Invalid("grant.not_asked", type=name)
        return self.section.access

    def confirmation(self, received_at: datetime) -> Deadline:
        """Until when the client has to confirm what was said now."""
        promise = self.tenant.promise(self.verbal.term, received_at)
        return deadline_of("confirmation", promise, self.tenant.version)

    def _promise(self, row: TypeRow, received_at: datetime) -> tuple[Deadline, ...]:
        return tuple(
            deadline_of(stage, self.tenant.promise(term, received_at), self.tenant.version)
            for stage, term in row.promises.items()
        )


def deadline_of(stage: str, promise: Promise, version: str) -> Deadline:
    """A promise as it is published and kept."""
    return Deadline(
        stage=stage,
        due_at=promise.due_at,
        effective_at=promise.effective_at,
        policy=version,
        steps=tuple(
            DeadlineStep(code=step.code, params=dict(step.params)) for step in promise.steps
        ),
    )


def intake_policy(tenant: Tenant) -> IntakePolicy:
    """The tenant's own section, its terms looked up once so that a misspelt one shows at start.

    Raises:
        Unknown: the tenant has no `intake.yaml`, it takes no requests.
        PolicyError, UnknownKey: the section is wrong, or names a term that is not there.
    """
    if SECTION not in tenant.documents:
        raise Unknown("intake.not_offered", tenant=tenant.key)
    section = tenant.section(SECTION, IntakeSection)
    for row in section.types.values():
        for term in row.promises.values():
            tenant.term(term)
    if section.verbal is not None:
        tenant.term(section.verbal.term)
    calendar = tenant.calendar(section.calendar)
    return IntakePolicy(tenant, calendar, section.types, section, public_policy(tenant))
