"""A small TCP proxy that makes a network bad: delays, stalls, cuts, also after N bytes."""

import asyncio
import random
from contextlib import suppress
from dataclasses import dataclass, field

CHUNK = 65_536


@dataclass
class Toxics:
    """What happens to what passes; changed at any time, for all connections."""

    delay: float = 0.0
    jitter: float = 0.0
    stalled: bool = False
    refuse: bool = False


@dataclass
class TcpProxy:
    """Listens on a free loopback port and carries to `host:port`, as badly as it is told to."""

    host: str
    port: int
    toxics: Toxics = field(default_factory=Toxics)
    listening: int = 0
    cuts: int = 0

    def __post_init__(self) -> None:
        self._server: asyncio.Server | None = None
        self._pairs: set[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = set()
        self._cut_after: int | None = None
        self._random = random.Random(3)  # noqa: S311 - repeatable

    async def start(self) -> "TcpProxy":
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.listening = self._server.sockets[0].getsockname()[1]
        return self

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        self.cut()

    def cut(self) -> None:
        """Reset every connection at once."""
        for pair in list(self._pairs):
            self.cuts += 1
            for writer in pair:
                with suppress(OSError, RuntimeError):
                    writer.transport.abort()

    def cut_before_next_answer(self) -> None:
        """Let the next request through and reset before its answer: done, but nobody knows."""
        self._cut_after = 0

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.toxics.refuse:
            writer.transport.abort()
            return
        try:
            far_reader, far_writer = await asyncio.open_connection(self.host, self.port)
        except OSError:
            writer.transport.abort()
            return
        pair = (writer, far_writer)
        self._pairs.add(pair)
        try:
            await asyncio.gather(
                self._carry(reader, far_writer, answers=False),
                self._carry(far_reader, writer, answers=True),
            )
        finally:
            self._pairs.discard(pair)
            for one in pair:
                with suppress(OSError, RuntimeError):
                    one.transport.abort()

    async def _carry(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, answers: bool
    ) -> None:
        with suppress(OSError, RuntimeError):
            while data := await source.read(CHUNK):
                while self.toxics.stalled:  # noqa: ASYNC110 - a flag that tests set and clear
                    await asyncio.sleep(0.02)
                if self.toxics.delay or self.toxics.jitter:
                    extra = self._random.random() * self.toxics.jitter
                    await asyncio.sleep(self.toxics.delay + extra)
                if answers and self._cut_after is not None:
                    self._cut_after = None
                    self.cut()
                    return
                sink.write(data)
                await sink.drain()
        sink.transport.abort()
