"""Deletes the parts of documents that were refused or given up."""

from dataclasses import dataclass

import structlog
from pymongo.errors import PyMongoError

from services.intake.cases import ATTACHMENT
from services.intake.domain.attachment import AttachmentStatus, Clear
from shared.decider import Transient
from shared.files import Files
from shared.service import Workshop
from shared.store import Cause
from shared.waiting import pause

log = structlog.get_logger()
LOOK_EVERY = 5.0
BATCH = 100


@dataclass(frozen=True)
class Clearing:
    """Looks for refused documents with parts; deleting twice does no harm."""

    workshop: Workshop
    files: Files

    async def watch(self) -> None:
        while True:
            try:
                await self.clear()
            except (Transient, PyMongoError) as error:
                log.warning("clearing_interrupted", reason=str(error))
            await pause(LOOK_EVERY)

    async def clear(self) -> int:
        """One look; returns how many documents were cleared."""
        cases = self.workshop.of(ATTACHMENT)
        where = {"state.status": AttachmentStatus.REFUSED.value, "state.parts": {"$ne": []}}
        cleared = 0
        for tenant in self.workshop.tenants:
            for outcome in await cases.find(tenant, where, limit=BATCH):
                for part in outcome.state.parts:
                    await self.files.delete(part.file_id)
                await cases.handle(outcome.id, Clear(), Cause(tenant, "system:intake"))
                cleared += 1
        return cleared
