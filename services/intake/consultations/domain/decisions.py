"""What a consultation answers to a command."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from services.intake.consultations.domain import model
from services.intake.consultations.domain.lifecycle import ENDED, LIFECYCLE, Action
from services.intake.consultations.domain.model import Command, Consultation
from services.intake.consultations.policy import ConsultationPolicy
from services.intake.dossiers.policy import SECTION as DOCUMENTS
from services.intake.policy import IntakePolicy
from services.intake.rules.promise import Told, kept, passed
from shared.contracts import EventBody
from shared.contracts import consultations as told
from shared.contracts.consultations import TextRef
from shared.decider import Given, Rejected

_SAY: Final = Told(told.ConsultationWarned, told.ConsultationDeadlineBreached)
TAKEN_BACK: Final = "taken_back"
_ACTION: Final[dict[type, Action]] = {
    model.Receive: Action.RECEIVE,
    model.Distribute: Action.DISTRIBUTE,
    model.Label: Action.LABEL,
    model.Draft: Action.DRAFT,
    model.Escalate: Action.ESCALATE,
    model.Return: Action.RETURN,
    model.Channel: Action.CHANNEL,
    model.TakeBack: Action.RESUME,
    model.Submit: Action.SUBMIT,
    model.Approve: Action.APPROVE,
    model.Observe: Action.OBSERVE,
    model.Send: Action.SEND,
    model.Discard: Action.DISCARD,
    model.Write: Action.WRITE,
    model.Heed: Action.HEED,
    model.Bounce: Action.BOUNCE,
}


def decide(case: Consultation, command: Command, given: Given[IntakePolicy]) -> Sequence[EventBody]:
    """The events that a command leads to."""
    if isinstance(command, model.PassDeadline):
        return _passed(case, command.due_at, given.policy.public.consultations)
    if isinstance(command, model.Resume):
        # news may come twice, or of an incident that it became before and was taken back from
        awaited = case.incident_id in ("", command.incident_id)
        waits = awaited and (case.status, Action.RESUME) in LIFECYCLE.steps
        return [_resumed(case, command, given)] if waits else []
    LIFECYCLE.follow(case.status, _ACTION[type(command)])
    return _decided(case, command, given)


def _decided(  # noqa: C901, PLR0911, PLR0912 - a table of commands
    case: Consultation, command: Command, given: Given[IntakePolicy]
) -> Sequence[EventBody]:
    policy = given.policy.public.consultations
    match command:
        case model.Receive():
            return [_received(command, given)]
        case model.Distribute(folder):
            review = policy.folder(folder).review
            return [told.ConsultationDistributed(folder=folder, review=review)]
        case model.Label(labels):
            return [told.ConsultationLabelled(labels=policy.labels(labels))]
        case model.Draft(text):
            return [told.ConsultationDrafted(text=text)]
        case model.Escalate(unit, reason):
            return [told.ConsultationEscalated(unit=policy.unit(unit), reason=reason)]
        case model.Return(text):
            return [told.ConsultationReturned(unit=case.unit, text=text)]
        case model.Channel():
            return [_channelled(case, command, given)]
        case model.TakeBack():
            return [_resumed(case, model.Resume(TAKEN_BACK, case.incident_id), given)]
        case model.Submit():
            return [told.ConsultationSubmitted(text=_draft(case))]
        case model.Approve():
            _other_than_drafter(case, given.actor)
            return [told.ConsultationApproved(text=_draft(case))]
        case model.Observe(reason):
            _other_than_drafter(case, given.actor)
            return [told.ConsultationObserved(reason=reason)]
        case model.Send(checks):
            return [_answered(case, checks, given)]
        case model.Discard():
            return [_discarded(command, given)]
        case model.Write():
            return [_continued(case, command, given)]
        case model.Heed():
            return [_heeded(case)]
        case model.Bounce(reason):
            return [told.ConsultationUndelivered(reason=reason)]
    return []


def _received(command: model.Receive, given: Given[IntakePolicy]) -> told.ConsultationReceived:
    made = given.policy.public.consultations.promise(command.channel, given.at)
    return told.ConsultationReceived(
        code=command.code,
        channel=command.channel,
        received_at=given.at,
        effective_received_at=made.effective_at,
        deadline=made,
        text=command.text,
        profile_id=command.profile_id,
        anonymous=command.anonymous,
        preferential=command.preferential,
        enclosures=command.enclosures,
    )


def _answered(
    case: Consultation, checks: tuple[str, ...], given: Given[IntakePolicy]
) -> told.ConsultationAnswered:
    policy = given.policy.public.consultations
    text = _draft(case)
    if case.review and LIFECYCLE.steps.get((case.status, Action.SUBMIT)) is not None:
        raise Rejected("consultation.not_approved", folder=case.folder)
    if left := policy.unchecked(checks):
        raise Rejected("consultation.unchecked", left=left)
    return told.ConsultationAnswered(
        text=text,
        answered_at=given.at,
        on_time=kept(case.promise, given.at),
        checks=checks,
        folder=case.folder,
        labels=case.labels,
    )


def _discarded(command: model.Discard, given: Given[IntakePolicy]) -> told.ConsultationDiscarded:
    public, to = given.policy.public, command.forwarded_to
    forwarded = public.consultations.forward(to) if to else ""
    opens = public.opens(to)
    service = ""
    if opens and to == DOCUMENTS:
        service = command.service
        public.documents.service(service)
    return told.ConsultationDiscarded(
        reason=command.reason,
        forwarded_to=forwarded,
        forwarded_case=command.forwarded_case if opens else "",
        service=service,
    )


def _channelled(
    case: Consultation, command: model.Channel, given: Given[IntakePolicy]
) -> told.ConsultationChannelled:
    policy = given.policy.public.consultations
    return told.ConsultationChannelled(
        summary=command.summary,
        description=command.description,
        area=policy.incident_area(command.area),
        origin=policy.incident_origin(command.origin),
        channel=policy.incident_channel(case.channel),
        channelled_at=given.at,
        on_time=kept(case.promise, given.at),
        incident_id=command.incident_id,
        profile_id=case.profile_id,
        preferential=case.preferential,
    )


def _resumed(
    case: Consultation, command: model.Resume, given: Given[IntakePolicy]
) -> told.ConsultationResumed:
    """What the tiers answered is sent on sooner than a question is answered (B:L1507)."""
    policy = given.policy.public.consultations
    made = policy.promise(case.channel, given.at, answered=command.text is not None)
    return told.ConsultationResumed(
        outcome=command.outcome, deadline=made, text=command.text, drafted_by=command.by
    )


def _continued(
    case: Consultation, command: model.Write, given: Given[IntakePolicy]
) -> told.ConsultationContinued:
    anew = case.status in ENDED
    made = given.policy.public.consultations.promise(case.channel, given.at) if anew else None
    return told.ConsultationContinued(
        text=command.text, deadline=made, enclosures=command.enclosures
    )


def _heeded(case: Consultation) -> told.ConsultationHeeded:
    if case.earlier is None:
        raise Rejected("consultation.not_answered", consultation=case.code)
    return told.ConsultationHeeded()


def _draft(case: Consultation) -> TextRef:
    if not case.draft:
        raise Rejected("consultation.not_drafted", consultation=case.code)
    return TextRef(id=case.draft, digest=case.digest)


def _other_than_drafter(case: Consultation, actor: str) -> None:
    """Four eyes: nobody approves what he wrote himself."""
    if actor == case.drafted_by:
        raise Rejected("consultation.own_draft", consultation=case.code)


def _passed(
    case: Consultation, due_at: datetime, policy: ConsultationPolicy
) -> Sequence[EventBody]:
    return passed(case.promise, due_at, case.holder, policy.notified, _SAY)
