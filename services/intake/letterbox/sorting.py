"""Makes of each stored message what it is: a case, more of a case, or something set aside.

A message is one cause: its id names the case and the command, so that whoever reads it again after
a stop, or beside another process, changes nothing more.
"""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

import structlog
from pymongo.errors import PyMongoError

from services.intake.documents import Came, Documents
from services.intake.letterbox.desks import Desks, Incoming, TakesMail
from services.intake.letterbox.judging import Judgement, Nature
from services.intake.letterbox.mails import Mail, Mails, MailStatus, case_id_of
from services.intake.letterbox.metrics import MailMetrics
from services.intake.letterbox.policy import Place
from services.intake.letterbox.reading import Unreadable
from services.intake.letterbox.understanding import Enclosed, Understood, understand
from services.intake.private import Private
from shared.contracts.consultations import EnclosureRef
from shared.decider import Rejected, Transient, Unknown
from shared.files import Files
from shared.ids import derived_id
from shared.mail import Letters, mail_of
from shared.service import Workshop
from shared.store import Cause

log = structlog.get_logger()
LOOK_EVERY: Final = 1.0
MEASURE_EVERY: Final = 15.0
BATCH: Final = 50
PATIENCE: Final = 10
HOUR: Final = timedelta(hours=1)
_CODE: Final = re.compile(r"\b[A-Z]{2,8}-\d{4}-\d{6}\b")
_QUIET: Final[Mapping[Nature, str]] = {
    Nature.AUTO_REPLY: "mail.auto_reply",
    Nature.REPORT: "mail.report",
}


@dataclass(frozen=True, slots=True)
class Found:
    """The case that a message belongs to; `kind` is its stream, `letter` is ours that named it."""

    kind: str
    case_id: str
    letter: str = ""


class Later(Exception):
    """What this message answers has not been read yet."""


