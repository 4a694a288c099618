"""Value objects that several services' events carry."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict


class Deadline(BaseModel):
    """A promise: what must be done until when, and by which rule of the policy.

    `stage` names the term in the tenant's policy; `effective_at` is the instant the count started
    from, after cut-off; `policy` is the version that promised it.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    stage: str
    due_at: datetime
    effective_at: datetime
    policy: str = ""
