"""What the ladder's letters say: how many of each, and the most urgent by name."""

from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from services.incidents.announcing import TEMPLATE, Window, said_within
from services.incidents.cases import INCIDENT
from services.incidents.policy import IncidentPolicy
from shared.clock import DUE
from shared.i18n import Catalogue, load
from shared.mail import Composed, Composer, Letter, Unsendable, mail_of
from shared.service import Workshop
from shared.store.group import Document, transient_when_away

SHOWN: Final = 40
FORM: Final = "%d/%m/%Y %H:%M"


def composer(workshop: Workshop) -> Composer:
    """Composes a digest when it is sent."""
    words = load()

    async def compose(letter: Letter) -> Composed:
        if letter.template != TEMPLATE:
            raise Unsendable("unknown_template")
        policy: IncidentPolicy = workshop.policy(letter.tenant)
        mail = mail_of(policy.tenant)
        if mail is None or letter.addressee not in mail.mailboxes:
            raise Unsendable("no_mailbox")
        window = Window(_instant(letter.facts["since"]), _instant(letter.facts["until"]))
        rows = await _rows(workshop, letter, window)
        text = _Text(words, policy.tenant.languages[0], policy.calendar.zone)
        return Composed(
            to=mail.mailboxes[letter.addressee],
            subject=text.subject(rows),
            text=text.body(rows, window),
        )

    return compose


def _instant(fact: object) -> datetime:
    return datetime.fromisoformat(str(fact))


async def _rows(workshop: Workshop, letter: Letter, window: Window) -> list[Document]:
    """The announcements of the letter, what is broken first, then by due date."""
    shares = {"share": {"$ifNull": ["$said.data.share", DUE]}}
    pipeline = [
        *said_within(letter.tenant, window, letter.addressee),
        {"$project": {"ticket": 1, "tier": 1, "at": "$said.data", **shares}},
        {"$sort": {"share": -1, "at.due_at": 1, "ticket": 1}},
    ]
    collection = workshop.of(INCIDENT).collection
    with transient_when_away():
        cursor = await collection.aggregate(pipeline, allowDiskUse=True)
        return [found async for found in cursor]


class _Text:
    """A digest in an account's language and on its clock."""

    def __init__(self, words: Catalogue, language: str, zone: ZoneInfo) -> None:
        self._words = words
        self._language = language
        self._zone = zone

    def subject(self, rows: list[Document]) -> str:
        broken = sum(row["share"] == DUE for row in rows)
        return self._say("subject", broken=broken, warned=len(rows) - broken)

    def body(self, rows: list[Document], window: Window) -> str:
        since, until = self._local(window.since), self._local(window.until)
        lines = [self._say("intro", since=since, until=until), ""]
        lines += [self._line(row) for row in rows[:SHOWN]]
        if len(rows) > SHOWN:
            lines.append(self._say("more", number=len(rows) - SHOWN))
        return "\n".join([*lines, "", self._say("end"), ""])

    def _line(self, row: Document) -> str:
        said = row["at"]
        return self._say(
            "broken" if row["share"] == DUE else "warned",
            ticket=row["ticket"],
            tier=row["tier"],
            share=row["share"],
            stage=self._words.text(self._language, f"incident.stage.{said['stage']}"),
            due=self._local(_instant(said["due_at"])),
        )

    def _local(self, at: datetime) -> str:
        return at.astimezone(self._zone).strftime(FORM)

    def _say(self, name: str, **facts: Any) -> str:  # noqa: ANN401 - whatever the words name
        return self._words.text(self._language, f"letter.incident_digest.{name}", facts)
