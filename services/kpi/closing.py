"""The closing of months: figures frozen, chained and signed. Pure.

An account has one series of closed months, which is one case: two who close at once are decided one
after the other, and each month's digest covers the one of the month before. Whoever can write the
database can make such a chain anew, but not the signatures of a key that is kept elsewhere.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final, Protocol

from shared.contracts import EventBody
from shared.contracts.kpi import FrozenFigure, PeriodClosed
from shared.decider import Given, Rejected, Stamp

FIRST: Final = "0" * 64


class Signer(Protocol):
    """A key that vouches for closed months."""

    @property
    def key_id(self) -> str: ...

    def sign(self, digest: str) -> str: ...


class Keys(Protocol):
    """The keys by which months were signed, or may have been."""

    def holds(self, key_id: str, digest: str, signature: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class Close:
    """One closed month; `rows` are its figures by `row_id`."""

    month: str
    time_zone: str
    policy: str
    rows: Mapping[str, FrozenFigure]
    versions: Mapping[str, int]
    previous: str
    sha256: str
    closed_at: datetime
    closed_by: str
    key_id: str = ""

    def knows(self, indicator: str) -> bool:
        return indicator in self.versions

    def counted_otherwise(self, indicator: str, version: int) -> bool:
        """Whether the month was closed by another version of an indicator's definition."""
        return self.versions.get(indicator, version) != version

    def parts_of(self, indicator: str) -> set[str]:
        """The values of its split that were frozen, the total ("") not among them."""
        names = (row.partition("/") for row in self.rows)
        return {part for name, _, part in names if name == indicator and part}


@dataclass(frozen=True, slots=True)
class Series:
    """The closed months of an account, oldest first."""

    months: tuple[PeriodClosed, ...] = ()
    closed_at: tuple[datetime, ...] = ()
    closed_by: tuple[str, ...] = ()

    def find(self, month: str) -> Close | None:
        """A closed month, or None."""
        for body, at, by in zip(self.months, self.closed_at, self.closed_by, strict=True):
            if body.month == month:
                return _close(body, at, by)
        return None


@dataclass(frozen=True, slots=True)
class CloseMonth:
    """Freeze these figures; `over_at` is the instant from which on the month is over.

    Without a `signer` the month is chained and not signed.
    """

    month: str
    over_at: datetime
    time_zone: str
    policy: str
    figures: tuple[FrozenFigure, ...]
    signer: Signer | None = None


def decide(state: Series, command: CloseMonth, given: Given[Any]) -> Sequence[EventBody]:
    """Close a month once; the months are closed in their order."""
    if state.find(command.month) is not None:
        return ()
    if given.at < command.over_at:
        raise Rejected("period.not_over", month=command.month, ends_at=command.over_at.isoformat())
    previous = FIRST
    if state.months:
        last = state.months[-1]
        if command.month != (expected := month_after(last.month)):
            raise Rejected("period.out_of_order", month=command.month, expected=expected)
        previous = last.sha256
    body = PeriodClosed(
        month=command.month,
        time_zone=command.time_zone,
        policy=command.policy,
        figures=command.figures,
        previous=previous,
        sha256="",
    )
    sha256, signer = digest(given.tenant, body), command.signer
    told = {"sha256": sha256}
    if signer is not None:
        told |= {"signature": signer.sign(sha256), "key_id": signer.key_id}
    return (body.model_copy(update=told),)


def evolve(state: Series, event: PeriodClosed, stamp: Stamp) -> Series:
    return Series(
        months=(*state.months, event),
        closed_at=(*state.closed_at, stamp.at),
        closed_by=(*state.closed_by, stamp.actor),
    )


def digest(tenant: str, body: PeriodClosed) -> str:
    """SHA-256, as hex digits, of the closed month's canonical JSON: keys sorted, no spaces."""
    own = {"sha256", "signature", "key_id"}
    content = body.model_dump(mode="json", exclude=own) | {"tenant": tenant}
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def first_fault(
    tenant: str, months: Sequence[PeriodClosed], keys: Keys | None = None
) -> str | None:
    """The first month whose digest, chain or signature does not hold, or None.

    Once a month was signed all later ones are; `keys` are what signatures are held against.
    """
    previous, signed = FIRST, False
    for body in months:
        if body.previous != previous or body.sha256 != digest(tenant, body):
            return body.month
        if signed and not body.signature:
            return body.month
        signed = bool(body.signature)
        if signed and keys and not keys.holds(body.key_id, body.sha256, body.signature):
            return body.month
        previous = body.sha256
    return None


def unsigned(months: Sequence[PeriodClosed]) -> int:
    """How many of the last months no key vouches for: a signature covers all before it."""
    signed = [place for place, body in enumerate(months, 1) if body.signature]
    return len(months) - (signed[-1] if signed else 0)


def days_of(month: str) -> tuple[date, date]:
    """The first and last day of a month such as 2026-07."""
    first = date.fromisoformat(f"{month}-01")
    return first, date.fromisoformat(f"{month_after(month)}-01") - timedelta(days=1)


def month_after(month: str) -> str:
    first = date.fromisoformat(f"{month}-01")
    return (first + timedelta(days=31)).isoformat()[:7]


def row_id(indicator: str, part: str) -> str:
    return f"{indicator}/{part}"


def _close(body: PeriodClosed, at: datetime, by: str) -> Close:
    return Close(
        month=body.month,
        time_zone=body.time_zone,
        policy=body.policy,
        rows={row_id(f.id, f.part): f for f in body.figures},
        versions={f.id: f.version for f in body.figures},
        previous=body.previous,
        sha256=body.sha256,
        closed_at=at,
        closed_by=by,
        key_id=body.key_id,
    )
