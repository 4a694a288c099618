"""Logins with their password hashes, and the invitations by which passwords are chosen."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import DuplicateKeyError

from services.people.credentials.marks import Mark, digest, new_mark
from shared.decider import Rejected
from shared.ids import derived_id
from shared.store.document import CODEC
from shared.store.group import Collection, Document, transient_when_away

INVITATION: Final = "eni"


@dataclass(frozen=True, slots=True)
class Account:
    """A person's login; `password` is None until one was chosen."""

    id: str
    tenant: str
    login: str
    person_id: str
    password: str | None = None
    invitation: str | None = None
    invited_until: datetime | None = None

    @property
    def opens_by(self) -> str:
        """What a session opened by this account's password bears; the hash itself stays here."""
        return digest(self.password or "")

    def invites(self, mark: Mark, at: datetime) -> bool:
        """Whether an invitation is this account's and good."""
        good = self.invited_until is not None and at < self.invited_until
        return good and mark.kept == self.invitation


def account_id(tenant: str, login: str) -> str:
    """Capital letters make no other login."""
    return derived_id(tenant, "login", login.casefold())


class Accounts:
    """The accounts of all tenants."""

    def __init__(self, database: AsyncDatabase[Document]) -> None:
        self._accounts: Collection = database.get_collection("accounts", codec_options=CODEC)

    async def ensure_indexes(self) -> None:
        await self._accounts.create_index(["tenant", "person_id"], unique=True)

    async def by_id(self, account: str) -> Account | None:
        """An account by its id."""
        return await self._one({"_id": account})

    async def of_person(self, tenant: str, person_id: str) -> Account | None:
        """A person's account."""
        return await self._one({"tenant": tenant, "person_id": person_id})

    async def _one(self, wanted: Document) -> Account | None:
        with transient_when_away():
            found = await self._accounts.find_one(wanted)
        return None if found is None else _account(found)

    async def invite(self, tenant: str, person_id: str, login: str, until: datetime) -> Mark:
        """Open an account, or the one there is, to whoever shows this invitation.

        Raises:
            Rejected: the login is another's, or the person has another.
        """
        account = account_id(tenant, login)
        mark = new_mark(INVITATION, account)
        guard = {"_id": account, "tenant": tenant, "person_id": person_id}
        change = {
            "$set": {"invitation": mark.kept, "invited_until": until},
            "$setOnInsert": {"login": login, "password": None},
        }
        try:
            with transient_when_away():
                await self._accounts.update_one(guard, change, upsert=True)
        except DuplicateKeyError:
            raise Rejected("login.taken") from None
        return mark

    async def accept(self, account: Account, password: str) -> bool:
        """Keep the password chosen by an invitation, which is used up; False when it was before."""
        guard = {"_id": account.id, "invitation": account.invitation}
        used = {"password": password, "invitation": None, "invited_until": None}
        with transient_when_away():
            done = await self._accounts.update_one(guard, {"$set": used})
        return done.matched_count == 1

    async def change(self, account: Account, password: str) -> bool:
        """Keep another password; False when somebody changed it meanwhile."""
        guard = {"_id": account.id, "password": account.password}
        with transient_when_away():
            done = await self._accounts.update_one(guard, {"$set": {"password": password}})
        return done.matched_count == 1


def _account(found: Document) -> Account:
    return Account(
        id=found["_id"],
        tenant=found["tenant"],
        login=found["login"],
        person_id=found["person_id"],
        password=found["password"],
        invitation=found["invitation"],
        invited_until=found["invited_until"],
    )
