"""What the ladder's letters say: how many of each, and the most urgent by name."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from shared.clock import DUE
from shared.i18n import Catalogue, load
from shared.service import Workshop
from shared.store.group import Document, transient_when_away

from .announcing import Announced, Ladder, Now, Window, said_within
from .composing import Composed, Unsendable
from .letters import Letter
from .policy import mail_of

SHOWN: Final = 40
FORM: Final = "%d/%m/%Y %H:%M"
_MANNERS: Final = {Now.RUNNING: "warned", Now.WAITING: "waiting", Now.SETTLED: "settled"}
_ORDER: Final = ("broken", *_MANNERS.values())


@dataclass(frozen=True)
class Row:
    """One announcement: what is told of its case, what the event says, how it stands by now."""

    announced: Announced
    facts: Mapping[str, Any]
    said: Mapping[str, Any]
    now: Now

    @property
    def share(self) -> int:
        share: int = self.said.get("share", DUE)
        return share

    @property
    def due_at(self) -> datetime:
        return _instant(self.said["due_at"])

    @property
    def manner(self) -> str:
        """How it is told: a promise may have been paused or kept since it was warned of."""
        return "broken" if self.share == DUE else _MANNERS[self.now]

    @property
    def urgency(self) -> tuple[int, int, datetime, tuple[str, ...]]:
        """What is broken first, then by due date; what waits and what is settled come last."""
        facts = tuple(map(str, self.facts.values()))
        return _ORDER.index(self.manner), -self.share, self.due_at, facts


async def compose_digest(workshop: Workshop, ladder: Ladder, letter: Letter) -> Composed:
    """The words of a letter to a role, when it is sent.

    Raises:
        Unsendable: the account has no mailbox for that role.
    """
    tenant = workshop.tenants[letter.tenant]
    mail = mail_of(tenant)
    if mail is None or letter.addressee not in mail.mailboxes:
        raise Unsendable("no_mailbox")
    window = Window(_instant(letter.facts["since"]), _instant(letter.facts["until"]))
    rows = await _rows(workshop, ladder, letter, window)
    zone = workshop.policy(letter.tenant).calendar.zone
    text = _Text(_words(), ladder.template, tenant.languages[0], zone)
    return Composed(
        to=mail.mailboxes[letter.addressee],
        subject=text.subject(rows),
        text=text.body(rows, window),
    )


@cache
def _words() -> Catalogue:
    return load()


def _instant(fact: object) -> datetime:
    return datetime.fromisoformat(str(fact))


async def _rows(workshop: Workshop, ladder: Ladder, letter: Letter, window: Window) -> list[Row]:
    """The announcements of the letter, the most urgent first."""
    rows: list[Row] = []
    for announced in ladder.announced:
        pipeline = said_within(announced, letter.tenant, window, letter.addressee)
        with transient_when_away():
            cursor = await workshop.of(announced.kind).collection.aggregate(pipeline)
            rows += [_row(announced, found) async for found in cursor]
    return sorted(rows, key=lambda row: row.urgency)


def _row(announced: Announced, found: Document) -> Row:
    said = found["said"]["data"]
    return Row(announced, found["facts"], said, announced.standing(found["promises"], said))


@dataclass(frozen=True)
class _Text:
    """A digest in an account's language and on its clock."""

    words: Catalogue
    template: str
    language: str
    zone: ZoneInfo

    def subject(self, rows: list[Row]) -> str:
        manners = Counter(row.manner for row in rows)
        return self._say("subject", broken=manners["broken"], warned=manners["warned"])

    def body(self, rows: list[Row], window: Window) -> str:
        since, until = self._local(window.since), self._local(window.until)
        lines = [self._say("intro", since=since, until=until), ""]
        lines += [self._line(row) for row in rows[:SHOWN]]
        if len(rows) > SHOWN:
            lines.append(self._say("more", number=len(rows) - SHOWN))
        return "\n".join([*lines, "", self._say("end"), ""])

    def _line(self, row: Row) -> str:
        called = {
            name: self.words.text(self.language, key.format_map(row.said))
            for name, key in row.announced.words.items()
        }
        return self._say(
            row.manner,
            share=row.share,
            due=self._local(row.due_at),
            **row.facts,
            **called,
        )

    def _local(self, at: datetime) -> str:
        return at.astimezone(self.zone).strftime(FORM)

    def _say(self, name: str, **facts: Any) -> str:  # noqa: ANN401 - whatever the words name
        return self.words.text(self.language, f"letter.{self.template}.{name}", facts)
