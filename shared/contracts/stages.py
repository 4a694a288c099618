"""Value objects of an incident's events: what becomes of the clock of each of its stages."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from shared.contracts.terms import Deadline


class ClockVerb(StrEnum):
    """What becomes of a clock.

    `drop` ends a stage that is not judged, because the work went to another tier or is no longer
    due. `defer` is a term that begins only at a provider's answer.
    """

    START = "start"
    DEFER = "defer"
    BEGIN = "begin"
    PAUSE = "pause"
    RESUME = "resume"
    RETIME = "retime"
    STOP = "stop"
    REOPEN = "reopen"
    DROP = "drop"


class Warn(BaseModel):
    """A warning at a percent of a budget, and the instant it comes at."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    share: int
    at: datetime


class StageDeadline(Deadline):
    """A promise with what stands before it: warnings, and the earliest plausible answer.

    `term` and `amount` are the term in the tenant's policy and the days it was promised with,
    after a choice within its range or an extension.
    """

    term: str
    amount: int
    earliest_at: datetime | None = None
    warnings: tuple[Warn, ...] = ()


class ClockChange(BaseModel):
    """What an event does to the clock of one stage.

    `deadline` comes with a new date, `met` and `too_fast` with `stop`.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    stage: str
    change: ClockVerb
    deadline: StageDeadline | None = None
    met: bool | None = None
    too_fast: bool = False


class Estimate(BaseModel):
    """How long answers of this kind take at present, in seconds of working time (B:L1642-1653).

    `scope` is what was looked at: the type in its area, the area, or all of the account.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    scope: str
    sample: int
    average_seconds: int
    p90_seconds: int
