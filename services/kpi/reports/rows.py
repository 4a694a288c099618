"""The rows that a report is made of, before it has a form."""

from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from services.kpi.definitions import Good, Unit
from services.kpi.policy import Kind


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True)


class FigureRow(_Row):
    """One figure, or its part for one value of its split (`part`, else empty; `label` its name)."""

    id: str
    name: str
    part: str
    label: str = ""
    value: float | None
    unit: Unit
    numerator: int
    denominator: int | None
    excluded: dict[str, int]
    target: float | None
    frozen_numerator: int | None = None
    frozen_denominator: int | None = None
    frozen_excluded: dict[str, int] | None = None
    frozen_target: float | None = None
    adjustment_numerator: int | None = None
    adjustment_denominator: int | None = None


class Definition(_Row):
    """How a figure is made, printed in every form."""

    id: str
    name: str
    version: int
    formula: str
    good: Good
    source: str
    reason: str | None


class DayRow(_Row):
    """One figure of one local day."""

    day: date
    id: str
    name: str
    value: float | None
    numerator: int
    denominator: int | None


class CourseRow(_Row):
    """One figure of a part of the period, and by how much it changed since the part before."""

    first: date
    last: date
    id: str
    name: str
    value: float | None
    unit: Unit
    numerator: int
    denominator: int | None
    change: float | None


class FindingRow(_Row):
    """A figure off its target, or worse than in the period before."""

    id: str
    name: str
    finding: str
    value: float
    unit: Unit
    target: float | None
    before: float | None


class UnitRow(_Row):
    """The incidents of a unit at one tier (empty: at all): moved in the period, and held now."""

    tier: str
    entered: int
    attended: int
    solved: int
    closed: int
    pending: int
    overdue: int


class RequestRow(_Row):
    """The seven fields of the register (A:L1457-1461), with channel and area, in words."""

    code: str
    received_at: datetime
    due_at: datetime | None
    status: str
    type: str
    topic: str
    compliance_pct: float | None
    channel: str
    area: str


class Closing(_Row):
    """How the month was closed; `redefined` says which figures have another definition today.

    `key_id` is the key that signed it, empty where none did.
    """

    month: str
    closed_at: datetime
    sha256: str
    key_id: str = ""
    redefined: str | None = None


class Document(_Row):
    """A report, of the figures at `made_at`; `requests_left_out`: there are more than are listed.

    `quiet` are the groups of figures of which there is nothing to tell: they are left out.
    """

    model_config = ConfigDict(frozen=True, populate_by_name=True, serialize_by_alias=True)

    kind: Kind
    title: str
    account: str
    area: str | None = None
    from_: Annotated[date, Field(alias="from")]
    to: date
    made_at: datetime
    time_zone: str
    policy: str
    mixed_policies: str | None = None
    language: str
    closing: Closing | None
    quiet: list[str] = []
    figures: list[FigureRow]
    definitions: list[Definition]
    days: list[DayRow]
    course: list[CourseRow] = []
    findings: list[FindingRow] = []
    unit: list[UnitRow] = []
    requests: list[RequestRow]
    requests_left_out: bool
