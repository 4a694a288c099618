"""What the public wrote and who they are: beside the cases, never in events (B:L385-390)."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pymongo import ReturnDocument
from pymongo.asynchronous.database import AsyncDatabase

from shared.contracts.consultations import TextRef
from shared.decider import Unknown
from shared.ids import derived_id
from shared.store import behind
from shared.store.document import CODEC
from shared.store.group import Collection, Document, transient_when_away

USER: Final = "user"
DRAFT: Final = "draft"
SPECIALIST: Final = "specialist"
NOTE: Final = "note"
_MAX_TEXTS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Text:
    """Something written: by whom (`user`, `draft`, `specialist`, `note`), under which subject."""

    id: str
    role: str
    subject: str
    words: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Contact:
    """How somebody is reached; all of it may be empty."""

    name: str = ""
    email: str = ""
    phone: str = ""

    @property
    def is_empty(self) -> bool:
        return not (self.name or self.email or self.phone)


@dataclass(frozen=True, slots=True)
class Written:
    """That a text is there, of which case, since when."""

    id: str
    case_id: str
    at: datetime


class Private:
    """Texts and contacts of all cases of the service, by case."""

    def __init__(self, database: AsyncDatabase[Document]) -> None:
        self._texts: Collection = database.get_collection("private_texts", codec_options=CODEC)
        self._names: Collection = database.get_collection("private_names", codec_options=CODEC)
        self._contacts: Collection = database.get_collection(
            "private_contacts", codec_options=CODEC
        )
        self._grounds: Collection = database.get_collection("private_grounds", codec_options=CODEC)

    async def ensure_indexes(self) -> None:
        """Make what reading all texts of a case needs."""
        await self._texts.create_index(["tenant", "case_id", "at"])
        await self._texts.create_index(["tenant", "at", "_id"])
        await self._names.create_index(["tenant", "case_id"])

    async def keep(
        self, tenant: str, case_id: str, role: str, words: str, at: datetime, *, subject: str = ""
    ) -> TextRef:
        """Keep a text; the same words of the same role again are the same text.

        Raises:
            Transient: the database did not answer.
        """
        digest = hashlib.sha256(f"{subject}\n{words}".encode()).hexdigest()
        text_id = derived_id(tenant, case_id, role, digest)
        content = {
            "tenant": tenant,
            "case_id": case_id,
            "role": role,
            "subject": subject,
            "words": words,
            "at": at,
        }
        with transient_when_away():
            await self._texts.update_one({"_id": text_id}, {"$setOnInsert": content}, upsert=True)
        return TextRef(id=text_id, digest=digest)

    async def text(self, tenant: str, text_id: str) -> Text:
        """One text.

        Raises:
            Unknown: this tenant has none of that id.
        """
        with transient_when_away():
            found = await self._texts.find_one({"_id": text_id, "tenant": tenant})
        if found is None:
            raise Unknown("text.unknown", id=text_id)
        return _text(found)

    async def texts(self, tenant: str, case_id: str) -> Sequence[Text]:
        """All that was written in a case, oldest first."""
        wanted = {"tenant": tenant, "case_id": case_id}
        with transient_when_away():
            cursor = self._texts.find(wanted).sort([("at", 1), ("_id", 1)]).limit(_MAX_TEXTS)
            return [_text(found) async for found in cursor]

    async def written_before(
        self, tenant: str, before: datetime, after: "Written | None", limit: int
    ) -> Sequence["Written"]:
        """What was written until then, oldest first, behind the last one seen."""
        last = None if after is None else (after.at, after.id)
        where = {"tenant": tenant, "at": {"$lt": before}, **behind("at", last)}
        with transient_when_away():
            cursor = self._texts.find(where, {"case_id": 1, "at": 1})
            found = cursor.sort([("at", 1), ("_id", 1)]).limit(limit)
            return [Written(one["_id"], one["case_id"], one["at"]) async for one in found]

    async def files_of(self, tenant: str, case_id: str) -> Sequence[str]:
        """Where the kept documents of a case lie."""
        mine = {"tenant": tenant, "case_id": case_id, "file_id": {"$ne": ""}}
        with transient_when_away():
            return [one["file_id"] async for one in self._names.find(mine)]

    async def forget(self, tenant: str, case_id: str) -> None:
        """Forget who it was, why he went first, and what his documents were called."""
        with transient_when_away():
            await self._names.delete_many({"tenant": tenant, "case_id": case_id})
            await self._grounds.delete_one({"_id": case_id, "tenant": tenant})
            await self._contacts.delete_one({"_id": case_id, "tenant": tenant})

    async def forget_texts(self, tenant: str, case_id: str) -> None:
        """Forget all that was written in a case."""
        with transient_when_away():
            await self._texts.delete_many({"tenant": tenant, "case_id": case_id})

    async def keep_document(
        self, tenant: str, case_id: str, enclosure_id: str, name: str, file_id: str
    ) -> str:
        """Keep what a document was called and where it lies; returns where it lay first."""
        content = {"tenant": tenant, "case_id": case_id, "name": name, "file_id": file_id}
        with transient_when_away():
            found = await self._names.find_one_and_update(
                {"_id": enclosure_id},
                {"$setOnInsert": content},
                upsert=True,
                return_document=ReturnDocument.AFTER,
            )
        return file_id if found is None else str(found["file_id"])

    async def document(self, tenant: str, enclosure_id: str) -> tuple[str, str]:
        """What a document was called, and where it lies.

        Raises:
            Unknown: this tenant has none of that id.
        """
        with transient_when_away():
            found = await self._names.find_one({"_id": enclosure_id, "tenant": tenant})
        if found is None:
            raise Unknown("enclosure.unknown", id=enclosure_id)
        return str(found["name"]), str(found["file_id"])

    async def names(self, tenant: str, case_id: str) -> Mapping[str, str]:
        """What the documents of a case were called, by their ids."""
        with transient_when_away():
            cursor = self._names.find({"tenant": tenant, "case_id": case_id}).limit(_MAX_TEXTS)
            return {found["_id"]: found["name"] async for found in cursor}

    async def keep_contact(self, tenant: str, case_id: str, contact: Contact) -> None:
        """Keep who it is; keeping it again changes nothing."""
        if contact.is_empty:
            return
        content = {"tenant": tenant, **_fields(contact)}
        with transient_when_away():
            await self._contacts.update_one(
                {"_id": case_id}, {"$setOnInsert": content}, upsert=True
            )

    async def contact(self, tenant: str, case_id: str) -> Contact:
        """Who it is; empty for an anonymous one."""
        with transient_when_away():
            found = await self._contacts.find_one({"_id": case_id, "tenant": tenant})
        if found is None:
            return Contact()
        return Contact(found["name"], found["email"], found["phone"])

    async def keep_ground(self, tenant: str, of: str, ground: str) -> None:
        """Keep why a case goes before others; keeping it again changes nothing."""
        content = {"tenant": tenant, "ground": ground}
        with transient_when_away():
            await self._grounds.update_one({"_id": of}, {"$setOnInsert": content}, upsert=True)

    async def change_ground(self, tenant: str, of: str, ground: str) -> None:
        """Keep why a profile goes before others from now on; empty when it does not."""
        content = {"$set": {"tenant": tenant, "ground": ground}}
        with transient_when_away():
            await self._grounds.update_one({"_id": of}, content, upsert=True)

    async def ground(self, tenant: str, of: str) -> str:
        """Why a case, or a profile, goes before others; empty when it does not."""
        with transient_when_away():
            found = await self._grounds.find_one({"_id": of, "tenant": tenant})
        return "" if found is None else str(found["ground"])


def _fields(contact: Contact) -> Mapping[str, str]:
    return {"name": contact.name, "email": contact.email, "phone": contact.phone}


def _text(found: Document) -> Text:
    return Text(found["_id"], found["role"], found["subject"], found["words"], found["at"])
