"""Notice given against notice needed, and the lead time that the past suggests (A38)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from math import ceil
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from services.intake.domain import Request
from shared.clock import Calendar

SUGGESTED_SHARE: Final = 0.9
MAX_REQUESTS: Final = 5_000


class AreaNotice(BaseModel):
    """How early an area asks, and how early it would have to; days are calendar days."""

    model_config = ConfigDict(frozen=True)

    area: str
    requests: int = Field(description="Those that say from when they apply")
    given_days: float | None = Field(description="Median from reception to the day of effect")
    deployed: int = Field(description="Those deployed, from which the need is known")
    needed_days: float | None = Field(description="Median from reception to the signed close")
    suggested_days: int | None = Field(description="Enough for nine of ten that were deployed")
    enough: int = Field(description="With at least the suggested notice")


class NoticeView(BaseModel):
    """By area, the most recent `considered` requests."""

    model_config = ConfigDict(frozen=True)

    considered: int
    areas: Sequence[AreaNotice]


@dataclass(frozen=True, slots=True)
class Notice:
    """One request's dates, as far as they are there."""

    area: str
    received_on: date
    effective_on: date | None
    deployed_on: date | None


def notice_of(request: Request, calendar: Calendar) -> Notice:
    """The dates of a request by the clock of its tenant."""

    def local(at: datetime) -> date:
        return at.astimezone(calendar.zone).date()

    done = request.closed_at if request.outcome == "deployed" else None
    deployed_on = None if done is None else local(done)
    return Notice(request.area, local(request.received_at), request.effective_on, deployed_on)


def by_area(notices: Iterable[Notice]) -> list[AreaNotice]:
    """Each area's figures, in the order of their names."""
    areas: dict[str, list[Notice]] = {}
    for notice in notices:
        areas.setdefault(notice.area, []).append(notice)
    return [_area(name, areas[name]) for name in sorted(areas)]


def _area(name: str, notices: Sequence[Notice]) -> AreaNotice:
    given = sorted(
        (one.effective_on - one.received_on).days for one in notices if one.effective_on is not None
    )
    needed = sorted(
        (one.deployed_on - one.received_on).days for one in notices if one.deployed_on is not None
    )
    suggested = needed[ceil(SUGGESTED_SHARE * len(needed)) - 1] if needed else None
    return AreaNotice(
        area=name,
        requests=len(given),
        given_days=_median(given),
        deployed=len(needed),
        needed_days=_median(needed),
        suggested_days=suggested,
        enough=0 if suggested is None else sum(days >= suggested for days in given),
    )


def _median(days: Sequence[int]) -> float | None:
    if not days:
        return None
    middle = len(days) // 2
    return float(days[middle]) if len(days) % 2 else (days[middle - 1] + days[middle]) / 2
