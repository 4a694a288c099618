"""What may be asked of the figures."""

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field

from shared.http import Input, PageQuery

Value = Annotated[str, Field(min_length=1, max_length=80)]


class Dimension(StrEnum):
    TYPE = "type"
    CHANNEL = "channel"
    AREA = "area"


class Part(StrEnum):
    """Which cases of a figure: those it counts, those it counts among, those it leaves out."""

    NUMERATOR = "numerator"
    DENOMINATOR = "denominator"
    MISSED = "missed"
    EXCLUDED = "excluded"


class IndicatorQuery(Input):
    """Local days of the tenant, both included; `by` shows every figure by a dimension too."""

    from_: Annotated[date, Field(alias="from")]
    to: date
    type: Value | None = None
    channel: Value | None = None
    area: Value | None = None
    by: Dimension | None = None


class CaseQuery(PageQuery):
    """The period and cut of a figure, and which of its cases."""

    model_config = ConfigDict(serialize_by_alias=True)

    from_: Annotated[date, Field(alias="from")]
    to: date
    indicator: Value
    part: Part = Part.NUMERATOR
    type: Value | None = None
    channel: Value | None = None
    area: Value | None = None
    stage: Value | None = None


class ReportQuery(Input):
    """Local days of the tenant, both included."""

    from_: Annotated[date, Field(alias="from")]
    to: date
