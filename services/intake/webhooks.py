"""Subscriptions and their deliveries by HTTP, for the tenant's administrator."""

from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.intake.cases import DELIVERY, SUBSCRIPTION
from services.intake.domain.delivery import Delivery, DeliveryStatus, Replay
from services.intake.domain.subscription import (
    Occasion,
    Subscribe,
    Subscription,
    SubscriptionStatus,
    Unsubscribe,
)
from services.intake.policy import IntakePolicy
from services.intake.posting import is_public
from services.intake.secrets import Secrets, new_secret
from services.intake.subscribers import forget_subscriptions
from shared.decider import Invalid, Rejected, Unknown
from shared.http import Call, Input, Page, PageQuery, Routes, page_of
from shared.service import Workshop, cause_of
from shared.store import Cases, Outcome, behind_id

Url = Annotated[str, StringConstraints(pattern=r"^https?://[!-~]+$", max_length=500)]


class NewSubscription(Input):
    """Where to tell, and what: at receipt, observation, start, progress, close."""

    url: Annotated[Url, Field(examples=["https://cliente.example/enlace"])]
    occasions: Annotated[tuple[Occasion, ...], Field(max_length=5)] = tuple(Occasion)


class SubscriptionView(BaseModel):
    """A subscription; its secret is shown once, in the answer that makes it."""

    model_config = ConfigDict(frozen=True)

    id: str
    url: str
    occasions: tuple[str, ...]
    status: SubscriptionStatus
    secret: str | None = Field(description="To check signatures with; shown this once")
    version: int


class AttemptView(BaseModel):
    """One try; `status` 0 when nothing was answered, `error` says why."""

    model_config = ConfigDict(frozen=True)

    number: int
    at: datetime
    status: int
    error: str
    milliseconds: int


class DeliveryView(BaseModel):
    """A message and its log."""

    model_config = ConfigDict(frozen=True)

    id: str
    subscription_id: str
    request_id: str
    occasion: str
    status: DeliveryStatus
    next_at: datetime | None
    log: tuple[AttemptView, ...]
    version: int


@dataclass(frozen=True)
class Webhooks:
    """The operations on subscriptions."""

    workshop: Workshop
    secrets: Secrets

    @property
    def cases(self) -> Cases[Subscription]:
        return self.workshop.of(SUBSCRIPTION)

    @property
    def deliveries(self) -> Cases[Delivery]:
        return self.workshop.of(DELIVERY)

    async def subscribe(self, call: Call, body: NewSubscription) -> SubscriptionView:
        policy: IntakePolicy = self.workshop.policy(call.tenant)
        check_url(body.url, allow_private=policy.webhooks.allow_private)
        active = {"state.status": SubscriptionStatus.ACTIVE.value}
        limit = policy.webhooks.max_subscriptions
        if len(await self.cases.find(call.tenant, active, limit=limit)) >= limit:
            raise Rejected("subscription.too_many", limit=limit)
        cause, secret = cause_of(call), new_secret()
        # the secret first: a crash leaves one that nobody uses, never messages without signature
        await self.secrets.keep(call.tenant, cause.id, secret)
        command = Subscribe(body.url, tuple(body.occasions))
        outcome = await self.cases.create(cause.id, command, cause)
        forget_subscriptions(self.workshop, call.tenant)
        return _shown(outcome, None if outcome.replayed else secret)

    async def find(self, call: Call, query: PageQuery) -> Page[SubscriptionView]:
        where = behind_id(query.after(str))
        found = await self.cases.find(call.tenant, where, limit=query.limit + 1)
        return page_of([_shown(one) for one in found], query, lambda one: (one.id,))

    async def read(self, call: Call, subscription_id: str) -> SubscriptionView:
        return _shown(await self.cases.get(subscription_id, call.tenant))

    async def unsubscribe(self, call: Call, subscription_id: str) -> SubscriptionView:
        outcome = await self.cases.handle(
            subscription_id, Unsubscribe(), cause_of(call), expected=call.expected_version
        )
        forget_subscriptions(self.workshop, call.tenant)
        await self.secrets.forget(call.tenant, subscription_id)
        return _shown(outcome)

    async def log(self, call: Call, subscription_id: str, query: PageQuery) -> Page[DeliveryView]:
        await self.cases.get(subscription_id, call.tenant)
        position = query.after(str)
        where = {"state.message.subscription_id": subscription_id, **behind_id(position)}
        found = await self.deliveries.find(call.tenant, where, limit=query.limit + 1)
        return page_of([_told(one) for one in found], query, lambda one: (one.id,))

    async def delivery(self, call: Call, subscription_id: str, delivery_id: str) -> DeliveryView:
        return _told(await self._delivery(call, subscription_id, delivery_id))

    async def replay(self, call: Call, subscription_id: str, delivery_id: str) -> DeliveryView:
        await self._delivery(call, subscription_id, delivery_id)
        return _told(await self.deliveries.handle(delivery_id, Replay(), cause_of(call)))

    async def _delivery(
        self, call: Call, subscription_id: str, delivery_id: str
    ) -> Outcome[Delivery]:
        await self.cases.get(subscription_id, call.tenant)
        outcome = await self.deliveries.get(delivery_id, call.tenant)
        if outcome.state.message.subscription_id != subscription_id:
            raise Unknown("delivery.unknown", id=delivery_id)
        return outcome


