"""What may be asked of the figures."""

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field

from services.kpi.calendar_pieces import Every
from shared.http import Input, PageQuery

Value = Annotated[str, Field(min_length=1, max_length=80)]


class Dimension(StrEnum):
    TYPE = "type"
    CHANNEL = "channel"
    AREA = "area"
    TIER = "tier"
    STAGE = "stage"
    ORIGIN = "origin"
    PERSON = "person"
    FOLDER = "folder"
    UNIT = "unit"
    TEAM = "team"
    OUTCOME = "outcome"
    REASON = "reason"
    LINE = "line"
    POINT = "point"
    REGION = "region"
    POLICY = "policy"
    ABOUT = "about"
    DRIVER = "driver"


class Part(StrEnum):
    """Which cases of a figure: those it counts, those it counts among, those it leaves out."""

    NUMERATOR = "numerator"
    DENOMINATOR = "denominator"
    MISSED = "missed"
    EXCLUDED = "excluded"


class Values(Input):
    """By which values a question is cut: one field a dimension."""

    type: Value | None = None
    channel: Value | None = None
    area: Value | None = None
    tier: Value | None = None
    stage: Value | None = None
    origin: Value | None = None
    person: Value | None = None
    folder: Value | None = None
    unit: Value | None = None
    team: Value | None = None
    outcome: Value | None = None
    reason: Value | None = None
    line: Value | None = None
    point: Value | None = None
    region: Value | None = None
    policy: Value | None = None
    about: Value | None = None
    driver: Value | None = None


class IndicatorQuery(Values):
    """Local days of the tenant, both included.

    `by` shows every figure by a dimension too, and `every` its course, by pieces of the calendar. A
    figure that does not know a dimension that is asked for is left out; where none does, it is said
    by what they are cut.
    """

    from_: Annotated[date, Field(alias="from")]
    to: date
    by: Dimension | None = None
    every: Every | None = None


class CaseQuery(Values, PageQuery):
    """The period and cut of a figure, and which of its cases."""

    model_config = ConfigDict(serialize_by_alias=True)

    from_: Annotated[date, Field(alias="from")]
    to: date
    indicator: Value
    part: Part = Part.NUMERATOR


def filters(query: Values) -> dict[str, str]:
    """The values that were asked for, by dimension."""
    found = {one.value: getattr(query, one.value) for one in Dimension}
    return {name: value for name, value in found.items() if value is not None}


class ReportQuery(Input):
    """Local days of the tenant, both included."""

    from_: Annotated[date, Field(alias="from")]
    to: date
