"""Cases in MongoDB: one document each, one guarded write a command, committed in groups."""

from shared.store.cases import Cases, utc_now
from shared.store.codes import Codes
from shared.store.document import Cause
from shared.store.history import Entry, broken_at, entry_hash, to_envelope
from shared.store.kind import Kind, Outcome, Promised
from shared.store.pages import behind, behind_id

__all__ = [
    "Cases",
    "Cause",
    "Codes",
    "Entry",
    "Kind",
    "Outcome",
    "Promised",
    "behind",
    "behind_id",
    "broken_at",
    "entry_hash",
    "to_envelope",
    "utc_now",
]
