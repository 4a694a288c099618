"""Who somebody is, by how he is reached: the same address is the same person on every way in."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from pymongo import ReturnDocument

from services.intake.private import Contact
from services.intake.profiles.cases import PROFILE
from services.intake.profiles.domain import Meet, Profile
from shared.decider import Invalid, Unknown
from shared.ids import derived_id
from shared.service import Workshop
from shared.store import Cases, Cause, Outcome
from shared.store.document import CODEC
from shared.store.group import Collection, Document, transient_when_away

EMAIL: Final = "email"
PHONE: Final = "phone"
MAX_JOINED: Final = 50
_OTHER: Final = re.compile(r"[^0-9+]")


@dataclass(frozen=True, slots=True)
class Met:
    """A person: his profile, and `granted` if he is attended before others."""

    profile_id: str = ""
    preferential: str = ""


@dataclass(frozen=True)
class Meeting:
    """Finds profiles by contacts, which lie beside the cases."""

    workshop: Workshop

    @property
    def cases(self) -> Cases[Profile]:
        return self.workshop.of(PROFILE)

    @property
    def _handles(self) -> Collection:
        return self.workshop.database.get_collection("private_handles", codec_options=CODEC)

    async def ensure_indexes(self) -> None:
        """Make what listing a profile's contacts needs, and the erasing."""
        await self._handles.create_index(["tenant", "profile_id"])
        await self._handles.create_index(["tenant", "met_at", "_id"])

    async def meet(self, tenant: str, contact: Contact, actor: str) -> Met:
        """The profile of whoever is reached so; a new one for a new person, none for nobody."""
        kinds = handles_of(contact)
        if not kinds:
            return Met()
        last = await self._last(tenant, await self._met(kinds, Cause(tenant, actor)))
        return Met(last.id, last.state.preferential)

    async def register(self, contact: Contact, cause: Cause) -> tuple[Outcome[Profile], bool]:
        """The profile of whoever is reached so, and whether the cause made it.

        Raises:
            Invalid: he is not reached at all, or the cause is another's.
        """
        kinds = handles_of(contact)
        if not kinds:
            raise Invalid("profile.no_contact")
        if await self.cases.look(cause.id, cause.tenant) is None:
            found = await self._met(kinds, cause)
        else:
            found = await self.cases.handle(cause.id, Meet(kinds[0][0]), cause)
        return await self._last(cause.tenant, found), found.id == cause.id

    async def find(self, tenant: str, contact: Contact) -> Outcome[Profile]:
        """The profile of whoever is reached so.

        Raises:
            Unknown: nobody is.
        """
        found = await self._known(tenant, handles_of(contact))
        if not found:
            raise Unknown("profile.not_met")
        return await self.last(tenant, found)

    async def joined(self, tenant: str, profile_id: str) -> Sequence[str]:
        """All profiles that are this person's: its own, those joined with it, and with those."""
        ids, ahead = [profile_id], [profile_id]
        while ahead and len(ids) < MAX_JOINED:
            found = await self.cases.find(tenant, {"state.into": {"$in": ahead}}, limit=MAX_JOINED)
            ahead = [one.id for one in found if one.id not in ids]
            ids += ahead
        return ids

    async def contacts(self, tenant: str, ids: Sequence[str]) -> Sequence[tuple[str, str]]:
        """How somebody is reached, by any of his profiles."""
        with transient_when_away():
            cursor = self._handles.find({"tenant": tenant, "profile_id": {"$in": list(ids)}})
            return [(one["kind"], one["value"]) async for one in cursor.sort("_id", 1).limit(100)]

    async def reach(self, tenant: str, profile_id: str) -> Contact:
        """How whoever has that profile is reached; empty for one that nobody knows any more."""
        if await self.cases.look(profile_id, tenant) is None:
            return Contact()
        found = await self.contacts(tenant, await self.whole(tenant, profile_id))
        first = dict(reversed(found))
        return Contact(email=first.get(EMAIL, ""), phone=first.get(PHONE, ""))

    async def hand_over(self, tenant: str, profile_id: str, into: str) -> None:
        """All contacts of one are the other's from now on; again, nothing more happens."""
        mine = {"tenant": tenant, "profile_id": profile_id}
        with transient_when_away():
            await self._handles.update_many(mine, {"$set": {"profile_id": into}})

    async def whole(self, tenant: str, profile_id: str) -> Sequence[str]:
        """All profiles of the person that this one is, or became."""
        return await self.joined(tenant, (await self.last(tenant, profile_id)).id)

    async def last(self, tenant: str, profile_id: str) -> Outcome[Profile]:
        """The person's profile that is still open, which this one is, or became."""
        return await self._last(tenant, await self.cases.get(profile_id, tenant))

    async def forget(self, tenant: str, ids: Sequence[str], before: datetime) -> None:
        """How the person of these profiles is reached; whoever comes again is a new one."""
        with transient_when_away():
            await self._handles.delete_many(
                {**_of(tenant, ids), "met_at": {"$not": {"$gte": before}}}
            )

    async def came_since(self, tenant: str, ids: Sequence[str], since: datetime) -> bool:
        """Whether the person of these profiles came by one of his contacts since."""
        with transient_when_away():
            found = await self._handles.find_one({**_of(tenant, ids), "met_at": {"$gte": since}})
        return found is not None

    async def came_before(
        self, tenant: str, before: datetime, after: str, limit: int
    ) -> Sequence[tuple[str, str]]:
        """Contacts by which nobody came since, not settled yet: their ids, and whose they are."""
        where = {"tenant": tenant, "met_at": {"$lt": before}, "settled": None}
        with transient_when_away():
            cursor = self._handles.find({**where, "_id": {"$gt": after}}).sort("_id", 1)
            return [(one["_id"], one["profile_id"]) async for one in cursor.limit(limit)]

    async def settle(self, tenant: str, ids: Sequence[str], before: datetime) -> None:
        """The person's cases tell when he is forgotten: nobody need look at these again."""
        old = {**_of(tenant, ids), "met_at": {"$lt": before}}
        with transient_when_away():
            await self._handles.update_many(old, {"$set": {"settled": True}})

    async def _met(self, kinds: Sequence[tuple[str, str]], cause: Cause) -> Outcome[Profile]:
        """A new profile has its cause's id, so that whoever repeats it meets the same."""
        tenant = cause.tenant
        profile_id = await self._known(tenant, kinds) or cause.id
        for kind, value in kinds:
            profile_id = await self._bound(tenant, kind, value, profile_id)
        for number, (kind, _) in enumerate(kinds):
            opens = number == 0 and profile_id == cause.id
            own = cause if opens else _own(cause, profile_id, kind)
            outcome = await self.cases.handle(profile_id, Meet(kind), own, create=True)
        return outcome

    async def _last(self, tenant: str, outcome: Outcome[Profile]) -> Outcome[Profile]:
        """What a profile was joined with in the end, also before its contacts are handed over."""
        for _ in range(MAX_JOINED):
            if not outcome.state.into:
                break
            outcome = await self.cases.get(outcome.state.into, tenant)
        return outcome

    async def _known(self, tenant: str, kinds: Sequence[tuple[str, str]]) -> str:
        ids = [_key(tenant, kind, value) for kind, value in kinds]
        with transient_when_away():
            cursor = self._handles.find({"_id": {"$in": ids}})
            found = {one["_id"]: one["profile_id"] async for one in cursor}
        return next((found[one] for one in ids if one in found), "")

    async def _bound(self, tenant: str, kind: str, value: str, profile_id: str) -> str:
        """Bind a contact; one that is somebody's already stays his, and the first one decides."""
        content = {"tenant": tenant, "kind": kind, "value": value, "profile_id": profile_id}
        came = {"$set": {"met_at": self.workshop.now()}, "$unset": {"settled": ""}}
        with transient_when_away():
            found = await self._handles.find_one_and_update(
                {"_id": _key(tenant, kind, value)},
                {"$setOnInsert": content, **came},
                upsert=True,
                return_document=ReturnDocument.AFTER,
            )
        bound = profile_id if found is None else str(found["profile_id"])
        return bound if kind == EMAIL else profile_id


def handles_of(contact: Contact) -> list[tuple[str, str]]:
    """The contacts as they are compared: addresses in small letters, numbers without spaces."""
    handles = [(EMAIL, contact.email.strip().lower()), (PHONE, _OTHER.sub("", contact.phone))]
    return [(kind, value) for kind, value in handles if value]


def _own(cause: Cause, profile_id: str, kind: str) -> Cause:
    """The id of what is met once, whoever meets it again."""
    own = derived_id("meet", cause.tenant, profile_id, kind)
    return replace(cause, id=own, fingerprint="")


def _of(tenant: str, ids: Sequence[str]) -> Document:
    return {"tenant": tenant, "profile_id": {"$in": list(ids)}}


def _key(tenant: str, kind: str, value: str) -> str:
    return derived_id("handle", tenant, kind, value)