@dataclass(frozen=True)
class Sorting:
    """Reads what waits, in the order it came."""

    workshop: Workshop
    mails: Mails
    files: Files
    places: Mapping[str, Place]
    desks: Desks
    metrics: MailMetrics
    woken: asyncio.Event = field(default_factory=asyncio.Event)

    def knock(self) -> None:
        """Something has come."""
        self.woken.set()

    async def measure(self) -> None:
        """Show how many wait, until cancelled."""
        while True:
            try:
                numbers = await self.mails.numbers()
                self.metrics.show({one.tenant for one in self.places.values()}, numbers)
            except (Transient, PyMongoError) as error:
                log.warning("mail_not_counted", reason=str(error)[:200])
            await asyncio.sleep(MEASURE_EVERY)

    async def watch(self) -> None:
        """Sort until cancelled."""
        while True:
            try:
                sorted_ = await self.sort_waiting()
            except (Transient, PyMongoError) as error:
                log.warning("mail_sorting_interrupted", reason=str(error)[:200])
                sorted_ = 0
            if sorted_ < BATCH:
                try:
                    async with asyncio.timeout(LOOK_EVERY):
                        await self.woken.wait()
                except TimeoutError:
                    continue
                finally:
                    self.woken.clear()

    async def sort_waiting(self) -> int:
        """One round, one after another; returns how many were looked at."""
        waiting = await self.mails.waiting(BATCH)
        for mail in waiting:
            await self._sort(mail)
        return len(waiting)

    async def _sort(self, mail: Mail) -> None:
        """Nothing that one message does keeps the next ones waiting."""
        try:
            await self._sorted(mail)
        except Unreadable as error:
            await self._bury(mail, error.reason, error.detail)
        except (Later, Transient):
            await self.mails.put_off(mail)
        except Rejected as error:
            await self._bury(mail, error.code, "")
        except Exception as error:
            if isinstance(error, PyMongoError) and mail.tries < PATIENCE:
                # what the database refuses may be the moment's fault; what it keeps refusing is not
                log.warning("mail_put_off", mail=mail.id, reason=type(error).__name__)
                await self.mails.put_off(mail)
                return
            log.exception("mail_not_sorted", mail=mail.id)
            await self._bury(mail, "mail.fault", type(error).__name__)

    async def _sorted(self, mail: Mail) -> None:
        place = self.places.get(mail.address)
        if place is None or place.tenant != mail.tenant:
            raise Unreadable("mail.no_mailbox")
        content = await self.mails.content(mail)
        own = self._own_addresses(place)
        understood = await asyncio.to_thread(
            understand,
            content,
            mail.sender,
            place.section,
            own,
            mail.charset,
            word=mail.word,
        )
        match understood.judgement.nature:
            case Nature.WORD:
                await self._take(mail, place, understood)
            case Nature.LOOP:
                raise Unreadable("mail.loop")
            case Nature.BOUNCE:
                await self._bounced(mail, understood.judgement)
            case nature:
                found = await self._by_references(mail, understood.judgement.returned)
                await self._set_aside(mail, _QUIET[nature], found)

    async def _take(self, mail: Mail, place: Place, understood: Understood) -> None:
        said = understood.read
        if said is None:
            raise Unreadable("mail.unreadable")
        # one that somebody has looked at is no machine's any more
        if not mail.again and await self.mails.lately(mail, HOUR) > place.section.limits.per_hour:
            raise Unreadable("mail.flood")
        found = await self._by_references(mail, said.references)
        if found is None:
            found = await self._by_code(mail, said.subject)
        # who was sent a letter on, or read a code somewhere, speaks for himself
        if found and not await self._desk_of(found.kind).is_of(
            mail.tenant, found.case_id, said.sender
        ):
            found = None
        case_id = found.case_id if found else case_id_of(mail)
        desk = self._desk_of(found.kind) if found else self.desks[place.box.desk]
        incoming = Incoming(
            mail,
            place,
            said,
            case_id,
            await self._keep(mail, case_id, understood.enclosed),
            self._cause(mail),
            found.letter if found else "",
        )
        if found:
            await desk.add(incoming)
        else:
            await desk.open(incoming)
        await self.mails.settle(mail, MailStatus.DONE, kind=desk.kind, case_id=case_id)
        self.metrics.count(mail.tenant, "added" if found else "opened")

    async def _keep(
        self, mail: Mail, case_id: str, enclosed: tuple[Enclosed, ...]
    ) -> tuple[EnclosureRef, ...]:
        came = [
            Came(one.document.name, one.document.content, one.media_type, one.reason)
            for one in enclosed
        ]
        documents = Documents(Private(self.workshop.database), self.files)
        return await documents.keep(mail.tenant, case_id, mail.id, came)

    async def _bounced(self, mail: Mail, judgement: Judgement) -> None:
        found = await self._by_references(mail, judgement.returned)
        if found is None:
            await self._set_aside(mail, "mail.bounce_unmatched", None)
            return
        desk = self._desk_of(found.kind)
        await desk.bounced(found.case_id, judgement.status, self._cause(mail))
        await self._set_aside(mail, "mail.bounce", found)

    async def _by_references(self, mail: Mail, ids: tuple[str, ...]) -> Found | None:
        for message_id in ids:
            found = await self._by_letter(mail.tenant, message_id.partition("@")[0])
            if found is not None:
                return found
        before = await self.mails.thread(mail.tenant, ids)
        if before is None or before.id == mail.id:
            return None
        if before.status is MailStatus.STORED and mail.tries < PATIENCE:
            raise Later
        return Found(before.kind, before.case_id) if before.case_id else None

    async def _by_letter(self, tenant: str, letter_id: str) -> Found | None:
        """What we wrote names the case it was about."""
        letters = Letters(self.workshop.database, self.workshop.now)
        try:
            letter = (await letters.get(tenant, letter_id)).letter
        except Unknown:
            return None
        kind, case_id = letter.facts.get("kind"), letter.facts.get("case")
        return Found(str(kind), str(case_id), letter.id) if kind and case_id else None

    async def _by_code(self, mail: Mail, subject: str) -> Found | None:
        for code in _CODE.findall(subject):
            for desk in self.desks.values():
                case_id = await desk.by_code(mail.tenant, code)
                if case_id:
                    return Found(desk.kind, case_id)
        return None

    def _desk_of(self, kind: str) -> TakesMail:
        found = next((one for one in self.desks.values() if one.kind == kind), None)
        if found is None:
            raise Unreadable("mail.no_desk", kind)
        return found

    def _own_addresses(self, place: Place) -> frozenset[str]:
        written = mail_of(self.workshop.tenants[place.tenant])
        sender = {written.sender.lower()} if written is not None else set()
        return frozenset({*place.section.boxes, *sender})

    def _cause(self, mail: Mail) -> Cause:
        # it was received when it came, however long the reading had to wait
        cause_id = derived_id("mail", mail.id, "cause")
        return Cause(mail.tenant, "system:intake", id=cause_id, at=mail.received_at)

    async def _set_aside(self, mail: Mail, reason: str, found: Found | None) -> None:
        kind, case_id = (found.kind, found.case_id) if found else ("", "")
        await self.mails.settle(
            mail, MailStatus.SET_ASIDE, reason=reason, kind=kind, case_id=case_id
        )
        self.metrics.count(mail.tenant, "set_aside")

    async def _bury(self, mail: Mail, reason: str, detail: str) -> None:
        log.warning("mail_dead", mail=mail.id, reason=reason)
        await self.mails.settle(mail, MailStatus.DEAD, reason=reason, detail=detail)
        self.metrics.count(mail.tenant, "dead")
