"""The subscriber of docs/examples, as a process of its own against the real broker."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import aio_pika
import pytest

from cli.local.management import Management
from services.intake.service import SERVICE as INTAKE
from shared.bus.topology import EVENTS
from shared.security import Role
from shared.settings import Settings
from tests.support.eventually import PATIENCE, eventually
from tests.support.house import running

pytestmark = pytest.mark.integration

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"
SUBSCRIBING = EXAMPLES.parent / "subscribing.md"
# the user that docs/subscribing.md makes
PERMISSIONS = {
    "configure": r"^example\.",
    "write": r"^example\.",
    "read": r"^(example\.|enlace\.events$)",
}
ASKED = {"type": "information", "topic": "t", "subject": "s", "description": "d"}


def test_the_guide_grants_what_is_tested() -> None:
    guide = SUBSCRIBING.read_text(encoding="utf-8")
    granted = " ".join(f"'{pattern}'" for pattern in PERMISSIONS.values())

    assert f"set_permissions -p / example {granted}" in guide


@pytest.fixture
def subscriber_url(amqp_url: str, management_url: str) -> str:
    """The broker as the user of the guide."""
    parts = urlsplit(amqp_url)
    vhost = unquote(parts.path[1:])
    management, name = Management(management_url), f"example-{vhost}"
    management.call("PUT", f"users/{name}", {"password": "example", "tags": ""})
    management.call("PUT", f"permissions/{quote(vhost, safe='')}/{name}", PERMISSIONS)
    return urlunsplit(parts._replace(netloc=f"{name}:example@{parts.hostname}:{parts.port}"))


@asynccontextmanager
async def example(url: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "faststream", "run", "subscriber:app", "--app-dir", str(EXAMPLES)),
        env={**os.environ, "ENLACE_AMQP_URL": url},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.terminate()
        await process.wait()


async def test_it_hears_a_request_and_keeps_what_it_cannot_read(
    settings: Settings,
    amqp_url: str,
    management_url: str,
    subscriber_url: str,
    tmp_path: Path,
) -> None:
    async with (
        running([INTAKE], settings, tmp_path) as house,
        example(subscriber_url) as process,
        await aio_pika.connect(amqp_url) as connection,
    ):
        assert process.stdout is not None
        vhost = quote(unquote(urlsplit(amqp_url).path[1:]), safe="")
        management = Management(management_url)

        async def bound() -> bool:
            bindings = management.call("GET", f"bindings/{vhost}")
            return any(
                (one["source"], one["destination"]) == (EVENTS, "example.requests")
                for one in bindings
            )

        await eventually(bound)
        channel = await connection.channel()
        exchange = await channel.get_exchange(EVENTS, ensure=False)
        poison = aio_pika.Message(b'{"no": "event"}', content_type="application/json")
        await exchange.publish(poison, "intake.request.received")
        answer = await house.as_(Role.LIAISON).post("/requests", json=ASKED)

        code, heard = answer.json()["code"], ""

        async with asyncio.timeout(PATIENCE):
            while not heard.endswith(f" {code}"):  # FastStream's own log goes there too
                heard = (await process.stdout.readline()).decode().strip()

        assert len(heard.split()) == 2
        failed = await channel.get_queue("example.failed", ensure=False)
        kept = await eventually(lambda: failed.get(fail=False, no_ack=True))
        assert kept is not None
        assert kept.body == poison.body
