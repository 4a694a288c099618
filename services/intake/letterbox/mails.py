"""The messages as they came: kept before the sender is told so, until each has become something."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from pymongo import ReturnDocument
from pymongo.asynchronous.database import AsyncDatabase

from services.intake.letterbox.handling import Handling, done, handled, pushed
from services.intake.letterbox.policy import Place
from shared.decider import Rejected, Unknown
from shared.files import Files
from shared.ids import derived_id, new_id
from shared.store.document import CODEC
from shared.store.group import Collection, Document, transient_when_away

FIRST_WAIT: Final = timedelta(seconds=2)
LONGEST_WAIT: Final = timedelta(minutes=10)
_GONE: Final = frozenset({"next_at_1", "tenant_1_status_1__id_1"})
"""Indexes of an earlier form, which a database may still have."""


class MailStatus(StrEnum):
    """`stored` waits to be read; `set_aside` needs no case; `dead` waits for somebody.

    What was set aside or dead for as long as it is kept is `erased`: that it came stays, and why
    it became nothing.
    """

    STORED = "stored"
    DONE = "done"
    SET_ASIDE = "set_aside"
    DEAD = "dead"
    ERASED = "erased"


@dataclass(frozen=True, slots=True)
class Mail:
    """A message and what became of it; who sent it is not shown.

    `word` is whether somebody said that a person wrote it, though it looks like a machine's;
    `again`, whether somebody looked at it and let it be read once more.
    """

    id: str
    tenant: str
    address: str
    sender: str
    message_id: str
    size: int
    file_id: str
    received_at: datetime
    status: MailStatus
    reason: str = ""
    detail: str = ""
    kind: str = ""
    case_id: str = ""
    charset: str = ""
    tries: int = 0
    word: bool = False
    again: bool = False
    handled: tuple[Handling, ...] = ()


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message at the door: the envelope's sender, its own name, and its digest."""

    sender: str
    message_id: str
    digest: str
    content: bytes


