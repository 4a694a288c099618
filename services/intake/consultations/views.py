"""A consultation as it is read: where it stands, what is promised, what to beware of."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import Field

from services.intake.consultations.domain import Consultation, Status
from services.intake.consultations.policy import ConsultationPolicy
from services.intake.desks import Caution, DeskDeadlineView, deadline_views
from services.intake.views import View
from shared import i18n
from shared.contracts.consultations import EnclosureRef
from shared.store import Outcome

_WORDS = i18n.load()


class EnclosureView(View):
    """A document that came along; one that is not kept says why."""

    id: str
    size: int
    media_type: str
    sha256: str
    kept: bool
    reason: str


class ConsultationView(View):
    """A consultation; who asks and what was written are below `/messages`."""

    id: str
    code: str
    status: Status
    holder: str = Field(
        description="`coordinator`, `assistant`, `specialist`, `quality_supervisor` or `none`"
    )
    channel: str
    folder: str
    review: bool = Field(description="Whether its answer leaves only when it was approved")
    labels: Sequence[str]
    unit: str = Field(description="The organ of the second level that was asked last")
    incident_id: str = Field(description="The incident that it became last")
    received_at: datetime
    effective_received_at: datetime = Field(description="After cut-off, where the count begins")
    deadlines: Sequence[DeskDeadlineView]
    warnings: Sequence[Caution] = Field(description="Such as `undelivered` and `said_more`")
    profile_id: str
    anonymous: bool
    preferential: str = Field(description="`granted` for attention before others")
    drafted_by: str
    observation: str
    forwarded_to: str = Field(description="The way in that it belongs to, once it is discarded")
    forwarded_case: str = Field(description="The case that was opened from it there")
    enclosures: Sequence[EnclosureView]
    answered_at: datetime | None
    answered_by: str
    on_time: bool | None
    version: int


class AnswerView(View):
    """What whoever asked is shown, also without a name: where it stands, and the answer."""

    code: str
    status: Status
    due_at: datetime | None = Field(description="Until when it is answered, while it is not")
    answered_at: datetime | None
    answer: str
    incident_id: str = Field(description="The incident that it became last, which has the ticket")
    forwarded_to: str = Field(description="The way in that it belongs to, once it is discarded")
    forwarded_case: str = Field(description="The case that was opened from it there")


def consultation_view(
    outcome: Outcome[Consultation], policy: ConsultationPolicy, language: str
) -> ConsultationView:
    state = outcome.state
    return ConsultationView.model_construct(
        id=outcome.id,
        code=state.code,
        status=state.status,
        holder=state.holder,
        channel=state.channel,
        folder=state.folder,
        review=state.review,
        labels=state.labels,
        unit=state.unit,
        incident_id=state.incident_id,
        received_at=state.received_at,
        effective_received_at=state.effective_received_at,
        deadlines=deadline_views(state.promise),
        warnings=_cautions(state, policy, language),
        profile_id=state.profile_id,
        anonymous=state.anonymous,
        preferential=state.preferential,
        drafted_by=state.drafted_by,
        observation=state.observation,
        forwarded_to=state.forwarded_to,
        forwarded_case=state.forwarded_case,
        enclosures=[enclosure_view(one) for one in state.enclosures],
        answered_at=state.answered_at,
        answered_by=state.answered_by,
        on_time=state.on_time,
        version=outcome.version,
    )


def enclosure_view(one: EnclosureRef) -> EnclosureView:
    return EnclosureView.model_validate(one.model_dump())


def _cautions(state: Consultation, policy: ConsultationPolicy, language: str) -> list[Caution]:
    found = []
    if limit := policy.limit(state.folder, language):
        found.append(Caution(code="legal_limit", text=limit))
    for code, reason in (("undelivered", state.undelivered), ("preferential", state.preferential)):
        if reason:
            words = _WORDS.text(language, f"caution.{code}", {"reason": reason})
            found.append(Caution(code=code, text=words))
    if state.earlier is not None:
        found.append(Caution(code="said_more", text=_WORDS.text(language, "caution.said_more")))
    refused = [one for one in state.enclosures if not one.kept]
    if refused:
        words = _WORDS.text(language, "caution.enclosure_refused", {"number": len(refused)})
        found.append(Caution(code="enclosure_refused", text=words))
    return found
