"""What the public is written back: the words of the policy, in the thread of what they wrote."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from services.intake.letterbox.mails import Mails
from services.intake.letterbox.policy import DeskName, letterbox_of
from services.intake.private import Contact, Private
from services.intake.rules.rows import FACTS, LetterRows
from shared.bus.hears import Heard
from shared.clock import Calendar
from shared.contracts import EventBody
from shared.contracts.consultations import ConsultationAnswered
from shared.contracts.dossiers import DossierNotified
from shared.contracts.voices import VoiceInformed
from shared.files import GridFiles
from shared.ids import derived_id
from shared.mail import Composed, Letter, Letters, Unsendable
from shared.policy.models import Language
from shared.service import Workshop

_ANSWERS: Final = (ConsultationAnswered, DossierNotified, VoiceInformed)
USER: Final = "user"
MAX_REFERENCES: Final = 20


@dataclass(frozen=True)
class Correspondent:
    """Writes to whoever asked in a case of `kind`, from the mailbox of its desk."""

    workshop: Workshop
    kind: str
    desk: DeskName

    @property
    def private(self) -> Private:
        return Private(self.workshop.database)

    async def contact(self, tenant: str, case_id: str) -> Contact:
        """How whoever asked is reached."""
        return await self.private.contact(tenant, case_id)

    async def write(self, letter_id: str, tenant: str, template: str, **facts: str) -> None:
        """Write a letter if the user can be reached by mail; the same occasion once."""
        contact = await self.contact(tenant, facts["case"])
        if contact.email:
            letters = Letters(self.workshop.database, self.workshop.now)
            told = {"kind": self.kind, **facts}
            await letters.write(Letter(letter_id, tenant, USER, template, told))

    async def write_of(self, heard: Heard[Any], template: str) -> None:
        """Write a letter of what was heard of a case, once however often it is heard."""
        letter = letter_id(heard.subject, heard.sequence)
        facts = facts_of(heard.body)
        await self.write(letter, heard.tenant, template, case=heard.subject, **facts)

    async def words(self, letter: Letter, code: str, calendar: Calendar) -> dict[str, str]:
        """What the letter's own facts say, in words; what its occasion has not is empty."""
        facts = letter.facts
        due, text = facts.get("due"), facts.get("text")
        answer = await self.private.text(letter.tenant, str(text)) if text else None
        return {
            "code": code,
            "due": spoken(datetime.fromisoformat(str(due)), calendar) if due else "",
            "reason": str(facts.get("reason", "")),
            "answer": answer.words if answer else "",
            "ticket": str(facts.get("ticket", "")),
        }

    def language(self, tenant: str, rows: LetterRows) -> Language | None:
        """The first of the account's languages that the letter is written in."""
        languages = self.workshop.tenants[tenant].languages
        return min(rows.keys() & set(languages), key=languages.index, default=None)

    async def compose(self, letter: Letter, rows: LetterRows, words: Mapping[str, str]) -> Composed:
        """The letter's words in the account's language, and its place in the thread.

        Raises:
            Unsendable: there is nobody to send it to, or the policy has no such letter.
        """
        case_id = str(letter.facts["case"])
        contact = await self.contact(letter.tenant, case_id)
        if not contact.email:
            raise Unsendable("no_address")
        language = self.language(letter.tenant, rows)
        if language is None:
            raise Unsendable("no_words")
        row = rows[language]
        # a template may name any fact; one that this occasion has not is empty
        blank = dict.fromkeys(FACTS - set(words), "")
        return Composed(
            to=(contact.email,),
            subject=row.subject.format(**blank, **words),
            text=row.text.format(**blank, **words),
            headers=await self._headers(letter.tenant, case_id),
        )

    async def _headers(self, tenant: str, case_id: str) -> Mapping[str, str]:
        now, database = self.workshop.now, self.workshop.database
        mails = await Mails(database, GridFiles(database), now).of_case(tenant, case_id)
        named = [f"<{one.message_id}>" for one in mails if one.message_id]
        headers = {"Auto-Submitted": "auto-replied"}
        if address := self._address(tenant, [one.address for one in mails]):
            headers["Reply-To"] = address
        if named:
            headers["In-Reply-To"] = named[-1]
            headers["References"] = " ".join(named[-MAX_REFERENCES:])
        return headers

    def _address(self, tenant: str, used: list[str]) -> str:
        """Where an answer to it comes in: the mailbox that was written to, or the desk's own."""
        section = letterbox_of(self.workshop.tenants[tenant])
        boxes = {} if section is None else section.boxes
        own = [one for one, box in boxes.items() if box.desk.value == self.desk.value]
        return next((one for one in (*reversed(used), *own)), "")


def letter_id(case_id: str, sequence: int) -> str:
    """The letter that a case's event of that sequence leads to."""
    return derived_id("letter", case_id, str(sequence))


def facts_of(body: EventBody) -> dict[str, str]:
    """What a letter has to say of its event: a case that has gone on says something else."""
    facts = {}
    if reason := getattr(body, "reason", ""):
        facts["reason"] = str(reason)
    if deadline := getattr(body, "deadline", None):
        facts["due"] = deadline.due_at.isoformat()
    if isinstance(body, _ANSWERS):
        facts["text"] = body.text.id
    return facts


def spoken(at: datetime, calendar: Calendar) -> str:
    """An instant as people write it, in the account's own time."""
    return at.astimezone(calendar.zone).strftime("%d/%m/%Y %H:%M")
