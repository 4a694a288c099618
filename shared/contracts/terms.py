"""Value objects that several services' events carry."""

from collections.abc import Mapping
from datetime import datetime

from pydantic import BaseModel, ConfigDict


class DeadlineStep(BaseModel):
    """One step that led to a date, as data; `shared.clock.sentence` tells it in words."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    code: str
    params: Mapping[str, str | int | tuple[str, ...]] = {}


class Deadline(BaseModel):
    """A promise: what must be done until when, and by which rule of the policy.

    `stage` names the term in the tenant's policy; `effective_at` is the instant the count started
    from, after cut-off; `policy` is the version that promised it; `steps` are how the date came
    about, kept because a later policy or calendar would tell it differently.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    stage: str
    due_at: datetime
    effective_at: datetime
    policy: str = ""
    steps: tuple[DeadlineStep, ...] = ()
