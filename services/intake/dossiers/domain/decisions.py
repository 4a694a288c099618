"""What a file answers to a command."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from services.intake.dossiers.domain import model
from services.intake.dossiers.domain.lifecycle import LIFECYCLE, Action, Status
from services.intake.dossiers.domain.model import Command, Dossier
from services.intake.dossiers.policy import DocumentsPolicy
from services.intake.policy import IntakePolicy
from services.intake.rules.promise import BROKEN_AFTER, Told, kept, passed, runs, waited
from shared.contracts import EventBody
from shared.contracts import dossiers as told
from shared.contracts.consultations import TextRef
from shared.contracts.stages import StageDeadline
from shared.decider import Given, Invalid, Rejected, moment

_SAY: Final = Told(told.DossierWarned, told.DossierDeadlineBreached)
LAPSED: Final = "not_corrected"
_ACTION: Final[dict[type, Action]] = {
    model.Present: Action.PRESENT,
    model.Accept: Action.ACCEPT,
    model.Observe: Action.OBSERVE,
    model.Require: Action.REQUIRE,
    model.Add: Action.ADD,
    model.Reject: Action.REJECT,
    model.Resolve: Action.RESOLVE,
    model.Notify: Action.NOTIFY,
    model.Acknowledge: Action.ACKNOWLEDGE,
    model.Bounce: Action.BOUNCE,
}


def decide(case: Dossier, command: Command, given: Given[IntakePolicy]) -> Sequence[EventBody]:
    """The events that a command leads to."""
    if isinstance(command, model.PassDeadline):
        return _passed(case, command.due_at, given.policy.public.documents)
    LIFECYCLE.follow(case.status, _ACTION[type(command)])
    return [_decided(case, command, given)]


def _decided(  # noqa: C901, PLR0911 - a table of commands
    case: Dossier, command: Command, given: Given[IntakePolicy]
) -> EventBody:
    policy = given.policy.public.documents
    match command:
        case model.Present():
            return _presented(command, given)
        case model.Accept(area):
            return told.DossierAccepted(area=policy.area(area) if area else case.area)
        case model.Observe(reason):
            by, pauses = policy.correction(given.at), runs(case.promise, given.at)
            return told.DossierObserved(reason=reason, deadline=by, paused=pauses)
        case model.Require(reason):
            return told.DossierRequired(reason=reason, paused=runs(case.promise, given.at))
        case model.Add(text, documents):
            _in_time(case, given.at)
            return told.DossierAdded(
                text=text,
                documents=documents,
                received_at=given.at,
                effective_received_at=policy.received(given.at),
                deadline=_moved(case, given.at, policy),
            )
        case model.Reject(reason):
            return told.DossierRejected(reason=reason)
        case model.Resolve(text):
            in_time = kept(case.promise, given.at)
            return told.DossierResolved(text=text, resolved_at=given.at, on_time=in_time)
        case model.Notify(means):
            return told.DossierNotified(
                number=len(case.notifications) + 1,
                means=policy.means(means),
                sent_at=given.at,
                text=TextRef(id=case.answer, digest=case.digest),
            )
        case model.Acknowledge():
            return _acknowledged(case, command, given)
        case model.Bounce(reason):
            return told.DossierUndelivered(reason=reason)
    raise Rejected("dossier.illegal_transition", status=case.status.value, action="?")


def _in_time(case: Dossier, at: datetime) -> None:
    """What ended for want of a correction is taken up by one that had come before the term's end.

    Mail is received when it comes and read later; the clock may have been quicker.

    Raises:
        Rejected: it ended otherwise, or this came too late.
    """
    if case.status is not Status.REJECTED:
        return
    if case.lapsed_by is None or at >= case.lapsed_by + BROKEN_AFTER:
        status, action = case.status.value, Action.ADD.value
        raise Rejected("dossier.illegal_transition", status=status, action=action)


def _moved(case: Dossier, at: datetime, policy: DocumentsPolicy) -> StageDeadline | None:
    """The date that the user's part brings, if the term stood still for it."""
    if case.promise is None or case.promise.paused_at is None:
        return None
    return policy.moved(case.service, case.effective_received_at, waited(case.promise, at))


def _presented(command: model.Present, given: Given[IntakePolicy]) -> told.DossierReceived:
    policy = given.policy.public.documents
    return told.DossierReceived(
        code=command.code,
        service=command.service,
        area=policy.service(command.service).area,
        received_at=given.at,
        effective_received_at=policy.received(given.at),
        deadline=policy.promise(command.service, given.at),
        text=command.text,
        documents=command.documents,
        profile_id=command.profile_id,
        preferential=command.preferential,
        for_entity=command.for_entity,
        forwarded_from=command.forwarded_from,
        channel=command.channel or policy.section.channel,
    )


def _acknowledged(
    case: Dossier, command: model.Acknowledge, given: Given[IntakePolicy]
) -> told.DossierAcknowledged:
    """Proof is of one notification, and lies between its sending and now (B:L806-828)."""
    proved = _notification(case, command.number)
    if not proved.sent_at <= command.at <= given.at:
        zone = given.policy.public.documents.calendar.zone
        sent, now = (moment(one, zone) for one in (proved.sent_at, given.at))
        raise Invalid("dossier.receipt_time", sent_at=sent, now=now)
    return told.DossierAcknowledged(
        number=proved.number,
        proof=given.policy.public.documents.proof(command.proof),
        file_number=command.file_number,
        acknowledged_at=command.at,
        person=command.person,
    )


def _notification(case: Dossier, number: int | None) -> model.Notification:
    """That one of its notifications; without a number the last."""
    sent = len(case.notifications)
    if number is None:
        return case.notifications[-1]
    if not 1 <= number <= sent:
        raise Invalid("dossier.notification_unknown", number=number, sent=sent)
    return case.notifications[number - 1]


def _passed(case: Dossier, due_at: datetime, policy: DocumentsPolicy) -> Sequence[EventBody]:
    if case.correct_by is not None and case.correct_by + BROKEN_AFTER <= due_at:
        return [told.DossierRejected(reason=LAPSED, lapsed=True)]
    return passed(case.promise, due_at, case.holder, policy.notified, _SAY)
