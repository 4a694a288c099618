"""The kind of case that intake keeps."""

from typing import Final

from services.intake.domain import (
    DECIDER,
    Request,
    attachment,
    delivery,
    grant,
    procedure,
    subscription,
)
from services.intake.domain.attachment import Attachment
from services.intake.domain.delivery import Delivery
from services.intake.domain.grant import Grant
from services.intake.domain.procedure import Procedure
from services.intake.domain.subscription import Subscription
from shared.store import Kind, Promised

# One index for every list: what is open comes first in it, so a filter looks at open requests only
# until its page is full, and each index more is paid for by every reception.
REQUEST: Final[Kind[Request]] = Kind(
    "intake",
    "request",
    DECIDER,
    indexes=(("state.due_at", "_id"), ("state.touched", "state.status"), ("state.words",)),
    unique=(("state.code",),),
    promised=Promised(lambda policy: policy.calendar),
)

ATTACHMENT: Final[Kind[Attachment]] = Kind(
    "intake",
    "attachment",
    attachment.DECIDER,
    indexes=(("state.request_id", "_id"), ("state.status", "_id")),
)

SUBSCRIPTION: Final[Kind[Subscription]] = Kind(
    "intake", "subscription", subscription.DECIDER, indexes=(("state.status", "_id"),)
)

DELIVERY: Final[Kind[Delivery]] = Kind(
    "intake",
    "delivery",
    delivery.DECIDER,
    indexes=(("state.message.subscription_id", "_id"),),
)

PROCEDURE: Final[Kind[Procedure]] = Kind(
    "intake", "procedure", procedure.DECIDER, indexes=(("state.name", "_id"),)
)

GRANT: Final[Kind[Grant]] = Kind(
    "intake",
    "grant",
    grant.DECIDER,
    indexes=(("state.status", "_id"), ("state.person_id", "state.status")),
)
