"""Where files of the documents desk are kept."""

from typing import Final

from services.intake.dossiers.domain import RULES, Dossier
from shared.store import Kind, Promised

DOSSIER: Final[Kind[Dossier]] = Kind(
    "intake",
    "dossier",
    RULES,
    indexes=(
        ("state.due_at", "_id"),
        ("state.area", "state.due_at"),
        ("state.profile_id", "_id"),
        ("state.told_at",),
    ),
    unique=(("state.code",),),
    promised=Promised(lambda policy: policy.public.documents.calendar),
)
