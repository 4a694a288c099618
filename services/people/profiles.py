"""Names and contact data: beside the cases, never in events, so that they can be erased."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import PyMongoError

from shared.decider import Transient
from shared.store.group import Document


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
        try:
            await self._collection.update_one(
                {"_id": person_id}, {"$setOnInsert": {"tenant": tenant, **values}}, upsert=True
            )
        except PyMongoError as error:
            raise _away(error) from error

    async def of(self, tenant: str, person_ids: Sequence[str]) -> Mapping[str, Profile]:
        """The profiles of these people, by id."""
        try:
            cursor = self._collection.find({"_id": {"$in": list(person_ids)}, "tenant": tenant})
            return {
                found["_id"]: Profile(found["name"], found["email"], found["phone"])
                async for found in cursor
            }
        except PyMongoError as error:
            raise _away(error) from error


def _away(error: PyMongoError) -> Transient:
    return Transient(f"database: {type(error).__name__}")
