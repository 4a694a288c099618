"""Signing in over HTTP: passwords, sessions and keys, and that nothing of them is told."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from services.people.credentials import passwords
from services.people.credentials.accounts import Accounts, account_id
from services.people.credentials.tries import TriesKept
from services.people.domain.tries import TryRules
from services.people.policy import SignIn
from services.people.service import SERVICE
from shared.ids import derived_id
from shared.security import Role, load_verifier
from shared.store import utc_now
from tests.support.eventually import eventually
from tests.support.house import House, client_of, heard, running, settings_of
from tests.support.infra import Infra

pytestmark = pytest.mark.integration
PASSWORD = "mi perro come pan duro"
OTHER = "la luna sale por el este"


@pytest.fixture(scope="module")
async def street(infra: Infra, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """One house for all: each test has a person of its own in it."""
    with infra.vhost() as amqp, infra.database_prefix() as prefix:
        settings = settings_of(amqp, infra.broker.management_url, infra.database.url, prefix)
        settings = settings.model_copy(update={"http_proxies": 1})
        async with running([SERVICE], settings, tmp_path_factory.mktemp("keys")) as house:
            yield house


@pytest.fixture
def house(street: House) -> House:
    street.clock.ahead, street.clock.stands_at = timedelta(), None
    return street


@pytest.fixture
def login(request: pytest.FixtureRequest) -> str:
    """A login that no other test has."""
    return f"Rq{abs(hash(request.node.name)) % 10**12}"


@pytest.fixture
def manager(house: House) -> httpx.AsyncClient:
    return house.as_(Role.SERVICE_MANAGER)


@pytest.fixture
async def anybody(house: House) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(f"{house.url}/api/v1") as client:
        yield client


async def hired(manager: httpx.AsyncClient, **changes: Any) -> str:
    body = {"name": "Rosa", "roles": ["service_manager"], "starts_on": "2026-01-05", **changes}
    person = (await manager.post("/people", json=body)).raise_for_status().json()
    return str(person["id"])


async def invited(manager: httpx.AsyncClient, person: str, **login: str) -> dict[str, Any]:
    answer = await manager.post(f"/people/{person}/invitations", json=login)
    assert answer.status_code == 201, answer.text
    view: dict[str, Any] = answer.json()
    return view


async def with_password(manager: httpx.AsyncClient, anybody: httpx.AsyncClient, login: str) -> str:
    person = await hired(manager)
    invitation = await invited(manager, person, login=login)
    chosen = {"invitation": invitation["invitation"], "password": PASSWORD}
    assert (await anybody.post("/passwords", json=chosen)).status_code == 204
    return person


async def asked(anybody: httpx.AsyncClient, login: str, **changes: str) -> httpx.Response:
    body = {"tenant": "osinergmin", "login": login, "password": PASSWORD, **changes}
    return await anybody.post("/sessions", json=body)


async def signed_in(
    anybody: httpx.AsyncClient, login: str, password: str = PASSWORD
) -> dict[str, Any]:
    answer = await asked(anybody, login, password=password)
    assert answer.status_code == 200, answer.text
    tokens: dict[str, Any] = answer.json()
    return tokens


def bearer(tokens: dict[str, Any]) -> dict[str, str]:
    return {"authorization": f"Bearer {tokens['access_token']}"}


def told(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def refreshed(anybody: httpx.AsyncClient, token: str) -> httpx.Response:
    return await anybody.post("/sessions/refresh", json={"refresh_token": token})


async def test_from_the_invitation_to_the_last_day(
    house: House, manager: httpx.AsyncClient, anybody: httpx.AsyncClient, login: str
) -> None:
    person = await with_password(manager, anybody, login)
    tokens = await signed_in(anybody, login.upper())
    own = await anybody.get(f"/people/{person}", headers=bearer(tokens))
    assert (own.json()["id"], own.json()["roles"]) == (person, ["service_manager"])
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 600)

    change = {"json": {"roles": ["adviser"], "reason": "x"}, "headers": {"if-match": '"3"'}}
    (await manager.put(f"/people/{person}/roles", **change)).raise_for_status()
    following = (await refreshed(anybody, tokens["refresh_token"])).json()
    now_adviser = await anybody.get(f"/people/{person}", headers=bearer(following))
    assert told(now_adviser) == (403, "not_allowed")

    today = utc_now().date().isoformat()
    leave = {"json": {"last_on": today, "reason": "x"}, "headers": {"if-match": '"4"'}}
    (await manager.post(f"/people/{person}/leave", **leave)).raise_for_status()
    last = (await refreshed(anybody, following["refresh_token"])).raise_for_status().json()
    house.clock.ahead = timedelta(days=2)
    assert told(await asked(anybody, login)) == (401, "sign_in_wrong")
    assert told(await refreshed(anybody, last["refresh_token"])) == (401, "session_ended")


async def test_where_a_person_works_is_in_the_token_from_the_next_one_on(
    house: House, manager: httpx.AsyncClient, anybody: httpx.AsyncClient, login: str
) -> None:
    def told_of(tokens: dict[str, Any]) -> tuple[str, frozenset[str]]:
        actor = load_verifier(house.settings).verify(tokens["access_token"].encode())
        return actor.organisation, actor.areas

    person = await with_password(manager, anybody, login)
    tokens = await signed_in(anybody, login)
    assert told_of(tokens) == ("", frozenset())
    place = {"organisation": "comdata", "area": "Operaciones"}
    version = (await manager.get(f"/people/{person}")).headers["etag"]
    moved = {"json": place, "headers": {"if-match": version}}
    (await manager.put(f"/people/{person}/description", **moved)).raise_for_status()
    following = (await refreshed(anybody, tokens["refresh_token"])).json()
    assert told_of(following) == ("comdata", {"Operaciones"})


async def test_a_refresh_token_used_twice_ends_the_session_of_both(
    house: House, manager: httpx.AsyncClient, anybody: httpx.AsyncClient, login: str
) -> None:
    person = await with_password(manager, anybody, login)
    first, untouched = await signed_in(anybody, login), await signed_in(anybody, login)
    second = (await refreshed(anybody, first["refresh_token"])).json()
    stolen = await refreshed(anybody, first["refresh_token"])
    owners = await refreshed(anybody, second["refresh_token"])

    assert told(stolen) == told(owners) == (401, "session_ended")
    assert (await refreshed(anybody, untouched["refresh_token"])).status_code == 200
    history = house.process.parts["people"].cases["people.person"]
    entries = await history.history(person, "osinergmin", 0, 100)
    ended = [entry for entry in entries if entry["type"].startswith("people.person.sessions")]
    assert [entry["data"]["reason"] for entry in ended] == ["refresh_reused"]

    # the same token twice at once: one of them at most, and the session ends
    at_once = (await signed_in(anybody, login))["refresh_token"]
    answers = await asyncio.gather(*(refreshed(anybody, at_once) for _ in range(4)))
    good = [answer.json()["refresh_token"] for answer in answers if answer.status_code == 200]
    assert len(good) <= 1
    for token in good:
        assert (await refreshed(anybody, token)).status_code == 401


async def test_sessions_end_with_sign_out_another_password_and_by_order(
    manager: httpx.AsyncClient, anybody: httpx.AsyncClient, login: str
) -> None:
    person = await with_password(manager, anybody, login)

    async def is_over(tokens: dict[str, Any]) -> bool:
        return (await refreshed(anybody, tokens["refresh_token"])).status_code == 401

    tokens = await signed_in(anybody, login)
    for _ in range(2):
        token = {"refresh_token": tokens["refresh_token"]}
        assert (await anybody.post("/sessions/end", json=token)).status_code == 204
    assert await is_over(tokens)

    tokens = await signed_in(anybody, login)
    wrong = {"current": OTHER, "password": OTHER}
    weak = {"current": PASSWORD, "password": f"{login} {login}"}
    good = {"current": PASSWORD, "password": OTHER}
    codes = [
        (await anybody.post("/passwords/change", json=body, headers=bearer(tokens))).status_code
        for body in (wrong, weak, good)
    ]
    assert codes == [403, 422, 204]
    assert await is_over(tokens)
    assert told(await asked(anybody, login)) == (401, "sign_in_wrong")

    tokens = await signed_in(anybody, login, OTHER)
    order = {"reason": "equipo perdido"}
    assert (await manager.post(f"/people/{person}/sessions/end", json=order)).json()["ended"] == 1
    assert await is_over(tokens)


async def test_a_session_is_of_the_password_that_opened_it(
    house: House, manager: httpx.AsyncClient, anybody: httpx.AsyncClient, login: str
) -> None:
    await with_password(manager, anybody, login)
    tokens = await signed_in(anybody, login)
    database = house.process.parts["people"].workshop.database
    accounts = Accounts(database)
    account = await accounts.by_id(account_id("osinergmin", login))
    assert account is not None
    # changed, and the sessions not ended yet: a stop between, or a sign-in that was slower
    assert await accounts.change(account, await passwords.Passwords().hashed(OTHER))

    assert told(await refreshed(anybody, tokens["refresh_token"])) == (401, "session_ended")
    kept = await database["sessions"].find_one({"person_id": account.person_id})
    assert kept is not None
    assert kept["reason"] == "password_set"
    assert account.password not in str(kept)
    following = await signed_in(anybody, login, OTHER)
    assert (await refreshed(anybody, following["refresh_token"])).status_code == 200


async def test_tries_are_slowed_alike_for_every_login(
    house: House, manager: httpx.AsyncClient, anybody: httpx.AsyncClient, login: str
) -> None:
    await with_password(manager, anybody, login)
    # hashing takes time, which lets one try again
    present = utc_now()
    house.clock.stand_at(present)
    for tried in (login, f"{login}.nobody"):
        tries = (asked(anybody, tried, password=OTHER) for _ in range(9))
        answers = await asyncio.gather(*tries)
        seen = sorted(told(answer) for answer in answers)
        assert seen == [(401, "sign_in_wrong")] * 5 + [(429, "too_many_tries")] * 4
    held = await asked(anybody, login)
    assert told(held) == (429, "too_many_tries")
    assert 1 <= int(held.headers["retry-after"]) <= 900
    house.clock.stand_at(present + timedelta(minutes=16))
    await signed_in(anybody, login)
    elsewhere = await asked(anybody, login, tenant="nowhere")
    assert told(elsewhere) == (401, "sign_in_wrong")


async def test_tries_of_all_logins_from_one_address_are_slowed(
    house: House, manager: httpx.AsyncClient, anybody: httpx.AsyncClient, login: str
) -> None:
    await with_password(manager, anybody, login)
    tries = house.process.parts["people"].workshop.database["tries"]
    free = SignIn().free_tries_of_address
    now = utc_now()
    house.clock.stand_at(now)
    for place in ("203.0.113.7", "2001:db8::/64"):
        key = {"_id": derived_id("osinergmin", "address", place)}
        # as many as may be tried at once, but two
        kept = {"failed": free - 2, "until": None, "forgotten_at": now + timedelta(days=1)}
        await tries.insert_one({**key, **kept})

    async def seen(place: str, name: str, password: str = OTHER) -> int:
        # the last is what the gateway saw, the first what the asker says
        anybody.headers["x-forwarded-for"] = f"198.51.100.1, {place}"
        return (await asked(anybody, name, password=password)).status_code

    right = [await seen("203.0.113.7", login, PASSWORD) for _ in range(3)]
    wrong = [await seen("203.0.113.7", f"{login}.{number}") for number in range(3)]
    house_of_six = [await seen(f"2001:db8::{one}", f"{login}.{one}6") for one in (1, 2, 3)]
    elsewhere = await seen("203.0.113.8", f"{login}.2")

    assert (right, wrong) == ([200] * 3, [401, 401, 429])
    assert (house_of_six, elsewhere) == ([401, 401, 429], 401)


async def test_a_whole_house_signs_in_at_the_same_moment(house: House, login: str) -> None:
    database = house.process.parts["people"].workshop.database
    kept, rules = TriesKept(database), TryRules(free=300)
    waits = await asyncio.gather(*(kept.count(login, utc_now(), rules) for _ in range(200)))
    counted = await database["tries"].find_one({"_id": login})
    assert set(waits) == {timedelta()}
    assert counted is not None
    assert counted["failed"] == 200


async def test_who_is_sent_away_unheard_has_tried_nothing(
    house: House, anybody: httpx.AsyncClient, login: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "WAITING", 2)
    answers = await asyncio.gather(*(asked(anybody, login) for _ in range(12)))
    seen = Counter(told(answer)[1] for answer in answers)
    database = house.process.parts["people"].workshop.database
    tries = await database["tries"].find_one({"_id": account_id("osinergmin", login)})
    assert tries is not None
    assert seen["overloaded"] > 0
    assert tries["failed"] == seen["sign_in_wrong"]


async def test_an_invitation_opens_once_and_to_one_login(
    house: House, manager: httpx.AsyncClient, anybody: httpx.AsyncClient, login: str
) -> None:
    person = await hired(manager)
    assert told(await manager.post(f"/people/{person}/invitations", json={})) == (
        422,
        "login.missing",
    )
    replaced = await invited(manager, person, login=login)
    invitation = await invited(manager, person)
    chosen = {"invitation": invitation["invitation"], "password": PASSWORD}
    stale = {**chosen, "invitation": replaced["invitation"]}
    codes = [
        (await anybody.post("/passwords", json=body)).status_code
        for body in (stale, {**chosen, "password": "corto"}, chosen, chosen)
    ]
    assert codes == [401, 422, 204, 401]

    elsewhere = await manager.post(f"/people/{person}/invitations", json={"login": f"{login}2"})
    taken = await manager.post(
        f"/people/{await hired(manager)}/invitations", json={"login": login.lower()}
    )
    assert told(elsewhere) == (409, "login.other")
    assert told(taken) == (409, "login.taken")
    guarded = await hired(house.as_(Role.TENANT_ADMIN), roles=["tenant_admin"])
    refused = await manager.post(f"/people/{guarded}/invitations", json={"login": f"{login}3"})
    assert told(refused) == (403, "person.guarded_role")

    late = await invited(manager, person)
    house.clock.ahead = timedelta(hours=73)
    answer = await anybody.post(
        "/passwords", json={"invitation": late["invitation"], "password": PASSWORD}
    )
    assert told(answer) == (401, "invitation_wrong")


async def test_a_program_acts_by_its_key_in_its_roles(
    house: House, anybody: httpx.AsyncClient
) -> None:
    admin = house.as_(Role.TENANT_ADMIN)
    until = (utc_now() + timedelta(days=30)).isoformat()
    new = {"name": "crm-sync", "roles": ["service_manager"], "expires_at": until}
    once = {"idempotency-key": "crm"}
    program = (await admin.post("/programs", json=new, headers=once)).raise_for_status().json()
    again = (await admin.post("/programs", json=new, headers=once)).raise_for_status().json()
    assert (again["id"], again["key"]) == (program["id"], None)

    async def tokens() -> httpx.Response:
        return await anybody.post("/tokens", json={"key": program["key"]})

    given = (await tokens()).raise_for_status().json()
    assert given["refresh_token"] is None
    assert (await anybody.get("/people", headers=bearer(given))).status_code == 200
    assert told(await anybody.get("/programs", headers=bearer(given))) == (403, "not_allowed")
    change = {"current": PASSWORD, "password": OTHER}
    no_person = await anybody.post("/passwords/change", json=change, headers=bearer(given))
    assert told(no_person) == (404, "login.unknown")
    wrong = await anybody.post("/tokens", json={"key": program["key"][:-1] + "_"})
    assert told(wrong) == (401, "key_wrong")

    house.clock.ahead = timedelta(days=30)
    assert told(await tokens()) == (401, "key_wrong")
    house.clock.ahead = timedelta()
    path, ended = f"/programs/{program['id']}", {"json": {"reason": "fin"}}
    revoked = await admin.post(f"{path}/revoke", **ended, headers={"if-match": '"1"'})
    assert (revoked.json()["status"], revoked.json()["key"]) == ("revoked", None)
    assert told(await tokens()) == (401, "key_wrong")


async def test_no_secret_is_kept_or_told(
    house: House, manager: httpx.AsyncClient, anybody: httpx.AsyncClient, login: str
) -> None:
    person = await hired(manager)
    invitation = (await invited(manager, person, login=login))["invitation"]
    await anybody.post("/passwords", json={"invitation": invitation, "password": PASSWORD})
    tokens = await signed_in(anybody, login)
    await refreshed(anybody, tokens["refresh_token"])
    database = house.process.parts["people"].workshop.database
    published = {"_id": person, "relay_at": {"$exists": False}}
    await eventually(lambda: database["persons"].find_one(published))

    events = str(await heard(house.settings))
    kept = str(
        [
            document
            for name in await database.list_collection_names()
            async for document in database[name].find({})
        ]
    )

    assert "people.person.password_set.v1" in events
    assert login not in events
    for secret in (PASSWORD, invitation, tokens["refresh_token"], tokens["access_token"]):
        assert secret.rpartition(".")[2] not in events + kept
