"""Question banks of quizzes, each under its hash: the right answers leave by no event.

The hash covers a random value that is kept with the bank: who knows the questions cannot find the
right answers by trying until the hash fits.
"""

import hashlib
import secrets
from collections.abc import Sequence

import orjson
from pymongo.asynchronous.database import AsyncDatabase

from services.training.domain.quiz import Question
from shared.decider import Unknown
from shared.ids import derived_id
from shared.store.document import CODEC
from shared.store.group import Collection, Document, transient_when_away


class Banks:
    """The banks of all plans, beside the cases."""

    def __init__(self, database: AsyncDatabase[Document]) -> None:
        self._banks: Collection = database.get_collection("quiz_banks", codec_options=CODEC)

    async def keep(self, tenant: str, plan_id: str, questions: Sequence[Question]) -> str:
        """Keep a bank; gives its hash."""
        content = {
            "nonce": secrets.token_hex(16),
            "questions": [
                {
                    "id": question.id,
                    "text": question.text,
                    "options": dict(question.options),
                    "correct": sorted(question.correct),
                }
                for question in questions
            ],
        }
        sha256 = hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()
        document = {"_id": derived_id(plan_id, sha256), "tenant": tenant, **content}
        with transient_when_away():
            await self._banks.insert_one(document)
        return sha256

    async def get(self, tenant: str, plan_id: str, sha256: str) -> list[Question]:
        """A plan's bank by its hash; `Unknown` when there is none."""
        wanted = {"_id": derived_id(plan_id, sha256), "tenant": tenant}
        with transient_when_away():
            found = await self._banks.find_one(wanted)
        if found is None:
            raise Unknown("quiz.unknown")
        return [
            Question(one["id"], one["text"], one["options"], frozenset(one["correct"]))
            for one in found["questions"]
        ]

    async def drop(self, plan_id: str, sha256: str) -> None:
        """Forget a bank that no plan took."""
        with transient_when_away():
            await self._banks.delete_one({"_id": derived_id(plan_id, sha256)})
