"""A suggestion or a claim as it is read."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import Field

from services.intake.desks import Caution, DeskDeadlineView, deadline_views
from services.intake.views import View
from services.intake.voices.domain import Status, Voice
from shared import i18n
from shared.contracts.consultations import EnclosureRef
from shared.store import Outcome

_WORDS = i18n.load()


class VoiceView(View):
    """Where it stands; who said it and what was written are below `/messages`."""

    id: str
    code: str
    status: Status
    holder: str = Field(description="`officer`, `unit` or `none`")
    channel: str
    unit: str = Field(description="The organ that evaluates it")
    order: str = Field(description="The order (proveído) with which it was referred")
    outcome: str
    reason: str = Field(description="Why it was dismissed")
    forwarded_to: str
    forwarded_case: str = Field(description="The case that was opened from it where it belongs")
    forwarded_from: str = Field(description="The case that it was taken for at first")
    received_at: datetime
    deadlines: Sequence[DeskDeadlineView] = Field(description="None where no term is promised")
    informed_at: datetime | None
    on_time: bool | None
    actions: Sequence[str] = Field(description="What the organ did of it")
    undelivered: str
    warnings: Sequence[Caution] = Field(description="Such as `said_more`")
    anonymous: bool
    preferential: str
    profile_id: str
    enclosures: Sequence[EnclosureRef]
    version: int


class ResultView(View):
    """What whoever said it is shown, also without a name: where it stands, and its result."""

    code: str
    status: Status
    due_at: datetime | None = Field(description="Until when it is answered, while it is not")
    informed_at: datetime | None
    answer: str
    reason: str = Field(description="Why it was dismissed")
    forwarded_to: str = Field(description="The way in that it belongs to, once it is dismissed")
    forwarded_case: str = Field(description="The case that was opened from it there")


def result_view(state: Voice, answer: str) -> ResultView:
    waits = state.promise is not None and state.promise.finished_at is None
    return ResultView(
        code=state.code,
        status=state.status,
        due_at=state.due_at if waits else None,
        informed_at=state.informed_at,
        answer=answer,
        reason=state.reason,
        forwarded_to=state.forwarded_to,
        forwarded_case=state.forwarded_case,
    )


def voice_view(outcome: Outcome[Voice], language: str) -> VoiceView:
    state = outcome.state
    return VoiceView.model_construct(
        id=outcome.id,
        code=state.code,
        status=state.status,
        holder=state.holder,
        channel=state.channel,
        unit=state.unit,
        order=state.order,
        outcome=state.outcome,
        reason=state.reason,
        forwarded_to=state.forwarded_to,
        forwarded_case=state.forwarded_case,
        forwarded_from=state.forwarded_from,
        received_at=state.received_at,
        deadlines=deadline_views(state.promise),
        informed_at=state.informed_at,
        on_time=state.on_time,
        actions=state.actions,
        undelivered=state.undelivered,
        warnings=_cautions(state, language),
        anonymous=state.anonymous,
        preferential=state.preferential,
        profile_id=state.profile_id,
        enclosures=state.enclosures,
        version=outcome.version,
    )


def _cautions(state: Voice, language: str) -> list[Caution]:
    if not state.said_more:
        return []
    return [Caution(code="said_more", text=_WORDS.text(language, "caution.said_more"))]
