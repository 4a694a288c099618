"""Takes letters that are due, composes and sends them, and writes down how each try ended."""

import asyncio
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from pymongo.errors import PyMongoError

from shared.decider import Transient, Unknown
from shared.service import Workshop
from shared.waiting import pause

from .composing import Composer, Unsendable, message_of
from .letters import Kept, Letters, Try
from .policy import MailRow, MailSection, mail_of
from .smtp import Answer, Server

log = structlog.get_logger()
LOOK_EVERY: Final = 0.5
AT_ONCE: Final = 8
MOST: Final = 64
DOUBLINGS: Final = 20


@dataclass(frozen=True)
class Postman:
    """One of several may run: the guarded write lets one of them take a letter."""

    workshop: Workshop
    letters: Letters
    compose: Composer

    async def watch(self) -> None:
        """Send what is due until cancelled; a try that is cut off is brought back by its lease."""
        await self.letters.ensure_indexes()
        url = self.workshop.settings.smtp_url
        if url is None:
            log.warning("mail_not_configured", service=self.workshop.service)
            await asyncio.Event().wait()
            return
        server = Server.of(url.get_secret_value())
        while True:
            try:
                found = await self._round(server)
            except (Transient, PyMongoError) as error:
                log.warning("letters_interrupted", reason=str(error)[:200])
                found = 0
            if found < MOST:
                await pause(LOOK_EVERY)

    async def _round(self, server: Server) -> int:
        due = await self.letters.due(MOST)
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(letter_id: str) -> None:
            async with gate:
                await self._carry(server, letter_id)

        async with asyncio.TaskGroup() as group:
            for letter_id in due:
                group.create_task(one(letter_id))
        return len(due)

    async def _carry(self, server: Server, letter_id: str) -> None:
        try:
            kept = await self.letters.take(letter_id, self._lease)
            if kept is not None:
                await self._try(server, kept)
        except (Transient, PyMongoError) as error:
            log.info("letter_left", letter=letter_id, reason=str(error)[:200])

    async def _try(self, server: Server, kept: Kept) -> None:
        started = time.perf_counter()
        answer = await self._send(server, kept)
        row = self._row(kept.letter.tenant)
        next_at = None if answer.final else self._next(kept, row, counts=answer.counts)
        outcome = "sent" if answer.sent else "later" if next_at else "failed"
        ended = Try(
            number=kept.number,
            at=self.workshop.now(),
            outcome=outcome,
            reason=answer.reason,
            milliseconds=round(1_000 * (time.perf_counter() - started)),
        )
        await self.letters.conclude(kept, ended, next_at, counts=answer.counts)
        self.workshop.metrics.letters.labels(self.workshop.service, outcome).inc()
        if outcome == "failed":
            log.error("letter_failed", letter=kept.letter.id, reason=answer.reason)

    async def _send(self, server: Server, kept: Kept) -> Answer:
        mail = self._mail(kept.letter.tenant)
        if mail is None:
            return Answer("no_mail_policy", final=True)
        seconds = mail.sending.timeout
        try:
            async with asyncio.timeout(seconds):
                composed = await self.compose(kept.letter)
            message = message_of(kept.letter, composed, mail, kept.written_at)
            return await server.send(message, seconds=seconds)
        except Unsendable as error:
            return Answer(error.reason, final=True)
        except Unknown as error:
            return Answer(error.code, final=True)
        except (Transient, PyMongoError, TimeoutError):
            return Answer("interrupted", counts=False)
        except Exception:
            # one letter's bug must not stop the others
            log.exception("letter_not_composed", letter=kept.letter.id)
            return Answer("not_composed")

    def _next(self, kept: Kept, row: MailRow, *, counts: bool) -> datetime | None:
        now = self.workshop.now()
        tries = kept.tries + int(counts)
        if tries >= row.attempts or now - kept.since > row.patience:
            return None
        asked_for = kept.number - kept.first
        seconds = row.first_wait * 2.0 ** min(asked_for, DOUBLINGS)
        return now + timedelta(seconds=min(seconds, row.longest_wait))

    def _lease(self, tenant: str) -> timedelta:
        return self._row(tenant).lease

    def _row(self, tenant: str) -> MailRow:
        mail = self._mail(tenant)
        return MailRow() if mail is None else mail.sending

    def _mail(self, tenant: str) -> MailSection | None:
        memory = self.workshop.memory
        key = f"mail of {tenant}"
        if key not in memory:
            known = tenant in self.workshop.tenants
            memory[key] = mail_of(self.workshop.tenants[tenant]) if known else None
        found: MailSection | None = memory[key]
        return found
