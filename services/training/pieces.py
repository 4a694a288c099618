"""All cases that answer a question, however many: read a piece at a time, by their ids."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, Final, TypeVar

from shared.store import Cases, Outcome

S = TypeVar("S")
PIECE: Final = 1_000


async def pieces(
    cases: Cases[S], tenant: str, where: Mapping[str, Any], size: int = PIECE
) -> AsyncIterator[list[Outcome[S]]]:
    """Every case of a tenant by its state; `where` says nothing of the id."""
    last = ""
    while found := await cases.find(tenant, {**where, "_id": {"$gt": last}}, limit=size):
        yield found
        last = found[-1].id
