"""Who is to be told, kept at hand for a moment: every change of every request asks."""

import time
from typing import Final

from services.intake.cases import SUBSCRIPTION
from services.intake.domain.subscription import Subscription, SubscriptionStatus
from shared.service import Workshop
from shared.store import Outcome

# A subscription made in another process is heeded this much later.
SECONDS: Final = 1.0
_ACTIVE: Final = {"state.status": SubscriptionStatus.ACTIVE.value}
Kept = tuple[float, list[Outcome[Subscription]]]


async def active_subscriptions(workshop: Workshop, tenant: str) -> list[Outcome[Subscription]]:
    """The tenant's active subscriptions, at most a second old."""
    kept: Kept | None = workshop.memory.get(_key(tenant))
    now = time.monotonic()
    if kept is None or kept[0] < now:
        kept = (now + SECONDS, await workshop.of(SUBSCRIPTION).find(tenant, _ACTIVE))
        workshop.memory[_key(tenant)] = kept
    return kept[1]


def forget_subscriptions(workshop: Workshop, tenant: str) -> None:
    """They have changed here: look again at the next occasion."""
    workshop.memory.pop(_key(tenant), None)


def _key(tenant: str) -> str:
    return f"subscriptions of {tenant}"
