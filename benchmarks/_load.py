"""A load of concurrent HTTP clients, lean enough not to be what is measured.

Run as a process of its own: `python -m benchmarks._load HOST PORT PATH CLIENTS SECONDS TOKEN`; the
body comes on standard input, the figures go to standard output as JSON.
"""

import asyncio
import json
import sys
import time
from dataclasses import dataclass, field

HEAD_END = b"\r\n\r\n"


@dataclass(slots=True)
class Tally:
    """Answers of the measured time, latencies in seconds."""

    latencies: list[float] = field(default_factory=list)
    failed: int = 0
    first_failure: str = ""


async def _client(
    host: str, port: int, request: bytes, until: float, since: float, tally: Tally
) -> None:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        while (started := time.perf_counter()) < until:
            writer.write(request)
            head = await reader.readuntil(HEAD_END)
            length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            body = await reader.readexactly(length)
            if not head.startswith(b"HTTP/1.1 201"):
                tally.failed += 1
                tally.first_failure = tally.first_failure or (head[:40] + body[:300]).decode()
            elif started >= since:
                tally.latencies.append(time.perf_counter() - started)
    finally:
        writer.close()


async def load(
    host: str, port: int, path: str, clients: int, seconds: float, token: str, body: bytes
) -> dict[str, object]:
    """Post `body` from `clients` connections; the first fifth of the time is warming up."""
    request = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {token}\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body
    start = time.perf_counter()
    since, until = start + seconds / 5, start + seconds
    tally = Tally()
    await asyncio.gather(
        *(_client(host, port, request, until, since, tally) for _ in range(clients))
    )
    latencies = sorted(tally.latencies)
    return {
        "per_second": len(latencies) / (until - since),
        "p50_ms": _at(latencies, 0.50),
        "p99_ms": _at(latencies, 0.99),
        "failed": tally.failed,
        "first_failure": tally.first_failure,
    }


def _at(ordered: list[float], share: float) -> float:
    return ordered[int(len(ordered) * share)] * 1000 if ordered else float("nan")


if __name__ == "__main__":
    import uvloop

    host, port, path, clients, seconds, token = sys.argv[1:]
    content = sys.stdin.buffer.read()
    figures = uvloop.run(load(host, int(port), path, int(clients), float(seconds), token, content))
    sys.stdout.write(json.dumps(figures))
