"""What kpi says of closed periods; the subject is the account's one series of them."""

from pydantic import BaseModel, ConfigDict

from shared.contracts.events import EventBody


class FrozenFigure(BaseModel):
    """One figure as it was: without a denominator a count, with `part` one value of its split."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    version: int
    part: str = ""
    numerator: int
    denominator: int | None = None


class PeriodClosed(EventBody, event_type="kpi.period.closed.v1"):
    """A month's figures are frozen.

    `sha256` is of the canonical JSON of all the rest and the tenant, `previous` the one of the
    month before (64 zeros for the first), so that no closed month can be changed or left out.
    """

    month: str
    time_zone: str
    policy: str
    figures: tuple[FrozenFigure, ...]
    previous: str
    sha256: str
