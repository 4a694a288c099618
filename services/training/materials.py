"""The texts of memory-aids, each under its hash: what was signed for can always be read again."""

import hashlib
from dataclasses import dataclass

from pymongo.asynchronous.database import AsyncDatabase

from shared.decider import Unknown
from shared.ids import derived_id
from shared.store.document import CODEC
from shared.store.group import Collection, Document, transient_when_away


@dataclass(frozen=True, slots=True)
class MemoryAid:
    """A text, or the name of a file that is kept elsewhere; `sha256` is of its bytes (UTF-8)."""

    sha256: str
    text: str = ""
    file_name: str = ""


def aid_of_text(text: str) -> MemoryAid:
    """A memory-aid that is its own text."""
    return MemoryAid(hashlib.sha256(text.encode()).hexdigest(), text)


class Materials:
    """The memory-aids of all plans, beside the cases."""

    def __init__(self, database: AsyncDatabase[Document]) -> None:
        self._aids: Collection = database.get_collection("materials", codec_options=CODEC)

    async def keep(self, tenant: str, plan_id: str, aid: MemoryAid) -> None:
        """Keep a memory-aid; keeping it again changes nothing."""
        content = {
            "tenant": tenant,
            "plan_id": plan_id,
            "sha256": aid.sha256,
            "text": aid.text,
            "file_name": aid.file_name,
        }
        aid_id = derived_id(plan_id, aid.sha256)
        with transient_when_away():
            await self._aids.update_one({"_id": aid_id}, {"$setOnInsert": content}, upsert=True)

    async def get(self, tenant: str, plan_id: str, sha256: str) -> MemoryAid:
        """A plan's memory-aid by its hash; `Unknown` when there is none."""
        aid_id = derived_id(plan_id, sha256)
        with transient_when_away():
            found = await self._aids.find_one({"_id": aid_id, "tenant": tenant})
        if found is None:
            raise Unknown("material.unknown", sha256=sha256)
        return MemoryAid(found["sha256"], found["text"], found["file_name"])
