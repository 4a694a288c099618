"""`enlace events tail` over the real broker: what it shows, and that it does not wait for ever."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit, urlunsplit

import aio_pika
import pytest

from cli.errors import UserError
from cli.events import _tail
from cli.topology import declare, vhost_of
from shared.bus.topology import EVENTS, definitions
from tests.support.eventually import PATIENCE, eventually
from tests.support.proxy import TcpProxy

pytestmark = pytest.mark.integration


@pytest.fixture
async def way(
    amqp_url: str, management_url: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[TcpProxy]:
    """The only way from the command to a broker with the topology."""
    declare(management_url, definitions(vhost_of(amqp_url), [], []))
    parts = urlsplit(amqp_url)
    proxy = await TcpProxy(parts.hostname or "", parts.port or 0).start()
    login = parts.netloc.rpartition("@")[0]
    through = urlunsplit(parts._replace(netloc=f"{login}@127.0.0.1:{proxy.listening}"))
    monkeypatch.setenv("ENLACE_AMQP_URL", through)
    yield proxy
    await proxy.stop()


async def test_a_lost_broker_ends_it_with_a_line(
    way: TcpProxy, amqp_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async with await aio_pika.connect(amqp_url) as connection:
        exchange = await (await connection.channel()).get_exchange(EVENTS, ensure=False)
        following = asyncio.create_task(_tail("toy.#", 0))

        async def shown() -> str:
            await exchange.publish(aio_pika.Message(b'{"a": 1}'), "toy.thing.done")
            return capsys.readouterr().out

        await eventually(shown, lambda text: text.startswith('{"a": 1}\n'))
        way.cut()

        with pytest.raises(UserError, match="the broker closed the connection"):
            await asyncio.wait_for(following, PATIENCE)
