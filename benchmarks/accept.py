"""Requests accepted per second at 64 concurrent clients, against the plain application.

Both run as one process on the same broker and database, in turn. Ours has everything on: token,
idempotency, deadlines by the tenant's calendar, code, history with its hash chain, outbox, relay
with confirmed publishes. After the run every accepted request must be in the database and
published, so that nothing is put off to look fast.
"""

import sys
import time

from pymongo import MongoClient

from benchmarks._rig import BODY, Rig, alternate, load, medians, report, rig, row

ROUNDS = 5
SECONDS = 8.0
DRAIN_SECONDS = 60.0


def drained(rig: Rig) -> int:
    """Wait until nothing is unpublished; how many requests are stored."""
    settings = rig.settings.for_service("intake")
    client: MongoClient[dict[str, object]] = MongoClient(settings.mongo_url.get_secret_value())
    with client:
        requests = client[settings.database]["requests"]
        deadline = time.monotonic() + DRAIN_SECONDS
        while left := requests.count_documents({"relay_at": {"$exists": True}}):
            if time.monotonic() > deadline:
                raise AssertionError(f"{left} cases still have something unpublished")
            time.sleep(0.1)
        return requests.estimated_document_count()


def main(rounds: int = ROUNDS) -> None:
    with rig() as bench:
        bench.declare("intake", "validation")
        ours, _ = bench.start("intake")
        theirs, _ = bench.start_plain()
        token = bench.token()
        pairs = alternate(
            lambda: load(ours, "/api/v1/requests", token, BODY, SECONDS),
            lambda: load(theirs, "/requests", token, BODY, SECONDS),
            rounds,
        )
        stored = drained(bench)
        rate, plain_rate, faster = medians(pairs, "per_second")
        p99, plain_p99, slower = medians(pairs, "p99_ms")
        p50, plain_p50, slower_median = medians(pairs, "p50_ms")
        print(f"{stored} requests stored and published", file=sys.stderr)
        report(
            "accept",
            [
                row("requests accepted", rate, plain_rate, "1/s", faster, 2.0),
                row("p99", p99, plain_p99, "ms", 1 / slower, 1.0),
                row("p50", p50, plain_p50, "ms", 1 / slower_median, 1.0),
            ],
        )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
