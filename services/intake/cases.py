"""The kind of case that intake keeps."""

from typing import Final

from services.intake.domain import DECIDER, Request
from shared.store import Kind

REQUEST: Final[Kind[Request]] = Kind(
    "intake",
    "request",
    DECIDER,
    indexes=(("state.due_at", "_id"), ("state.status", "state.due_at", "_id")),
    unique=(("state.code",),),
)
