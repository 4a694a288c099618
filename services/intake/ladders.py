"""What the ladders of the public's desks announce, and how a letter tells of it (B:L538-541)."""

from collections.abc import Mapping
from typing import Any, Final

from services.intake.consultations.cases import CONSULTATION
from services.intake.dossiers.cases import DOSSIER
from services.intake.policy import IntakePolicy
from services.intake.voices.cases import VOICES
from services.intake.voices.policy import VoiceKind
from shared.contracts import EventBody
from shared.contracts import voices as voice
from shared.contracts.consultations import ConsultationDeadlineBreached, ConsultationWarned
from shared.contracts.dossiers import DossierDeadlineBreached, DossierWarned
from shared.mail import Announced, Announcer, Composed, Ladder, Letter, Letters, Now, compose_digest
from shared.service import Workshop
from shared.store import Kind


def _announced(kind: Kind[Any], *told: type[EventBody]) -> Announced:
    return Announced(
        kind,
        tuple(one.event_type for one in told),
        facts={"code": "state.code"},
        words={"what": f"desk.{kind.thing}", "holder": "desk.holder.{holder}"},
        promises="state.promise",
        standing=_standing,
    )


def _standing(promise: Mapping[str, Any], _: Mapping[str, Any]) -> Now:
    if promise["finished_at"] is not None:
        return Now.SETTLED
    return Now.RUNNING if promise.get("paused_at") is None else Now.WAITING


def _minutes(policy: IntakePolicy) -> int | None:
    row = policy.public.care.section.digest
    return None if row is None else row.minutes


LADDER: Final = Ladder(
    name="desk_digest",
    template="desk_digest",
    announced=(
        _announced(CONSULTATION, ConsultationWarned, ConsultationDeadlineBreached),
        _announced(DOSSIER, DossierWarned, DossierDeadlineBreached),
        _announced(
            VOICES[VoiceKind.SUGGESTION], voice.SuggestionWarned, voice.SuggestionDeadlineBreached
        ),
        _announced(VOICES[VoiceKind.CLAIM], voice.ClaimWarned, voice.ClaimDeadlineBreached),
    ),
    minutes=_minutes,
)
"""One letter a role for all the desks: who coordinates one of them coordinates the others too."""


async def compose(workshop: Workshop, letter: Letter) -> Composed:
    """The words of a letter to a role."""
    return await compose_digest(workshop, LADDER, letter)


def announcer(workshop: Workshop) -> Announcer:
    """Writes what is announced at the desks to the roles of their ladders."""
    return Announcer(workshop, Letters(workshop.database, workshop.now), LADDER)
