"""The database users of deploy/mongo/users.json, made on a real server with users."""

from collections.abc import Iterator
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from cli.local.database import Database
from tests.support.promql import DEPLOY, read

pytestmark = pytest.mark.integration
Client = MongoClient[dict[str, Any]]
USERS = read(DEPLOY / "mongo/users.json")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    server = Database(tmp_path_factory.mktemp("users"))
    try:
        server.start()
        admin: Client
        with MongoClient(server.url) as admin:
            for user in USERS:
                word, roles = f"word-of-{user['user']}", user["roles"]
                admin.admin.command("createUser", user["user"], pwd=word, roles=roles)
        yield server
    finally:
        server.stop()


def test_a_user_of_an_older_start_keeps_its_password_and_loses_what_it_need_not_have(
    server: Database,
) -> None:
    admin: Client
    with MongoClient(server.url) as admin:
        roles = [{"role": role, "db": "enlace_older"} for role in ("readWrite", "dbAdmin")]
        admin.admin.command("createUser", "enlace_older", pwd="word", roles=roles)
        (server.folder / "users").write_text("older")

        for _ in range(2):
            server.ensure_users({"older": "word"})

        (found,) = admin.admin.command("usersInfo", "enlace_older")["users"]
    assert found["roles"] == [{"role": "readWrite", "db": "enlace_older"}]
    client: Client
    with MongoClient(server.url_as("enlace_older", "word")) as client:
        client["enlace_older"].cases.insert_one({"_id": 1})


@pytest.mark.parametrize("name", [user["user"] for user in USERS])
def test_a_user_works_in_its_own_database_and_in_no_other(server: Database, name: str) -> None:
    client: Client
    with MongoClient(server.url_as(name, f"word-of-{name}")) as client:
        own = client[name]
        own.cases.create_index("tenant")
        own.cases.insert_one({"_id": 1})
        with client.start_session() as session, session.start_transaction():
            own.cases.update_one({"_id": 1}, {"$set": {"a": 1}}, session=session)
        assert own.cases.find_one() == {"_id": 1, "a": 1}
        with pytest.raises(OperationFailure, match="not authorized"):
            own.command("profile", 0)
        with pytest.raises(OperationFailure, match="not authorized"):
            own.command("collMod", "cases", validator={})
        for other in (user["user"] for user in USERS if user["user"] != name):
            with pytest.raises(OperationFailure, match="not authorized"):
                client[other].cases.find_one()
            with pytest.raises(OperationFailure, match="not authorized"):
                client[other].cases.insert_one({"_id": 2})
        with pytest.raises(OperationFailure, match="not authorized"):
            client.admin.command("createUser", "intruder", pwd="x", roles=[])
