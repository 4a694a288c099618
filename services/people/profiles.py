"""Names and contact data: beside the cases, never in events, so that they can be erased."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pymongo.asynchronous.database import AsyncDatabase

from shared.store.group import Document, transient_when_away


@dataclass(frozen=True, slots=True)
class Profile:
    """How to address a person."""

    name: str
    email: str = ""
    phone: str = ""


NOBODY = Profile(name="")


class Profiles:
    """The profiles of all tenants; every question names the tenant."""

    def __init__(self, database: AsyncDatabase[Document]) -> None:
        self._collection = database["profiles"]

    async def add(self, person_id: str, tenant: str, profile: Profile) -> None:
        """Keep a new person's profile; one that is there already stays as it is."""
        values = {"name": profile.name, "email": profile.email, "phone": profile.phone}
        with transient_when_away():
            await self._collection.update_one(
                {"_id": person_id}, {"$setOnInsert": {"tenant": tenant, **values}}, upsert=True
            )

    async def of(self, tenant: str, person_ids: Sequence[str]) -> Mapping[str, Profile]:
        """The profiles of these people, by id."""
        wanted = {"_id": {"$in": list(person_ids)}, "tenant": tenant}
        with transient_when_away():
            return {
                found["_id"]: Profile(found["name"], found["email"], found["phone"])
                async for found in self._collection.find(wanted)
            }
