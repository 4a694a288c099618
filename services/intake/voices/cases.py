"""Where suggestions and claims are kept, each kind by itself."""

from collections.abc import Mapping
from typing import Final

from services.intake.voices.domain import RULES, Voice
from services.intake.voices.policy import VoiceKind
from shared.store import Kind

VOICES: Final[Mapping[VoiceKind, Kind[Voice]]] = {
    kind: Kind(
        "intake",
        kind.value,
        RULES[kind],
        indexes=(
            ("state.due_at", "_id"),
            ("state.unit", "_id"),
            ("state.profile_id", "_id"),
            ("state.said_more", "state.due_at", "_id"),
        ),
        unique=(("state.code",),),
    )
    for kind in VoiceKind
}