def check_url(url: str, *, allow_private: bool) -> None:
    """Refuse an address that is never to be called; names are looked at when they are called."""
    try:
        parts = urlsplit(url)
        host, user, _ = parts.hostname or "", parts.username, parts.port
    except ValueError:
        raise Invalid("subscription.url") from None
    if not host or user is not None or (parts.scheme != "https" and not allow_private):
        raise Invalid("subscription.url")
    try:
        public = is_public(host)
    except ValueError:
        public = host != "localhost"
    if not public and not allow_private:
        raise Invalid("subscription.private_address", host=str(_literal(host)))


def _literal(host: str) -> object:
    try:
        return ip_address(host)
    except ValueError:
        return host


def _shown(outcome: Outcome[Subscription], secret: str | None = None) -> SubscriptionView:
    state = outcome.state
    return SubscriptionView(
        id=outcome.id,
        url=state.url,
        occasions=state.occasions,
        status=state.status,
        secret=secret,
        version=outcome.version,
    )


def _told(outcome: Outcome[Delivery]) -> DeliveryView:
    state = outcome.state
    lines = (
        AttemptView(
            number=one.number,
            at=one.at,
            status=one.status,
            error=one.error,
            milliseconds=one.milliseconds,
        )
        for one in state.log
    )
    return DeliveryView(
        id=outcome.id,
        subscription_id=state.message.subscription_id,
        request_id=state.message.request_id,
        occasion=state.message.occasion,
        status=state.status,
        next_at=state.next_at,
        log=tuple(lines),
        version=outcome.version,
    )


def webhook_routes(api: Routes, webhooks: Webhooks) -> None:
    """The operations below `/api/v1/webhooks`."""

    @api.post(
        "/webhooks",
        may="keep_webhooks",
        status=201,
        location="/webhooks/{id}",
        problems=("subscription.too_many",),
    )
    async def subscribe(call: Call, body: NewSubscription) -> SubscriptionView:
        """Be told of requests at an address of one's own; keep the secret, it is shown once."""
        return await webhooks.subscribe(call, body)

    @api.get("/webhooks", may="keep_webhooks")
    async def list_webhooks(call: Call, query: PageQuery) -> Page[SubscriptionView]:
        """All subscriptions, closed ones included."""
        return await webhooks.find(call, query)

    @api.get("/webhooks/{webhook_id}", may="keep_webhooks")
    async def read_webhook(call: Call, webhook_id: str) -> SubscriptionView:
        """One subscription, without its secret."""
        return await webhooks.read(call, webhook_id)

    @api.delete("/webhooks/{webhook_id}", may="keep_webhooks", problems=("subscription.closed",))
    async def unsubscribe(call: Call, webhook_id: str) -> SubscriptionView:
        """Be told no more; the log stays."""
        return await webhooks.unsubscribe(call, webhook_id)

    @api.get("/webhooks/{webhook_id}/deliveries", may="keep_webhooks")
    async def list_deliveries(call: Call, webhook_id: str, query: PageQuery) -> Page[DeliveryView]:
        """What was told or could not be, with every try."""
        return await webhooks.log(call, webhook_id, query)

    @api.get("/webhooks/{webhook_id}/deliveries/{delivery_id}", may="keep_webhooks")
    async def read_delivery(call: Call, webhook_id: str, delivery_id: str) -> DeliveryView:
        """One message and its log."""
        return await webhooks.delivery(call, webhook_id, delivery_id)

    @api.post(
        "/webhooks/{webhook_id}/deliveries/{delivery_id}/replay",
        may="keep_webhooks",
        problems=("delivery.under_way",),
    )
    async def replay_delivery(call: Call, webhook_id: str, delivery_id: str) -> DeliveryView:
        """Tell it again: the same message under the same id, newly signed."""
        return await webhooks.replay(call, webhook_id, delivery_id)
