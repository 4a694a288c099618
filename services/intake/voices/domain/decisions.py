"""What a suggestion or a claim answers to a command, each in its own events."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from services.intake.policy import IntakePolicy
from services.intake.rules.promise import Told, kept, passed
from services.intake.voices.domain import model
from services.intake.voices.domain.lifecycle import LIFECYCLES, Action
from services.intake.voices.domain.model import Command, Voice
from services.intake.voices.policy import VoiceKind
from shared.contracts import EventBody
from shared.contracts import voices as told
from shared.contracts.consultations import TextRef
from shared.decider import Given

_ACTION: Final[dict[type, Action]] = {
    model.Receive: Action.RECEIVE,
    model.Refer: Action.REFER,
    model.Evaluate: Action.EVALUATE,
    model.Inform: Action.INFORM,
    model.Implement: Action.IMPLEMENT,
    model.Dismiss: Action.DISMISS,
    model.Add: Action.ADD,
    model.Heed: Action.HEED,
    model.Bounce: Action.BOUNCE,
}


@dataclass(frozen=True)
class Language:
    """The events of one of the two kinds."""

    received: type[told.VoiceReceived]
    referred: type[told.VoiceReferred]
    evaluated: type[told.VoiceEvaluated]
    informed: type[told.VoiceInformed]
    implemented: type[told.VoiceImplemented]
    dismissed: type[told.VoiceDismissed]
    added: type[told.VoiceAdded]
    heeded: type[told.VoiceHeeded]
    undelivered: type[told.VoiceUndelivered]
    warned: type[told.VoiceWarned]
    breached: type[told.VoiceDeadlineBreached]


LANGUAGES: Final = {
    VoiceKind.SUGGESTION: Language(
        told.SuggestionReceived,
        told.SuggestionReferred,
        told.SuggestionEvaluated,
        told.SuggestionInformed,
        told.SuggestionImplemented,
        told.SuggestionDismissed,
        told.SuggestionAdded,
        told.SuggestionHeeded,
        told.SuggestionUndelivered,
        told.SuggestionWarned,
        told.SuggestionDeadlineBreached,
    ),
    VoiceKind.CLAIM: Language(
        told.ClaimReceived,
        told.ClaimReferred,
        told.ClaimEvaluated,
        told.ClaimInformed,
        told.ClaimImplemented,
        told.ClaimDismissed,
        told.ClaimAdded,
        told.ClaimHeeded,
        told.ClaimUndelivered,
        told.ClaimWarned,
        told.ClaimDeadlineBreached,
    ),
}
Decide = Callable[[Voice, Command, Given[IntakePolicy]], Sequence[EventBody]]


def decider(kind: VoiceKind) -> Decide:
    """The decisions of one of the two."""
    say, lifecycle = LANGUAGES[kind], LIFECYCLES[kind]

    def decide(case: Voice, command: Command, given: Given[IntakePolicy]) -> Sequence[EventBody]:
        """The events that a command leads to."""
        if isinstance(command, model.PassDeadline):
            notified = given.policy.public.voice(kind).notified
            tell = Told(say.warned, say.breached)
            return passed(case.promise, command.due_at, case.holder, notified, tell)
        lifecycle.follow(case.status, _ACTION[type(command)])
        return _decided(kind, say, case, command, given)

    return decide


def _decided(  # noqa: PLR0911 - a table of commands
    kind: VoiceKind, say: Language, case: Voice, command: Command, given: Given[IntakePolicy]
) -> Sequence[EventBody]:
    policy = given.policy.public.voice(kind)
    match command:
        case model.Receive():
            return [_received(kind, command, given)]
        case model.Refer(unit, order):
            return [say.referred(unit=policy.unit(unit), order=order)]
        case model.Evaluate(outcome, text):
            found = policy.outcome(outcome)
            return [say.evaluated(unit=case.unit, outcome=found, text=text)]
        case model.Inform():
            return [_informed(say, case, given)]
        case model.Implement(action):
            return [say.implemented(unit=case.unit, action=action)]
        case model.Dismiss(reason, to, new):
            forwarded = policy.forward(to) if to else ""
            opened = new if given.policy.public.voice_at(to) else ""
            return [say.dismissed(reason=reason, forwarded_to=forwarded, forwarded_case=opened)]
        case model.Add(text, enclosures):
            return [say.added(text=text, enclosures=enclosures)]
        case model.Heed():
            # with nothing said there is nothing to have read
            return [say.heeded()] if case.said_more else []
        case model.Bounce(reason):
            return [say.undelivered(reason=reason)]
    return []


def _received(
    kind: VoiceKind, command: model.Receive, given: Given[IntakePolicy]
) -> told.VoiceReceived:
    return LANGUAGES[kind].received(
        code=command.code,
        channel=command.channel,
        received_at=given.at,
        text=command.text,
        deadline=given.policy.public.voice(kind).promise(command.channel, given.at),
        enclosures=command.enclosures,
        profile_id=command.profile_id,
        anonymous=command.anonymous,
        preferential=command.preferential,
        forwarded_from=command.forwarded_from,
    )


def _informed(say: Language, case: Voice, given: Given[IntakePolicy]) -> told.VoiceInformed:
    return say.informed(
        unit=case.unit,
        outcome=case.outcome,
        text=TextRef(id=case.answer, digest=case.digest),
        informed_at=given.at,
        on_time=None if case.promise is None else kept(case.promise, given.at),
    )
