"""What kpi says of closed periods and of reports that are due.

The subject of the first is the account's one series of closed months, of the others one row of the
account's schedule.
"""

from collections.abc import Mapping
from datetime import date, datetime
from functools import partial
from operator import is_, not_

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.events import EventBody


class FrozenFigure(BaseModel):
    """One figure as it was: without a denominator a count, with `part` one value of its split.

    `excluded` are the cases it left out, by reason, and `target` is what was wanted of it then.
    What has none of them, or was frozen before they were told, is written without them: digests of
    long ago stay what they were.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    version: int
    part: str = ""
    numerator: int
    denominator: int | None = None
    excluded: Mapping[str, int] = Field({}, exclude_if=not_)
    target: float | None = Field(None, exclude_if=partial(is_, None))


class PeriodClosed(EventBody, event_type="kpi.period.closed.v1"):
    """A month's figures are frozen.

    `sha256` is of the canonical JSON of all the rest and the tenant, `previous` the one of the
    month before (64 zeros for the first), so that no closed month can be changed or left out.
    `signature` is Ed25519 over the digest's hex digits, as hex digits, by the key `key_id`; both
    are empty where the service has no key.
    """

    month: str
    time_zone: str
    policy: str
    figures: tuple[FrozenFigure, ...]
    previous: str
    sha256: str
    signature: str = ""
    key_id: str = ""


class SchedulePlanned(EventBody, event_type="kpi.schedule.planned.v1"):
    """A report is to be made of the period that these days are of, at `due_at`.

    `terms` are the row of the policy that says so; the days are local to the account.
    """

    name: str
    report: str
    terms: str
    first: date
    last: date
    due_at: datetime


class ScheduleReached(EventBody, event_type="kpi.schedule.reached.v1"):
    """The report of a period is due: it goes to these addressees of the account in these forms.

    `area` is the unit that it is of, empty where it is of the whole account.
    `next_first`, `next_last` and `next_at` are the period after it.
    """

    name: str
    report: str
    first: date
    last: date
    due_at: datetime
    to: tuple[str, ...]
    forms: tuple[str, ...]
    language: str
    next_first: date
    next_last: date
    next_at: datetime
    area: str = Field("", exclude_if=not_)


class ScheduleEnded(EventBody, event_type="kpi.schedule.ended.v1"):
    """The account's policy has no such row any more."""
