"""A broker and a database for the time of a test or a benchmark."""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from cli.local import broker as broker_module
from cli.local.broker import Broker
from cli.local.database import CACHE_GB, Database
from cli.local.home import AMQP, MANAGEMENT, MONGO
from cli.local.install import docker_answers, ensure_rabbitmq

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path


@contextmanager
def throwaway(
    folder: Path, say: Callable[[str], None], *, cache_gb: float = CACHE_GB
) -> Iterator[Mapping[str, str]]:
    """The variables that name a running broker and database, stopped at the end.

    None when the environment names servers already, or when only Docker can give them (the tests
    then start containers themselves).
    """
    if AMQP in os.environ:
        yield {}
        return
    if broker_module.find_server() is None and docker_answers():
        yield {}
        return
    ensure_rabbitmq(say)
    with ExitStack() as stack:
        broker, database = (
            Broker(folder / "broker"),
            Database(folder / "database", cache_gb=cache_gb),
        )
        for part in (broker, database):
            stack.callback(part.stop)
            part.launch()
        database.wait_ready()
        broker.wait_ready()
        yield {AMQP: broker.amqp_url, MANAGEMENT: broker.management_url, MONGO: database.url}
