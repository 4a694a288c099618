"""Secrets of subscriptions: beside the cases, never in events, never shown twice."""

from dataclasses import dataclass
from secrets import token_urlsafe

from pymongo.asynchronous.database import AsyncDatabase

from shared.store.group import Document, transient_when_away


def new_secret() -> str:
    """256 bits that nobody can guess."""
    return f"whsec_{token_urlsafe(32)}"


@dataclass(frozen=True)
class Secrets:
    """Each subscription's secret, by its id and tenant."""

    database: AsyncDatabase[Document]

    async def keep(self, tenant: str, subscription_id: str, secret: str) -> None:
        """Keep a new one; one that is there already stays."""
        values = {"$setOnInsert": {"tenant": tenant, "secret": secret}}
        with transient_when_away():
            await self.database["subscription_secrets"].update_one(
                {"_id": subscription_id}, values, upsert=True
            )

    async def of(self, tenant: str, subscription_id: str) -> str | None:
        """The secret, to sign with."""
        wanted = {"_id": subscription_id, "tenant": tenant}
        with transient_when_away():
            found = await self.database["subscription_secrets"].find_one(wanted)
        return None if found is None else str(found["secret"])

    async def forget(self, tenant: str, subscription_id: str) -> None:
        with transient_when_away():
            await self.database["subscription_secrets"].delete_one(
                {"_id": subscription_id, "tenant": tenant}
            )
