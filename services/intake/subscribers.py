"""Who is to be told, kept at hand for a moment: every change of every request asks."""

import asyncio
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
    if kept is not None and kept[0] >= time.monotonic():
        return kept[1]
    # the changes of a whole batch ask at once: one of them looks
    async with workshop.memory.setdefault(f"looking for {_key(tenant)}", asyncio.Lock()):
        kept = workshop.memory.get(_key(tenant))
        if kept is None or kept[0] < time.monotonic():
            found = await workshop.of(SUBSCRIPTION).find(tenant, _ACTIVE)
            kept = workshop.memory[_key(tenant)] = (time.monotonic() + SECONDS, found)
    return kept[1]


def forget_subscriptions(workshop: Workshop, tenant: str) -> None:
    """They have changed here: look again at the next occasion."""
    workshop.memory.pop(_key(tenant), None)


def _key(tenant: str) -> str:
    return f"subscriptions of {tenant}"
