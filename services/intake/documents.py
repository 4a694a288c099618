"""Documents that come along: kept once under ids of their content, none ever in another's place."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from services.intake.private import Private
from shared.contracts.consultations import EnclosureRef
from shared.files import Files
from shared.ids import derived_id, new_id


@dataclass(frozen=True, slots=True)
class Came:
    """A document, judged by its first bytes; `reason` is why it is not kept."""

    name: str
    content: bytes
    media_type: str
    reason: str = ""


@dataclass(frozen=True)
class Documents:
    """Keeps the documents of cases."""

    private: Private
    files: Files

    async def keep(
        self, tenant: str, case_id: str, occasion: str, came: list[Came]
    ) -> tuple[EnclosureRef, ...]:
        """Keep what came on one occasion; the same again keeps nothing more.

        The file is whole before its place is written down, and the first place stays: whoever
        stops between the two, or does it beside another, leaves bytes that nobody asks for.
        """
        return tuple(
            [
                await self._one(tenant, case_id, (occasion, str(number)), one)
                for number, one in enumerate(came)
            ]
        )

    async def _one(
        self, tenant: str, case_id: str, occasion: tuple[str, str], came: Came
    ) -> EnclosureRef:
        sha256 = hashlib.sha256(came.content).hexdigest()
        ref = EnclosureRef(
            id=derived_id("document", tenant, case_id, *occasion, sha256),
            size=len(came.content),
            media_type=came.media_type,
            sha256=sha256,
            kept=not came.reason,
            reason=came.reason,
        )
        file_id = new_id() if ref.kept else ""
        if ref.kept:
            await self.files.put(file_id, tenant, _once(came.content))
        first = await self.private.keep_document(tenant, case_id, ref.id, came.name, file_id)
        if file_id and first != file_id:
            await self.files.delete(file_id)
        return ref


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content
