"""Messages that became no case, and go when what is private has been kept for long enough."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pymongo.asynchronous.database import AsyncDatabase

from services.intake.letterbox.mails import Mail, MailStatus, mail_from
from shared.files import Files
from shared.store.document import CODEC
from shared.store.group import Collection, Document, transient_when_away

_ENDED: Final = {"$in": [MailStatus.DEAD.value, MailStatus.SET_ASIDE.value]}
_ERASED: Final = {
    "status": MailStatus.ERASED.value,
    "sender": "",
    "message_id": "",
    "file_id": "",
}


@dataclass(frozen=True)
class Unclaimed:
    """Those that are dead, and those that were set aside."""

    database: AsyncDatabase[Document]
    files: Files

    @property
    def _mails(self) -> Collection:
        return self.database.get_collection("mails", codec_options=CODEC)

    async def ended_before(
        self, tenant: str, before: datetime, after: str, limit: int
    ) -> Sequence[Mail]:
        """Those that came before and that nobody did anything with since, by id."""
        where: dict[str, Any] = {
            "tenant": tenant,
            "status": _ENDED,
            "received_at": {"$lt": before},
            "handled.at": {"$not": {"$gte": before}},
            "_id": {"$gt": after},
        }
        with transient_when_away():
            cursor = self._mails.find(where).sort("_id", 1).limit(limit)
            return [mail_from(one) async for one in cursor]

    async def erase(self, mail: Mail) -> bool:
        """Forget what it said and who sent it; False when it is being read again.

        Its id stays, so that the same message does not come in anew.
        """
        with transient_when_away():
            found = await self._mails.find_one({"_id": mail.id, "status": _ENDED}, {"_id": 1})
        if found is None:
            return False
        # the file first: whoever is interrupted finds the message here again
        await self.files.delete(mail.file_id)
        with transient_when_away():
            done = await self._mails.update_one(
                {"_id": mail.id, "status": _ENDED}, {"$set": _ERASED}
            )
        return done.modified_count == 1
