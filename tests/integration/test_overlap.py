"""Two instructions about one procedure, and notice by area, over HTTP."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.intake.cases import REQUEST
from services.intake.domain import Receive, Replace
from services.intake.service import SERVICE
from shared.contracts.intake import ReplacingRequest
from shared.contracts.terms import Deadline
from shared.contracts.training import PlanCompleted, PlanOpened
from shared.ids import new_id
from shared.security import Role
from shared.settings import Settings
from shared.store import Cause
from tests.support.eventually import eventually
from tests.support.house import House, Outsider, running

pytestmark = pytest.mark.integration
SOON = datetime(2099, 1, 1, tzinfo=UTC)
PLAN_OPENED = PlanOpened(
    code="c",
    topic="t",
    title="s",
    deadline=Deadline(stage="training.replica", due_at=SOON, effective_at=SOON),
)
ASKED = {"type": "information", "topic": "t", "subject": "s", "description": "d", "area": "DSR"}


@pytest.fixture
async def house(settings: Settings, tmp_path: Path) -> AsyncIterator[House]:
    async with running([SERVICE], settings, tmp_path) as house:
        yield house


async def test_what_touches_the_same_procedure_in_course_is_named(house: House) -> None:
    client, stranger = house.as_(Role.LIAISON), house.as_(Role.LIAISON, tenant="osce")
    first, ended, _ = [
        (await client.post("/requests", json={**ASKED, "touches": touches})).json()
        for touches in (["denuncias", "pagos"], ["denuncias"], ["otro"])
    ]
    reason = {"json": {"reason": "x"}, "headers": {"if-match": f'"{ended["version"]}"'}}
    await client.post(f"/requests/{ended['id']}/withdraw", **reason)
    key = {"idempotency-key": "k"}
    body = {**ASKED, "touches": ["denuncias", "x"]}
    view, again = [
        (await client.post("/requests", json=body, headers=key)).json() for _ in range(2)
    ]
    theirs = (await stranger.post("/requests", json=body)).json()
    history = (await client.get(f"/requests/{view['id']}/history")).json()["items"]

    assert first["overlaps"] == []
    assert ended["overlaps"][0]["id"] == first["id"]
    named = {
        "id": first["id"],
        "code": first["code"],
        "touches": ["denuncias"],
        "topic": "",
        "relation": "in_course",
    }
    assert view["overlaps"] == [named]
    assert again == view
    assert theirs["overlaps"] == []
    assert [event["type"] for event in history][-1] == "intake.request.overlapped.v1"


async def test_two_at_the_same_moment_are_told_of_each_other_however_they_write_it(
    house: House,
) -> None:
    """Neither was there when the other one looked."""
    client = house.as_(Role.LIAISON)
    cases = house.process.parts["intake"].workshop.of(REQUEST)
    ids = [new_id(), new_id()]
    for number, (case_id, name) in enumerate(
        zip(ids, ("Atención móvil", "atencion  movil"), strict=True)
    ):
        code = f"SOL-2026-00009{number}"
        body = Receive(code, "information", "t", "s", "d", touches=(name,))
        await cases.create(case_id, body, Cause("osinergmin", "person:ana"))

    async def overlaps() -> list[dict[str, Any]]:
        view = (await client.get(f"/requests/{ids[1]}")).json()
        found: list[dict[str, Any]] = view["overlaps"]
        return found

    (told,) = await eventually(overlaps, bool)
    assert (told["id"], told["touches"]) == (ids[0], ["Atención móvil"])
    again = {**ASKED, "touches": ["ATENCIÓN MÓVIL"]}
    assert len((await client.post("/requests", json=again)).json()["overlaps"]) == 2


async def test_notice_is_told_by_area(house: House) -> None:
    client = house.as_(Role.REPORT_READER, Role.LIAISON)
    day = "2030-06-03"
    for effective_on in (None, day):
        await client.post("/requests", json={**ASKED, "effective_on": effective_on})
    shown = (await client.get("/requests/notice")).json()

    assert shown["considered"] == 2
    (area,) = shown["areas"]
    assert (area["area"], area["requests"], area["suggested_days"]) == ("DSR", 1, None)
    assert area["given_days"] > 300


async def test_a_request_takes_the_place_of_another_once_and_both_say_so(house: House) -> None:
    client = house.as_(Role.LIAISON)
    old = (await client.post("/requests", json=ASKED)).json()
    path = f"/requests/{old['id']}/replace"
    body = {**ASKED, "type": "training", "subject": "otro", "reason": "cambió la norma"}
    tag = {"if-match": f'"{old["version"]}"', "idempotency-key": "k"}
    stale = await client.post(path, json=body, headers={"if-match": '"7"'})
    wrong = await client.post(path, json={**body, "type": "wish"}, headers=tag)
    made = await client.post(path, json=body, headers=tag)
    again = await client.post(path, json=body, headers=tag)
    new = made.json()
    ended = (await client.get(f"/requests/{old['id']}")).json()
    twice = await client.post(
        path, json=body, headers={"if-match": f'"{ended["version"]}"', "idempotency-key": "l"}
    )
    stranger = house.as_(Role.LIAISON, tenant="osce")
    listed = (await client.get("/requests")).json()["items"]

    assert (stale.status_code, wrong.status_code) == (412, 422)
    assert (made.status_code, again.json()) == (201, new)
    assert made.headers["location"] == f"/api/v1/requests/{new['id']}"
    assert (new["type"], new["status"], new["code"][:4]) == ("training", "received", "CAP-")
    assert new["replaces"] == {"id": old["id"], "code": old["code"]}
    assert ended["replaced_by"] == {"id": new["id"], "code": new["code"]}
    assert (ended["status"], ended["holder"], ended["outcome"]) == ("replaced", "none", "replaced")
    assert (twice.status_code, twice.json()["code"]) == (409, "request.illegal_transition")
    assert (await stranger.post(path, json=body, headers=tag)).status_code == 404
    assert {one["id"] for one in listed} == {old["id"], new["id"]}


async def test_who_replaced_may_die_before_the_new_one_begins(house: House) -> None:
    client = house.as_(Role.LIAISON)
    old = (await client.post("/requests", json=ASKED)).json()
    cases = house.process.parts["intake"].workshop.of(REQUEST)
    by = ReplacingRequest(
        id=new_id(), code="CAP-2026-000099", request_type="training", topic="t", title="otro",
        description="d",
    )  # fmt: skip
    await cases.handle(old["id"], Replace(by), Cause("osinergmin", "person:ana"))
    begun = await eventually(lambda: client.get(f"/requests/{by.id}"), lambda a: a.is_success)

    assert begun.json()["replaces"]["id"] == old["id"]


async def test_what_was_deployed_is_published_and_supersedes_what_is_in_course(
    house: House, amqp_url: str
) -> None:
    client, adviser = house.as_(Role.LIAISON), house.as_(Role.ADVISER)
    ahead = (house.clock() + timedelta(days=30)).date().isoformat()
    body = {**ASKED, "topic": "Alumbrado", "touches": ["denuncias"]}
    waiting = (await client.post("/requests", json=body)).json()
    new = (await client.post("/requests", json={**body, "effective_on": ahead})).json()
    done = PlanCompleted(signed=3, exempt=0, eligible=3, on_time=True, done_at=house.clock())
    await Outsider(amqp_url).tell(new["id"], PLAN_OPENED, done)

    async def published() -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = (await adviser.get("/procedures")).json()["items"]
        return items

    topic, procedure = await eventually(published, lambda items: len(items) == 2)
    only = (await adviser.get("/procedures", params={"subject": "topic"})).json()["items"]
    whole = (await adviser.get(f"/procedures/{procedure['id']}")).json()

    async def overlaps(request_id: str) -> list[dict[str, Any]]:
        view = (await client.get(f"/requests/{request_id}")).json()
        return [one for one in view["overlaps"] if one["relation"] == "newer_rule"]

    (told,) = await eventually(lambda: overlaps(waiting["id"]), bool)
    late = (await client.post("/requests", json={**body, "touches": []})).json()
    (newer,) = await eventually(lambda: overlaps(late["id"]), bool)
    house.clock.ahead += timedelta(days=40)
    holding = (await adviser.get(f"/procedures/{procedure['id']}")).json()
    stranger = await house.as_(Role.ADVISER, tenant="osce").get(f"/procedures/{procedure['id']}")

    assert [(one["subject"], one["name"]) for one in (topic, procedure)] == [
        ("topic", "Alumbrado"),
        ("procedure", "denuncias"),
    ]
    assert [one["id"] for one in only] == [topic["id"]]
    assert (whole["in_force"], whole["content"]) == (None, "")
    assert [(one["code"], one["applies_on"]) for one in whole["ahead"]] == [(new["code"], ahead)]
    assert (told["id"], told["touches"]) == (new["id"], ["denuncias"])
    assert (newer["id"], newer["topic"]) == (new["id"], "Alumbrado")
    assert (holding["in_force"]["code"], holding["content"]) == (new["code"], "d")
    assert [one["number"] for one in holding["versions"]] == [1]
    assert stranger.status_code == 404


async def test_the_history_is_searched_in_spanish(house: House) -> None:
    client, stranger = house.as_(Role.LIAISON), house.as_(Role.LIAISON, tenant="osce")
    told = ("Facturación errónea en Áncash", "Cortes programados", "Facturas de gas")
    codes = []
    for subject in told:
        view = (await client.post("/requests", json={**ASKED, "subject": subject})).json()
        codes.append(view["code"])
    await stranger.post("/requests", json={**ASKED, "subject": told[0]})

    async def found(q: str, **more: str) -> list[str]:
        page = await client.get("/requests", params={"q": q, **more})
        return sorted(one["code"] for one in page.json()["items"])

    assert await found("facturacion ancash") == codes[:1]
    assert await found("factura") == [codes[0], codes[2]]
    assert await found("CORTE programado", status="received") == codes[1:2]
    assert await found("CORTE programado", status="closed") == []
    assert await found(codes[1]) == codes[1:2]
    assert await found("de la") == sorted(codes)
    assert await found("recibos") == []
