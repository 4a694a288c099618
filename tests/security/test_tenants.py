"""G7, accounts: nobody sees, changes or can guess another account's data."""

import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic_core import to_json

from shared.security import Role
from tests.security.doors import NOBODY, Door
from tests.security.town import ALL_ROLES, FOREIGN, MINE, Town

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]
# an estimate needs several answered incidents of its kind, a quiz is read by who is to take it,
# evidence of training needs a signature, that of an incident a file, and what comes by mail to the
# boxes of suggestions and claims is another account's alone
RARE = {
    "incidents.download_incident_evidence",
    "incidents.read_incident_estimate",
    "intake.download_claim_document",
    "intake.download_suggestion_document",
    "training.read_evidence",
    "training.read_quiz",
}
TELLS_NOTHING = {403, 404, 412, 422}


@pytest.fixture
def foreigner(town: Town) -> httpx.AsyncClient:
    """Everything that a person of the other account could be allowed."""
    return town.house.as_(*ALL_ROLES, tenant=FOREIGN, subject="ana")


def without(answer: httpx.Response, *things: str) -> tuple[int, dict[str, Any], str]:
    """What an answer tells beside the id that was asked for and its own thread."""
    headers = {k: v for k, v in answer.headers.items() if k not in {"date", "x-correlation-id"}}
    headers["content-length"] = ""
    text = answer.text
    for thing in things:
        text = text.replace(thing, "THING")
    return answer.status_code, headers, re.sub(r'"correlation_id":"\w+"', "", text)


async def test_every_kind_of_case_is_there(town: Town) -> None:
    """A kind that nobody has would be tried in vain: give `_settle` in town.py one of it."""
    assert [stream for stream, ids in town.things.items() if not ids] == []


def nearest(town: Town, door: Door, *, strange: int | None = None) -> list[str]:
    """Things of the door's own service, then one of each other kind, or of `strange` of them."""
    service = door.name.partition(".")[0] + "."
    own = [thing for kind, ids in town.things.items() if kind.startswith(service) for thing in ids]
    others = [ids[0] for kind, ids in town.things.items() if ids and not kind.startswith(service)]
    return list(dict.fromkeys([*own, *others[:strange]]))


async def opens(door: Door, client: httpx.AsyncClient, town: Town) -> bool:
    for way in door.things(nearest(town, door), [*town.ids, "1"]):
        if (await door.knock(client, *way)).status_code == httpx.codes.OK:
            return True
    return False


async def test_every_door_opens_for_the_account_that_it_belongs_to(town: Town) -> None:
    """The control: the ids are real and found by whoever may look, or `_settle` needs one more."""
    own = town.house.as_(*ALL_ROLES, tenant=MINE, subject="ana")
    reads = [door for door in town.doors if door.addresses and door.operation.verb == "GET"]
    # what is rare would be tried with everything there is, in vain
    usual = [door for door in reads if door.name not in RARE]
    shut = {door.name for door in usual if not await opens(door, own, town)}
    lists = [door for door in town.doors if door.is_list]
    empty = {door.name for door in lists if not (await door.knock(own)).json()["items"]}

    assert shut == set()
    assert {door.name for door in reads} >= RARE
    assert empty == set()


async def test_another_accounts_thing_is_not_there(
    town: Town, foreigner: httpx.AsyncClient
) -> None:
    """404, and word for word what is said of a thing that never was."""
    before = await town.at_rest(MINE)
    for door in filter(lambda door: door.addresses, town.doors):
        nobodys: dict[tuple[str, ...], object] = {}
        for thing, *parts in door.things(nearest(town, door, strange=1), [town.ids[0], "1"]):
            rest = tuple(parts)
            if rest not in nobodys:
                nobodys[rest] = without(await door.knock(foreigner, NOBODY, *rest), NOBODY)
            answer = await door.knock(foreigner, thing, *rest)
            assert answer.status_code == 404, f"{door.name}: {answer.text}"
            assert without(answer, *{thing} - {*rest}) == nobodys[rest], door.name
    assert await town.contents(MINE) == before


async def test_lists_of_another_account_are_empty(town: Town, foreigner: httpx.AsyncClient) -> None:
    lists = [door for door in town.doors if door.is_list]
    assert len(lists) >= 5
    for door in lists:
        answer = await door.knock(foreigner)
        assert answer.status_code == 200, f"{door.name}: {answer.text}"
        assert (answer.json()["items"], answer.json()["next"]) == ([], None), door.name


async def test_no_answer_names_a_thing_of_another_account(
    town: Town, foreigner: httpx.AsyncClient
) -> None:
    """Lists, searches, figures, catalogues: whatever can be read without naming a thing."""
    for door in town.doors:
        if door.operation.verb == "GET" and not door.addresses:
            answer = await door.knock(foreigner)
            assert [thing for thing in town.ids if thing in answer.text] == [], door.name


