"""Letters over a real SMTP server: once each, again after a failure, given up with a reason."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.message import EmailMessage

import pytest
from pydantic import SecretStr

from shared.decider import Rejected, Unknown
from shared.mail import (
    Composed,
    Enclosure,
    Letter,
    Letters,
    LetterStatus,
    Postman,
    Unsendable,
)
from shared.mail.letters import Kept
from shared.mail.smtp import Server
from shared.policy import load_tenants
from shared.service import Workshop
from shared.store import utc_now
from tests.support.eventually import PATIENCE, eventually
from tests.support.house import TENANTS, MovableClock
from tests.support.kernel import Bench
from tests.support.post_office import PostOffice, post_office
from tests.support.toy import TOY

TENANT = "osinergmin"


async def compose(letter: Letter) -> Composed:
    match letter.template:
        case "report":
            return Composed(
                to=("mesa@cliente.example",),
                subject="Reporte\nde julio",
                text="Va el reporte, señores.\n",
                enclosures=(Enclosure("reporte.pdf", "application/pdf", b"%PDF-1.7"),),
                headers={"In-Reply-To": "<1@cliente.example>"},
            )
        case "several":
            return Composed(to=("mesa@b.example", "gone@b.example"), subject="Aviso", text="")
        case "nobody":
            return Composed(to=(), subject="", text="")
        case "bad":
            return Composed(to=("not an address",), subject="", text="")
        case "gone":
            raise Unsendable("person_left")
        case "huge":
            part = Enclosure("a", "application/zip", bytes(11 * 1024 * 1024))
            return Composed(to=("a@b.example",), subject="", text="", enclosures=(part, part))
        case "broken":
            raise ZeroDivisionError
    raise AssertionError(letter.template)


@dataclass
class Desk:
    """Letters and who carries them."""

    letters: Letters
    workshop: Workshop
    clock: MovableClock

    @asynccontextmanager
    async def carried(self) -> AsyncIterator[None]:
        task = asyncio.create_task(Postman(self.workshop, self.letters, compose).watch())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait({task})

    async def write(self, template: str = "report", name: str = "1") -> str:
        await self.letters.write(Letter(name, TENANT, "client", template, {"code": "SOL-1"}))
        return name

    async def when(self, letter: str, status: LetterStatus, number: int = 1) -> Kept:
        async def look() -> Kept:
            return await self.letters.get(TENANT, letter)

        return await eventually(
            look, lambda kept: kept.status is status and len(kept.log) >= number
        )


def desk_of(bench: Bench, url: str | None) -> Desk:
    clock = MovableClock()
    workshop = bench.parts(TOY, clock, smtp_url=None if url is None else SecretStr(url)).workshop
    workshop = replace(workshop, tenants=load_tenants(TENANTS))
    return Desk(Letters(workshop.database, clock), workshop, clock)


@pytest.fixture
async def office() -> AsyncIterator[PostOffice]:
    async with post_office() as office:
        yield office


async def test_a_letter_arrives_once_whole_and_under_its_own_id(
    bench: Bench, office: PostOffice
) -> None:
    desk = desk_of(bench, office.url)
    letter = await desk.write()
    await desk.write()
    async with desk.carried(), desk.carried():
        kept = await desk.when(letter, LetterStatus.SENT)
        await desk.write()
        again = await desk.letters.send_again(TENANT, letter, "person:ana")
        repeated = await desk.when(letter, LetterStatus.SENT, 3)

    first, second = office.letters
    assert first["message-id"] == second["message-id"] == "<1@osinergmin.example>"
    assert first["subject"] == "Reporte de julio"
    assert first["from"] == "Enlace <enlace@osinergmin.example>"
    assert first["in-reply-to"] == "<1@cliente.example>"
    assert first["auto-submitted"] == "auto-generated"
    text, pdf = first.iter_parts()
    assert text.get_content().strip() == "Va el reporte, señores."  # type: ignore[attr-defined]
    assert pdf.get_content() == b"%PDF-1.7"  # type: ignore[attr-defined]
    assert [line.outcome for line in kept.log] == ["sent"]
    assert (again.status, again.first) == (LetterStatus.WAITING, 2)
    asked = [(line.outcome, line.reason) for line in repeated.log]
    assert asked == [("sent", ""), ("asked", "person:ana"), ("sent", "")]
    page = await desk.letters.find(TENANT, None, 10)
    assert [one.letter.id for one in page] == [letter]
    assert await desk.letters.find("osce", None, 10) == []


async def test_a_busy_server_gets_it_again_and_a_refusal_is_final(
    bench: Bench, office: PostOffice
) -> None:
    office.answers += ["451 busy", "250", "554 no"]
    desk = desk_of(bench, office.url)
    letter = await desk.write()
    async with desk.carried():
        waiting = await desk.when(letter, LetterStatus.WAITING)
        assert waiting.next_at is not None
        with pytest.raises(Rejected, match=r"letter\.under_way"):
            await desk.letters.send_again(TENANT, letter, "person:ana")
        desk.clock.move_to(waiting.next_at + timedelta(seconds=1))
        sent = await desk.when(letter, LetterStatus.SENT, 2)
        refused = await desk.write(name="2")
        failed = await desk.when(refused, LetterStatus.FAILED)

    assert [(line.outcome, line.reason) for line in sent.log] == [
        ("later", "answered_451"),
        ("sent", ""),
    ]
    assert [(line.outcome, line.reason) for line in failed.log] == [("failed", "answered_554")]
    assert failed.next_at is None


async def test_a_server_that_is_away_costs_no_try_until_patience_ends(bench: Bench) -> None:
    async with post_office() as gone:
        port = gone.port
    desk = desk_of(bench, f"smtp://127.0.0.1:{port}")
    letter, other = await desk.write(), await desk.write(name="2")
    async with desk.carried():
        waiting = await desk.when(letter, LetterStatus.WAITING)
        assert (waiting.tries, waiting.log[0].outcome) == (0, "later")
        assert waiting.next_at is not None
        async with post_office(port) as office:
            desk.clock.move_to(waiting.next_at + timedelta(seconds=1))
            await desk.when(letter, LetterStatus.SENT, 2)
            await desk.when(other, LetterStatus.SENT, 2)
            assert len(office.letters) == 2
        late = await desk.write(name="3")
        held = await desk.when(late, LetterStatus.WAITING)
        desk.clock.move_to(held.written_at + timedelta(hours=73))
        failed = await desk.when(late, LetterStatus.FAILED, 2)
    assert failed.log[-1].outcome == "failed"


async def test_what_the_server_has_against_the_house_costs_no_try(
    bench: Bench, office: PostOffice
) -> None:
    office.refused_sender = "550 not this sender"
    desk = desk_of(bench, office.url)
    letter = await desk.write("several")
    async with desk.carried():
        waiting = await desk.when(letter, LetterStatus.WAITING)
        assert (waiting.tries, waiting.log[0].reason) == (0, "door_550")
        assert waiting.next_at is not None
        office.refused_sender = ""
        desk.clock.move_to(waiting.next_at + timedelta(seconds=1))
        sent = await desk.when(letter, LetterStatus.SENT, 2)
    # told to whom it could be told, and never twice
    assert sent.log[1].reason == "some_refused_550"
    assert len(office.letters) == 1


async def test_a_greeting_that_turns_away_is_no_fault_of_a_letter() -> None:
    async def turn_away(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"554 go away\r\n")
        await writer.drain()
        writer.close()

    message = EmailMessage()
    message["From"] = message["To"] = "mesa@b.example"
    async with await asyncio.start_server(turn_away, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        answer = await Server.of(f"smtp://127.0.0.1:{port}").send(message, seconds=PATIENCE)
    assert (answer.reason, answer.sent, answer.final, answer.counts) == (
        "door_554",
        False,
        False,
        False,
    )


async def test_a_server_that_says_nothing_was_not_reached() -> None:
    async def keep_still(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(2)
        writer.close()

    message = EmailMessage()
    message["From"] = message["To"] = "mesa@b.example"
    async with await asyncio.start_server(keep_still, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        answer = await Server.of(f"smtp://127.0.0.1:{port}").send(message, seconds=0.6)
    assert (answer.reason, answer.counts) == ("SMTPConnectTimeoutError", False)


async def test_what_cannot_be_sent_says_why_and_stops_nobody(
    bench: Bench, office: PostOffice
) -> None:
    desk = desk_of(bench, office.url)
    reasons = {
        "nobody": "no_address",
        "bad": "bad_header",
        "gone": "person_left",
        "huge": "too_large",
    }
    for template in (*reasons, "broken"):
        await desk.write(template, template)
    fine = await desk.write()
    async with desk.carried():
        await desk.when(fine, LetterStatus.SENT)
        for template, reason in reasons.items():
            kept = await desk.when(template, LetterStatus.FAILED)
            assert kept.log[-1].reason == reason
        broken = await desk.when("broken", LetterStatus.WAITING)
    assert broken.log[-1].reason == "not_composed"
    with pytest.raises(Unknown):
        await desk.letters.get("osce", fine)


async def test_a_try_whose_sender_died_is_brought_back_by_its_lease(
    bench: Bench, office: PostOffice
) -> None:
    desk = desk_of(bench, office.url)
    letter = await desk.write()
    assert await desk.letters.take(letter, lambda _: timedelta(minutes=1)) is not None
    assert await desk.letters.take(letter, lambda _: timedelta(minutes=1)) is None
    desk.clock.move_to(_later(utc_now()))
    async with desk.carried():
        kept = await desk.when(letter, LetterStatus.SENT)
    assert kept.number == 2


def _later(at: datetime) -> datetime:
    return at + timedelta(minutes=2)
