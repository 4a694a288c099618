"""The private broker and database of `./enlace up` and of the tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psutil
import pytest
from aio_pika import DeliveryMode, Message, connect
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from cli.local import ports
from cli.local.management import Management

if TYPE_CHECKING:
    from cli.local.broker import Broker
    from cli.local.database import Database

pytestmark = pytest.mark.integration


def listening(pid: int) -> set[str]:
    root = psutil.Process(pid)
    return {
        connection.laddr.ip
        for process in [root, *root.children(recursive=True)]
        for connection in process.net_connections()
        if connection.status == psutil.CONN_LISTEN
    }


async def test_a_confirmed_message_outlives_a_killed_broker(own_broker: Broker) -> None:
    async with await connect(own_broker.amqp_url) as connection:
        channel = await connection.channel()
        await channel.declare_queue("kept", durable=True)

    # a declaration is on disk only some seconds later: what is declared is declared beforehand
    own_broker.restart()

    async with await connect(own_broker.amqp_url) as connection:
        channel = await connection.channel()
        message = Message(b"kept", delivery_mode=DeliveryMode.PERSISTENT)
        await channel.default_exchange.publish(message, routing_key="kept")

    own_broker.kill()
    own_broker.start()

    async with await connect(own_broker.amqp_url) as connection:
        channel = await connection.channel()
        queue = await channel.declare_queue("kept", passive=True)
        assert (await queue.get()).body == b"kept"


def test_broker_listens_on_loopback_only(own_broker: Broker) -> None:
    assert own_broker.child is not None
    assert listening(own_broker.child.pid) == {"127.0.0.1"}


def test_broker_counts_messages_without_its_metrics_collector(own_broker: Broker) -> None:
    management = Management(own_broker.management_url)
    management.call("PUT", "queues/%2F/q", {"durable": True})

    queues = management.call("GET", "queues")

    assert [(queue["name"], queue["messages"]) for queue in queues] == [("q", 0)]


def test_database_keeps_data_and_follows_a_new_port(own_database: Database) -> None:
    client: MongoClient[dict[str, Any]]
    with MongoClient(own_database.url) as client:
        client.test.things.with_options(write_concern=None).insert_one({"_id": 1})
    assert own_database.child is not None
    assert listening(own_database.child.pid) == {"127.0.0.1"}

    own_database.kill()
    own_database.port = ports.any_free()
    own_database.start()

    with MongoClient(own_database.url) as client:
        assert client.test.things.find_one() == {"_id": 1}


def test_database_refuses_who_has_no_password(own_database: Database) -> None:
    client: MongoClient[dict[str, Any]]
    with (
        MongoClient("127.0.0.1", own_database.port) as client,
        pytest.raises(OperationFailure, match="requires authentication"),
    ):
        client.test.things.find_one()


async def test_fresh_vhost_and_prefix(amqp_url: str, database_prefix: str, mongo_url: str) -> None:
    async with await connect(amqp_url) as connection:
        channel = await connection.channel()
        await channel.declare_queue("only-here", exclusive=True)
    client: MongoClient[dict[str, Any]]
    with MongoClient(mongo_url) as client:
        names = [n for n in client.list_database_names() if n.startswith(database_prefix)]
        found = [
            client[name][part] for name in names for part in client[name].list_collection_names()
        ]
        assert [part.name for part in found if part.find_one() is not None] == []
