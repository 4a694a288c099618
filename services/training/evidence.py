"""What signatures were made with: a PIN's check value, drawn strokes, the hash of a scanned sheet.

Kept beside the cases; the history holds the SHA-256 of the record. A PIN is never kept: its check
value is scrypt over it and a random salt, so that the person can show later that it was his.
"""

import asyncio
import hashlib
import secrets
from collections.abc import Mapping
from typing import Any

import orjson
from pymongo.asynchronous.database import AsyncDatabase

from shared.decider import Unknown
from shared.store.document import CODEC
from shared.store.group import Collection, Document, transient_when_away

# about 50 ms and 16 MiB: dear for who tries all PINs, cheap for one signature
_COST, _BLOCKS, _LANES = 2**14, 8, 1


class Evidences:
    """The evidence of all signatures, beside the cases."""

    def __init__(self, database: AsyncDatabase[Document]) -> None:
        self._records: Collection = database.get_collection("evidence", codec_options=CODEC)

    async def keep(
        self, tenant: str, plan_id: str, person_id: str, content: Mapping[str, Any]
    ) -> str:
        """Keep what a signature is made with; gives the record's hash."""
        nonce = secrets.token_hex(16)
        record = {
            "plan_id": plan_id,
            "person_id": person_id,
            "nonce": nonce,
            "content": dict(content),
        }
        sha256 = _hash(record)
        with transient_when_away():
            await self._records.insert_one({"_id": sha256, "tenant": tenant, **record})
        return sha256

    async def get(self, tenant: str, plan_id: str, sha256: str) -> tuple[Mapping[str, Any], bool]:
        """A record by its hash, and whether it still has it; `Unknown` when there is none."""
        with transient_when_away():
            found = await self._records.find_one(
                {"_id": sha256, "tenant": tenant, "plan_id": plan_id}, {"tenant": 0}
            )
        if found is None:
            raise Unknown("evidence.unknown", sha256=sha256)
        record = {name: value for name, value in found.items() if name != "_id"}
        return record, _hash(record) == sha256

    async def drop(self, sha256: str) -> None:
        """Forget what no signature took."""
        with transient_when_away():
            await self._records.delete_one({"_id": sha256})


def _hash(record: Mapping[str, Any]) -> str:
    return hashlib.sha256(orjson.dumps(record, option=orjson.OPT_SORT_KEYS)).hexdigest()


async def check_of_pin(pin: str) -> dict[str, str]:
    """The check value of a PIN, with its salt."""
    salt = secrets.token_bytes(16)
    check = await asyncio.to_thread(
        hashlib.scrypt, pin.encode(), salt=salt, n=_COST, r=_BLOCKS, p=_LANES
    )
    return {"pin_salt": salt.hex(), "pin_check": check.hex()}
