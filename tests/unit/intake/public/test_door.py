"""The door over real SMTP on loopback: nothing is answered 250 that is not stored."""

import asyncio
import io
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import aiosmtplib
import pytest
from prometheus_client import CollectorRegistry

from services.intake.letterbox.door import Door, stand
from services.intake.letterbox.mails import Arrived, Mails
from services.intake.letterbox.metrics import MailMetrics
from services.intake.letterbox.policy import Place, largest, places
from shared.decider import Transient
from shared.policy import load_tenants
from shared.telemetry import configure_logging
from tests.support import logs
from tests.unit.intake.public.bench import TENANTS
from tests.unit.intake.public.letters import BOX, SENDER, written


@dataclass
class Shelf(Mails):
    """Keeps messages in memory; or cannot, or fails."""

    kept: list[Arrived] = field(default_factory=list)
    error: Exception | None = None

    async def keep(self, place: Place, arrived: Arrived) -> bool:
        if self.error is not None:
            raise self.error
        self.kept.append(arrived)
        return True


@asynccontextmanager
async def opened(shelf: Shelf) -> AsyncIterator[aiosmtplib.SMTP]:
    """A client at an open door."""
    metrics = MailMetrics(CollectorRegistry())
    door = Door(places(load_tenants(TENANTS)), shelf, metrics, lambda: None)
    port: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    standing = asyncio.create_task(stand(door, "127.0.0.1:0", port.set_result))
    client = aiosmtplib.SMTP(hostname="127.0.0.1", port=await port, start_tls=False)
    try:
        async with client:
            yield client
    finally:
        standing.cancel()
        with suppress(asyncio.CancelledError):
            await standing


async def test_a_message_is_taken_when_it_is_kept() -> None:
    shelf = Shelf()
    async with opened(shelf) as client:
        _, answer = await client.sendmail(SENDER, [BOX.upper()], written().as_bytes())
    assert answer.startswith("2.0.0")
    assert [(one.sender, one.message_id) for one in shelf.kept] == [(SENDER, "m-1@correo.example")]


async def test_who_writes_is_in_no_log() -> None:
    root, stream = logging.getLogger(), io.StringIO()
    before = root.handlers[:], root.level
    configure_logging(stream=stream)
    try:
        async with opened(Shelf()) as client:
            await client.sendmail(SENDER, [BOX], written().as_bytes())
            with pytest.raises(aiosmtplib.SMTPRecipientsRefused):
                await client.sendmail(SENDER, ["otro@osce.example"], written().as_bytes())
    finally:
        root.handlers, root.level = before
        logs.plain()
    assert "mail_door_open" in stream.getvalue()
    assert "@" not in stream.getvalue()


@pytest.mark.parametrize("error", [Transient("database: away"), RuntimeError("a fault")])
async def test_what_is_not_kept_is_the_senders_still(error: Exception) -> None:
    async with opened(Shelf(error=error)) as client:
        with pytest.raises(aiosmtplib.SMTPDataError) as refused:
            await client.sendmail(SENDER, [BOX], written().as_bytes())
    assert refused.value.code == 451


async def test_an_address_that_is_not_ours_is_refused_at_the_door() -> None:
    async with opened(Shelf()) as client:
        with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as refused:
            await client.sendmail(SENDER, ["otro@osce.example"], written().as_bytes())
    assert refused.value.recipients[0].code == 550


async def test_a_message_beyond_the_limit_is_refused_and_the_next_is_taken() -> None:
    shelf = Shelf()
    async with opened(shelf) as client:
        most = largest(tuple(places(load_tenants(TENANTS)).values()))
        large = written().as_bytes() + (b"y" * 78 + b"\r\n") * (most // 80 + 1)
        with pytest.raises(aiosmtplib.SMTPResponseException) as refused:
            await client.sendmail(SENDER, [BOX], large)
        assert refused.value.code == 552
        await client.sendmail(SENDER, [BOX], written().as_bytes())
    assert len(shelf.kept) == 1


async def test_long_lines_and_raw_bytes_come_in_as_they_are() -> None:
    content = written().as_bytes() + b"\r\n" + b"\xf1" * 20_000 + b"\r\n"
    shelf = Shelf()
    async with opened(shelf) as client:
        await client.sendmail(SENDER, [BOX], content, mail_options=["BODY=8BITMIME"])
    assert b"\xf1" * 20_000 in shelf.kept[0].content
