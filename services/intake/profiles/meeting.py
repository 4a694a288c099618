"""Who somebody is, by how he is reached: the same address is the same person on every way in."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from services.intake.private import Contact
from services.intake.profiles.cases import PROFILE
from services.intake.profiles.domain import Meet, Profile
from shared.decider import Unknown
from shared.ids import derived_id, new_id
from shared.service import Workshop
from shared.store import Cases, Cause, Outcome
from shared.store.document import CODEC
from shared.store.group import Collection, transient_when_away

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
        """Make what listing a profile's contacts needs."""
        await self._handles.create_index(["tenant", "profile_id"])

    async def meet(self, tenant: str, contact: Contact, actor: str) -> Met:
        """The profile of whoever is reached so; a new one for a new person, none for nobody."""
        kinds = handles_of(contact)
        if not kinds:
            return Met()
        profile_id = await self._known(tenant, kinds) or new_id()
        for kind, value in kinds:
            profile_id = await self._bound(tenant, kind, value, profile_id)
        for kind, _ in kinds:
            cause = Cause(tenant, actor, id=derived_id("meet", tenant, profile_id, kind))
            outcome = await self.cases.handle(profile_id, Meet(kind), cause, create=True)
        last = await self._last(tenant, outcome)
        return Met(last.id, last.state.preferential)

    async def find(self, tenant: str, contact: Contact) -> Outcome[Profile]:
        """The profile of whoever is reached so.

        Raises:
            Unknown: nobody is.
        """
        found = await self._known(tenant, handles_of(contact))
        if not found:
            raise Unknown("profile.not_met")
        return await self._last(tenant, await self.cases.get(found, tenant))

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
        last = await self._last(tenant, await self.cases.get(profile_id, tenant))
        return await self.joined(tenant, last.id)

    async def forget(self, tenant: str, ids: Sequence[str]) -> None:
        """How the person of these profiles is reached; whoever writes again is a new one."""
        with transient_when_away():
            await self._handles.delete_many({"tenant": tenant, "profile_id": {"$in": list(ids)}})

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
        key = {"_id": _key(tenant, kind, value)}
        with transient_when_away():
            await self._handles.update_one(key, {"$setOnInsert": content}, upsert=True)
            found = await self._handles.find_one(key)
        bound = profile_id if found is None else str(found["profile_id"])
        return bound if kind == EMAIL else profile_id


def handles_of(contact: Contact) -> list[tuple[str, str]]:
    """The contacts as they are compared: addresses in small letters, numbers without spaces."""
    handles = [(EMAIL, contact.email.strip().lower()), (PHONE, _OTHER.sub("", contact.phone))]
    return [(kind, value) for kind, value in handles if value]


def _key(tenant: str, kind: str, value: str) -> str:
    return derived_id("handle", tenant, kind, value)
