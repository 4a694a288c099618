"""A doubt of the operation about a request: raised, joined, merged, gathered, answered (A41, A42).

Whoever asks the same in the same words joins the first doubt; the evaluator merges what is the same
in other words. Nobody who asked is lost: a doubt that was merged is answered with the other one.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from shared.decider import Rejected, Unknown


class DoubtStatus(StrEnum):
    """Where a doubt stands; `gathered` is within a query that the client has."""

    NEW = "new"
    OPEN = "open"
    GATHERED = "gathered"
    ANSWERED = "answered"
    MERGED = "merged"


class DoubtAction(StrEnum):
    """What is asked of a doubt; `reply` is the client's answer, `answer` the provider's."""

    RAISE = "raise"
    JOIN = "join"
    MERGE = "merge"
    GATHER = "gather"
    ANSWER = "answer"
    REPLY = "reply"


DOUBT_LIFE: Final[Mapping[tuple[DoubtStatus, DoubtAction], DoubtStatus]] = {
    (DoubtStatus.NEW, DoubtAction.RAISE): DoubtStatus.OPEN,
    **{
        (status, DoubtAction.JOIN): status
        for status in DoubtStatus
        if status is not DoubtStatus.NEW
    },
    (DoubtStatus.OPEN, DoubtAction.MERGE): DoubtStatus.MERGED,
    (DoubtStatus.OPEN, DoubtAction.GATHER): DoubtStatus.GATHERED,
    (DoubtStatus.OPEN, DoubtAction.ANSWER): DoubtStatus.ANSWERED,
    (DoubtStatus.GATHERED, DoubtAction.REPLY): DoubtStatus.ANSWERED,
}

# A doubt that is no longer open says where it went, whatever was to be done with it.
_REFUSALS: Final[Mapping[DoubtStatus, str]] = {
    DoubtStatus.GATHERED: "doubt.with_client",
    DoubtStatus.ANSWERED: "doubt.already_answered",
    DoubtStatus.MERGED: "doubt.merged",
}


@dataclass(frozen=True, slots=True)
class Doubt:
    """One doubt in its first asker's words; `askers` are those who used the same ones."""

    id: str
    text: str
    askers: tuple[str, ...] = ()
    status: DoubtStatus = DoubtStatus.NEW
    into: str = ""
    query_id: str = ""
    question_id: str = ""
    answer: str = ""

    @property
    def answered_by(self) -> str:
        """`client`, `provider`, or nobody yet."""
        if self.status is not DoubtStatus.ANSWERED:
            return ""
        return "client" if self.query_id else "provider"


@dataclass(frozen=True, slots=True)
class Doubts:
    """The doubts of one evaluation, by id."""

    all: tuple[Doubt, ...]

    def get(self, doubt_id: str) -> Doubt:
        """A doubt, or `Unknown`."""
        for doubt in self.all:
            if doubt.id == doubt_id:
                return doubt
        raise Unknown("doubt.unknown", doubt=doubt_id)

    def final(self, doubt: Doubt) -> Doubt:
        """The doubt with which this one is answered: itself, or what it was merged into."""
        while doubt.into:
            doubt = self.get(doubt.into)
        return doubt

    def alike(self, text: str) -> Doubt | None:
        """The doubt that was raised in the same words."""
        wanted = normal(text)
        return next((doubt for doubt in self.all if normal(doubt.text) == wanted), None)

    def askers(self, doubt: Doubt) -> tuple[str, ...]:
        """Everybody whom its answer concerns, each once, the first to ask first."""
        found = [a for other in self.all if self.final(other).id == doubt.id for a in other.askers]
        return tuple(dict.fromkeys(found))

    def within(self, query_id: str) -> Sequence[Doubt]:
        """What a query gathered."""
        return [doubt for doubt in self.all if doubt.query_id == query_id]

    @property
    def open(self) -> int:
        """How many wait for the evaluator."""
        return sum(doubt.status is DoubtStatus.OPEN for doubt in self.all)

    @property
    def askings(self) -> int:
        """How often somebody asked."""
        return sum(len(doubt.askers) for doubt in self.all)


def normal(text: str) -> str:
    """A text without what does not change its meaning: case, accents, signs, spaces.

    The tilde of the eñe is kept: it makes another letter.
    """
    plain = unicodedata.normalize("NFD", text.casefold().replace("ñ", "\0"))
    letters = [c for c in plain if not unicodedata.combining(c)]
    kept = "".join(c if c.isalnum() or c == "\0" else " " for c in letters)
    # signs alone are a text of their own
    return " ".join(kept.split()).replace("\0", "ñ") or text.strip()


def follow_doubt(status: DoubtStatus, action: DoubtAction) -> DoubtStatus:
    """The doubt's status after the action; `Rejected` with a code of its own when there is none."""
    try:
        return DOUBT_LIFE[status, action]
    except KeyError:
        code = _REFUSALS.get(status, "doubt.illegal_transition")
        raise Rejected(code, status=status.value, action=action.value) from None
