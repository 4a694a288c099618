"""A life as a table: which status an action leads to. A pair that is absent is illegal."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from shared.decider import Rejected

S = TypeVar("S", bound=StrEnum)
A = TypeVar("A", bound=StrEnum)
Rows = Iterable[tuple[Iterable[S], A, S | None]]


@dataclass(frozen=True)
class Table(Generic[S, A]):
    """Every legal step of one kind of case; `refusal` is the code for all others."""

    steps: Mapping[tuple[S, A], S]
    refusal: str

    def follow(self, status: S, action: A) -> S:
        """Where an action leads.

        Raises:
            Rejected: nowhere, from this status.
        """
        end = self.steps.get((status, action))
        if end is None:
            raise Rejected(self.refusal, status=status.value, action=action.value)
        return end


def table(refusal: str, rows: Rows[S, A]) -> Table[S, A]:
    """A table of rows (from any of these, this action, to that); to None is to stay."""
    steps = {
        (status, action): status if end is None else end
        for starts, action, end in rows
        for status in starts
    }
    return Table(steps, refusal)
