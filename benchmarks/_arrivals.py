"""Requests that arrive at a given pace, each with a token of its own, whatever the answers do.

A process of its own: `python -m benchmarks._arrivals HOST PORT PATH SECONDS CONNECTIONS`; standard
input is a JSON object `{"body", "tokens"}`, standard output the times of each request (`sent` as it
was due, `answered`, by the machine's monotonic clock) and what was refused. A latency counts from
the moment a request was due, so that waiting for a slow server is not left out.
"""

import asyncio
import json
import sys
import time
from dataclasses import dataclass, field

HEAD_END = b"\r\n\r\n"
LEAD_SECONDS = 1.0


@dataclass(slots=True)
class Arrivals:
    """What happened; instants of the monotonic clock, in seconds."""

    due: list[float] = field(default_factory=list)
    sent: list[float] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)
    failed: int = 0
    first_failure: str = ""


@dataclass(slots=True)
class Load:
    """Where the requests go, and when each is due."""

    host: str
    port: int
    path: str
    body: bytes
    tokens: list[str]
    seconds: float
    start: float
    following: int = 0
    done: Arrivals = field(default_factory=Arrivals)

    def request(self, token: str) -> bytes:
        return (
            f"POST {self.path} HTTP/1.1\r\nHost: {self.host}\r\n"
            f"Content-Type: application/json\r\nAuthorization: Bearer {token}\r\n"
            f"Content-Length: {len(self.body)}\r\n\r\n"
        ).encode() + self.body

    async def client(self) -> None:
        """Takes the next request that is due, until none is left."""
        reader, writer = await asyncio.open_connection(self.host, self.port)
        try:
            while self.following < len(self.tokens):
                number = self.following
                self.following += 1
                due = self.start + self.seconds * number / len(self.tokens)
                if (wait := due - time.monotonic()) > 0:
                    await asyncio.sleep(wait)
                sent = time.monotonic()
                writer.write(self.request(self.tokens[number]))
                head = await reader.readuntil(HEAD_END)
                length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
                answer = await reader.readexactly(length)
                self._note(due, sent, head, answer)
        finally:
            writer.close()

    def _note(self, due: float, sent: float, head: bytes, answer: bytes) -> None:
        if not head.startswith(b"HTTP/1.1 201"):
            self.done.failed += 1
            self.done.first_failure = self.done.first_failure or (head[:40] + answer[:300]).decode()
            return
        self.done.due.append(due)
        self.done.sent.append(sent)
        self.done.answered.append(time.monotonic())


async def arrive(load: Load, connections: int) -> Arrivals:
    """Send everything; enough connections that none is waited for while the server keeps up."""
    await asyncio.gather(*(load.client() for _ in range(connections)))
    return load.done


def main(host: str, port: str, path: str, seconds: str, connections: str) -> None:
    given = json.load(sys.stdin)
    load = Load(
        host,
        int(port),
        path,
        json.dumps(given["body"]).encode(),
        given["tokens"],
        float(seconds),
        time.monotonic() + LEAD_SECONDS,
    )
    done = asyncio.run(arrive(load, int(connections)))
    names = ("due", "sent", "answered", "failed", "first_failure")
    print(json.dumps({name: getattr(done, name) for name in names}))


if __name__ == "__main__":
    main(*sys.argv[1:])