class Mails:
    """All messages of all accounts, in the service's own database."""

    def __init__(
        self, database: AsyncDatabase[Document], files: Files, now: Callable[[], datetime]
    ) -> None:
        self._mails: Collection = database.get_collection("mails", codec_options=CODEC)
        self._files = files
        self.now = now

    async def ensure_indexes(self) -> None:
        """Make what looking for waiting messages, threads and the log need."""
        waiting = {"status": MailStatus.STORED.value}
        await self._mails.create_index("next_at", name="waiting", partialFilterExpression=waiting)
        await self._mails.create_index(["tenant", "message_id"])
        await self._mails.create_index(["tenant", "case_id"])
        newest = [("received_at", -1), ("_id", -1)]
        await self._mails.create_index([("tenant", 1), *newest])
        await self._mails.create_index([("tenant", 1), ("status", 1), *newest])
        await self._mails.create_index(["status", "tenant"])
        await self._mails.create_index(["tenant", "sender", "received_at"])
        for name in _GONE & set(await self._mails.index_information()):
            await self._mails.drop_index(name)

    async def keep(self, place: Place, arrived: Arrived) -> bool:
        """Keep a message, on a majority's disks when this returns; False if it was here before.

        Raises:
            Transient: the database did not answer; the message counts as not taken.
        """
        mail_id = derived_id(
            "mail", place.tenant, place.address, arrived.message_id, arrived.digest
        )
        with transient_when_away():
            if await self._mails.find_one({"_id": mail_id}, {"_id": 1}) is not None:
                return False
        file_id = new_id()
        await self._files.put(file_id, place.tenant, _once(arrived.content))
        now = self.now()
        fields = {
            "tenant": place.tenant,
            "address": place.address,
            "sender": arrived.sender,
            "message_id": arrived.message_id,
            "size": len(arrived.content),
            "file_id": file_id,
            "received_at": now,
            "status": MailStatus.STORED.value,
            "reason": "",
            "detail": "",
            "kind": "",
            "case_id": "",
            "charset": "",
            "tries": 0,
            "next_at": now,
        }
        with transient_when_away():
            kept = await self._mails.update_one(
                {"_id": mail_id}, {"$setOnInsert": fields}, upsert=True
            )
        if kept.upserted_id is None:
            await self._files.delete(file_id)
            return False
        return True

    async def content(self, mail: Mail) -> bytes:
        """The message as it came; `Unknown` when that is erased."""
        if mail.status is MailStatus.ERASED:
            raise Unknown("mail.erased", id=mail.id)
        return b"".join([chunk async for chunk in self._files.open(mail.file_id)])

    async def waiting(self, limit: int) -> Sequence[Mail]:
        """What is to be read now, the longest due first: an answer comes after what it answers."""
        due = {"status": MailStatus.STORED.value, "next_at": {"$lte": self.now()}}
        with transient_when_away():
            cursor = self._mails.find(due).sort("next_at", 1).limit(limit)
            return [mail_from(found) async for found in cursor]

    async def settle(
        self,
        mail: Mail,
        status: MailStatus,
        *,
        reason: str = "",
        detail: str = "",
        kind: str = "",
        case_id: str = "",
    ) -> None:
        """Write down what a message became."""
        fields = {
            "status": status.value,
            "reason": reason,
            "detail": detail,
            "kind": kind,
            "case_id": case_id,
            "next_at": None,
        }
        await self._set(mail, fields)

    async def put_off(self, mail: Mail) -> None:
        """Read it later; each time a longer wait."""
        wait = min(FIRST_WAIT * 2 ** min(mail.tries, 16), LONGEST_WAIT)
        await self._set(mail, {"next_at": self.now() + wait, "tries": mail.tries + 1})

    async def _set(self, mail: Mail, fields: Document) -> None:
        with transient_when_away():
            await self._mails.update_one({"_id": mail.id}, {"$set": fields})

    async def thread(self, tenant: str, message_ids: Sequence[str]) -> Mail | None:
        """The message that one of these ids names, in the order of the ids."""
        with transient_when_away():
            cursor = self._mails.find({"tenant": tenant, "message_id": {"$in": list(message_ids)}})
            found = {one["message_id"]: mail_from(one) async for one in cursor}
        return next((found[one] for one in message_ids if one in found), None)

    async def of_case(self, tenant: str, case_id: str) -> Sequence[Mail]:
        """The messages that became a case, or were added to it, oldest first."""
        with transient_when_away():
            cursor = self._mails.find({"tenant": tenant, "case_id": case_id})
            return [mail_from(one) async for one in cursor.sort("received_at", 1).limit(1_000)]

    async def erase(self, tenant: str, case_id: str) -> None:
        """Forget the messages of a case, as they came and who sent them."""
        for mail in await self.of_case(tenant, case_id):
            await self._files.delete(mail.file_id)
            with transient_when_away():
                await self._mails.delete_one({"_id": mail.id})

    async def lately(self, mail: Mail, within: timedelta) -> int:
        """How many this sender has sent to the account until then."""
        since = mail.received_at - within
        who = {"tenant": mail.tenant, "sender": mail.sender, "address": mail.address}
        span = {"$gt": since, "$lte": mail.received_at}
        with transient_when_away():
            return await self._mails.count_documents({**who, "received_at": span})

    async def numbers(self) -> Mapping[tuple[str, str], int]:
        """How many wait to be read, and how many for somebody, by account."""
        waits = [MailStatus.STORED.value, MailStatus.DEAD.value]
        group = {"_id": {"tenant": "$tenant", "status": "$status"}, "n": {"$sum": 1}}
        stages: list[dict[str, Any]] = [{"$match": {"status": {"$in": waits}}}, {"$group": group}]
        with transient_when_away():
            cursor = await self._mails.aggregate(stages)
            return {(row["_id"]["tenant"], row["_id"]["status"]): row["n"] async for row in cursor}

    async def find(
        self,
        tenant: str,
        status: MailStatus | None,
        after: tuple[datetime, str] | None,
        limit: int,
    ) -> Sequence[Mail]:
        """The log, one status or all, newest first, behind the last one seen."""
        where: dict[str, Any] = {"tenant": tenant}
        if status is not None:
            where["status"] = status.value
        if after is not None:
            at, last = after
            behind = {"received_at": at, "_id": {"$lt": last}}
            where["$or"] = [{"received_at": {"$lt": at}}, behind]
        with transient_when_away():
            cursor = self._mails.find(where).sort([("received_at", -1), ("_id", -1)])
            return [mail_from(one) async for one in cursor.limit(limit)]

    async def get(self, tenant: str, mail_id: str) -> Mail:
        """One message; `Unknown` when the account has none of that id."""
        with transient_when_away():
            found = await self._mails.find_one({"_id": mail_id, "tenant": tenant})
        if found is None:
            raise Unknown("mail.unknown", id=mail_id)
        return mail_from(found)

    async def read_again(
        self,
        tenant: str,
        mail_id: str,
        handling: Handling,
        charset: str = "",
        *,
        word: bool = False,
    ) -> Mail:
        """Let one that is dead or set aside be read once more, in an encoding if one is given.

        Raises:
            Unknown: the account has none of that id.
            Rejected: it waits to be read, or became something.
        """
        fields = {
            "status": MailStatus.STORED.value,
            "next_at": self.now(),
            "charset": charset,
            "word": word,
            "again": True,
            "tries": 0,
        }
        ended = (MailStatus.DEAD, MailStatus.SET_ASIDE)
        mail = await self._handle(tenant, mail_id, handling, ended, fields)
        if not done(handling, mail.handled):
            raise Rejected("mail.not_dead", status=mail.status)
        return mail

    async def put_away(self, tenant: str, mail_id: str, handling: Handling) -> Mail:
        """A dead one needs no case, somebody says: nobody waits for it any more.

        Raises:
            Unknown: the account has none of that id.
            Rejected: it is not dead.
        """
        fields = {"status": MailStatus.SET_ASIDE.value}
        mail = await self._handle(tenant, mail_id, handling, (MailStatus.DEAD,), fields)
        if not done(handling, mail.handled):
            raise Rejected("mail.not_waiting", status=mail.status)
        return mail

    async def _handle(
        self,
        tenant: str,
        mail_id: str,
        handling: Handling,
        ended: Sequence[MailStatus],
        fields: Document,
    ) -> Mail:
        """The message as it is, with the step when it was in place, now or before."""
        mine = {
            "_id": mail_id,
            "tenant": tenant,
            "status": {"$in": [one.value for one in ended]},
            "handled.id": {"$ne": handling.id},
        }
        change = {"$set": fields, "$push": pushed(handling)}
        with transient_when_away():
            found = await self._mails.find_one_and_update(
                mine, change, return_document=ReturnDocument.AFTER
            )
        return await self.get(tenant, mail_id) if found is None else mail_from(found)


def case_id_of(mail: Mail) -> str:
    """The case that a message opens, if it opens one."""
    return derived_id("mail case", mail.id)


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content


def mail_from(found: Document) -> Mail:
    """A message as it is kept."""
    # what one that was never read again, or not since there was such a thing, does not say
    said = {name: found.get(name, False) for name in ("word", "again")}
    names = set(Mail.__slots__) - {"id", "status", "handled", *said}
    fields = {name: found[name] for name in names} | said | {"handled": handled(found)}
    return Mail(id=found["_id"], status=MailStatus(found["status"]), **fields)
