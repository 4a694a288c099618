"""Where consultations are kept."""

from typing import Final

from services.intake.consultations.domain import RULES, Consultation
from shared.store import Kind, Promised

CONSULTATION: Final[Kind[Consultation]] = Kind(
    "intake",
    "consultation",
    RULES,
    # with the answer that somebody wrote on after, in those of before too
    shape=2,
    indexes=(
        ("state.due_at", "_id"),
        ("state.answered_by", "state.answered_at"),
        ("state.profile_id", "_id"),
        ("state.told_at",),
    ),
    unique=(("state.code",),),
    promised=Promised(lambda policy: policy.public.consultations.calendar),
)
