"""Where suggestions and claims are kept, each kind by itself."""

from collections.abc import Mapping
from functools import partial
from typing import Final

from services.intake.policy import IntakePolicy
from services.intake.voices.domain import RULES, Voice
from services.intake.voices.policy import VoiceKind
from shared.clock import Calendar
from shared.store import Kind, Promised


def _calendar(kind: VoiceKind, policy: IntakePolicy) -> Calendar:
    return policy.public.voice(kind).calendar


VOICES: Final[Mapping[VoiceKind, Kind[Voice]]] = {
    kind: Kind(
        "intake",
        kind.value,
        RULES[kind],
        indexes=(
            ("state.due_at", "_id"),
            ("state.unit", "_id"),
            ("state.profile_id", "_id"),
            ("state.told_at",),
            ("state.said_more", "state.due_at", "_id"),
        ),
        unique=(("state.code",),),
        promised=Promised(partial(_calendar, kind)),
    )
    for kind in VoiceKind
}