async def test_a_cursor_of_another_account_opens_nothing(
    town: Town, foreigner: httpx.AsyncClient
) -> None:
    own = town.house.as_(*ALL_ROLES, tenant=MINE, subject="ana")
    first = (await own.get("/people", params={"limit": 1})).json()
    assert first["next"]

    answer = await foreigner.get("/people", params={"next": first["next"]})

    assert (answer.status_code, answer.json()["items"]) == (200, [])


async def test_figures_of_another_account_are_not_counted(
    town: Town, foreigner: httpx.AsyncClient
) -> None:
    own = town.house.as_(*ALL_ROLES, tenant=MINE, subject="ana")
    period = {"from": "2026-07-01", "to": "2026-07-31"}
    for path in ("/indicators/requests", "/indicators/training"):
        ours, theirs = [
            (await client.get(path, params=period)).raise_for_status().json()["figures"]
            for client in (own, foreigner)
        ]
        assert any(figure["numerator"] for figure in ours.values()), path
        assert not any(figure["numerator"] for figure in theirs.values()), path
        assert not any(figure["denominator"] for figure in theirs.values()), path


async def test_an_idempotency_key_of_another_account_is_another_key(
    town: Town, foreigner: httpx.AsyncClient
) -> None:
    """Same subject, same key, same body: each account has its own person."""
    own = town.house.as_(*ALL_ROLES, tenant=MINE, subject="ana")
    body = {"name": "Eva", "roles": ["tenant_admin"], "starts_on": "2026-07-01"}
    key = {"idempotency-key": "k-1"}
    ours, theirs, again = [
        (await client.post("/people", json=body, headers=key)).raise_for_status().json()["id"]
        for client in (own, foreigner, foreigner)
    ]

    assert ours != theirs
    assert theirs == again
    assert (await own.get(f"/people/{theirs}")).status_code == 404
    assert (await foreigner.get(f"/people/{ours}")).status_code == 404
    leave = {"last_on": "2026-07-02", "reason": "fin de la prueba"}
    for client, thing in ((own, ours), (foreigner, theirs)):
        answer = await client.post(
            f"/people/{thing}/leave", json=leave, headers={"if-match": '"1"'}
        )
        assert answer.is_success, answer.text


async def test_an_account_that_does_not_exist_has_nothing(town: Town) -> None:
    """A token of an account that was taken away: refused, never another's data or a crash."""
    stranger = town.house.as_(*ALL_ROLES, tenant="nobody")
    for door in town.doors:
        answer = await door.knock(stranger, town.ids[0])
        if door.operation.verb == "GET" and answer.is_success:
            assert [thing for thing in town.ids if thing in answer.text] == [], door.name
        else:
            assert answer.status_code == 404, f"{door.name}: {answer.text}"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)
# the id as it is, or written some other way that a careless reader would accept
DISGUISES = st.sampled_from(
    [
        *["{}"] * 6,
        "{}%20",
        "%20{}",
        "{}%00",
        "{}%0A",
        "{};a=b",
        "x%2F..%2F{}",
        "{}%2F",
    ]
)
ROLES = st.just(set(Role)) | st.sets(st.sampled_from(list(Role)), min_size=1)


@pytest.fixture
async def unchanged(town: Town) -> AsyncIterator[None]:
    """Not a byte of what belongs to the first account may be another afterwards."""
    before = await town.at_rest(MINE)
    yield
    assert await town.contents(MINE) == before


@settings(
    max_examples=120, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
@pytest.mark.usefixtures("unchanged")
@given(data=st.data())
async def test_whoever_enumerates_ids_of_another_account_learns_nothing(
    town: Town, data: st.DataObject
) -> None:
    """Any route that names a thing, any of its ids, any roles, version, key and body."""
    door: Door = data.draw(st.sampled_from([door for door in town.doors if door.addresses]))
    thing, disguise = data.draw(st.sampled_from(town.ids)), data.draw(DISGUISES)
    client = town.house.as_(*data.draw(ROLES), tenant=FOREIGN, subject="ana")
    version = data.draw(st.integers(0, 9) | st.just(10**17))
    request: dict[str, Any] = {
        "headers": {
            "if-match": f'"{version}"',
            "content-type": "application/json",
            **data.draw(st.sampled_from([{}, {"idempotency-key": "k"}, {"x-tenant": MINE}])),
        },
        "params": door.query | data.draw(st.sampled_from([{}, {}, {"tenant": MINE}])),
    }
    body = door.body
    if body is not None:
        sent = data.draw(st.just(body) | st.just({**body, "tenant": MINE}) | JSON)
        request |= {"json": None, "content": to_json(sent)}

    answer = await door.knock(client, disguise.format(thing), **request)
    of_nobody = await door.knock(client, disguise.format(NOBODY), **request)

    assert answer.status_code in TELLS_NOTHING, answer.text
    assert without(answer, thing) == without(of_nobody, NOBODY)
