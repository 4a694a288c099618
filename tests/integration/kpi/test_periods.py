"""Closing a month: frozen once, signed, corrections beside it."""

import asyncio
from typing import Any

import httpx
import pytest

from services.kpi.sealing import keys_of
from shared.i18n import load
from shared.security import Role
from shared.store import utc_now
from tests.support import tagged_pdf
from tests.support.eventually import eventually
from tests.support.figures import JULY, World, counted, events_of, some_lives
from tests.support.house import House, heard
from tests.support.lives import whole_life
from tests.support.report_files import Reader

pytestmark = pytest.mark.integration


def row(rows: list[dict[str, Any]], name: str, part: str = "") -> dict[str, Any]:
    return next(one for one in rows if (one["id"], one["part"]) == (name, part))


async def code_of(client: httpx.AsyncClient, month: str) -> tuple[int, str]:
    answer = await client.post(f"/periods/{month}/close")
    return answer.status_code, answer.json().get("code", "")


async def test_closed_month_keeps_its_figures_and_shows_corrections(
    house: House, things: World, reader: httpx.AsyncClient
) -> None:
    lives = some_lives()
    await things.happened(*lives)
    await things.publish(events_of(lives))
    await counted(things, lives)
    manager = house.as_(Role.SERVICE_MANAGER)

    answers = await asyncio.gather(*(manager.post("/periods/2026-07/close") for _ in range(4)))
    assert {answer.status_code for answer in answers} == {200}
    closed = answers[0].json()
    assert {answer.json()["sha256"] for answer in answers} == {closed["sha256"]}
    assert closed["closed_by"] == "person:ana"
    assert closed["adjusted"] is False
    assert row(closed["figures"], "requests.received")["frozen_numerator"] == 7

    late = whole_life(late=True)
    await things.happened(late)
    await things.publish(late.events)
    await counted(things, [*lives, late])
    again = (await manager.post("/periods/2026-07/close")).json()
    seen = (await reader.get("/periods/2026-07")).json()
    assert again == seen
    assert seen["sha256"] == closed["sha256"]
    assert seen["adjusted"] is True
    received = row(seen["figures"], "requests.received")
    assert (received["frozen_numerator"], received["numerator"]) == (7, 8)
    assert received["adjustment_numerator"] == 1
    on_time = row(seen["figures"], "requests.on_time")
    assert (on_time["frozen_numerator"], on_time["frozen_denominator"]) == (3, 5)
    assert (on_time["adjustment_numerator"], on_time["adjustment_denominator"]) == (0, 1)
    assert on_time["frozen_excluded"] == on_time["excluded"] == {"unjudged": 1}
    assert (on_time["target"], on_time["frozen_target"]) == (1.0, 1.0)
    stage = row(seen["figures"], "requests.stages_breached", "evaluation")
    assert (stage["frozen_numerator"], stage["adjustment_numerator"]) == (2, 1)

    answer, *files = [
        await reader.get(f"/reports/client.{form}", params=JULY)
        for form in ("json", "csv", "xlsx", "pdf")
    ]
    in_csv, in_xlsx, in_pdf = (file.content for file in files)
    told = answer.json()
    assert Reader(told, load()).compare(in_csv, in_xlsx, tagged_pdf.read(in_pdf))
    assert told["closing"]["sha256"] == closed["sha256"]
    assert row(told["figures"], "requests.on_time") == on_time
    text = in_csv.decode("utf-8-sig")
    assert closed["sha256"] in text
    assert "Ajuste del numerador" in text
    part = {"from": "2026-07-01", "to": "2026-07-30"}
    assert (await reader.get("/reports/client.json", params=part)).json()["closing"] is None

    async def events() -> list[str]:
        return [event.type for event in await heard(house.settings)]

    published = await eventually(events, lambda types: "kpi.period.closed.v1" in types)
    assert published.count("kpi.period.closed.v1") == 1
    assert (await things.verify()).fine


async def test_a_closed_month_tells_what_was_defined_or_aimed_at_otherwise(
    house: House, things: World, reader: httpx.AsyncClient
) -> None:
    manager = house.as_(Role.SERVICE_MANAGER)
    closed = (await manager.post("/periods/2026-07/close")).json()
    assert closed["redefined"] is None

    old = {"state.months.0.figures.$[it].version": 7, "state.months.0.figures.$[it].target": 0.9}
    only = [{"it.id": "requests.on_time", "it.part": ""}]
    await things.books.periods.update_one({}, {"$set": old}, array_filters=only)
    seen = (await reader.get("/periods/2026-07", headers={"accept-language": "en"})).json()
    name = row(seen["figures"], "requests.on_time")["name"]
    assert f"{name} (7 / 1)" in seen["redefined"]
    told = (await reader.get("/reports/client.json", params=JULY)).json()
    assert "(7 / 1)" in told["closing"]["redefined"]
    assert "(7 / 1)" in (await reader.get("/reports/client.csv", params=JULY)).text
    on_time = row(told["figures"], "requests.on_time")
    assert (on_time["target"], on_time["frozen_target"]) == (1.0, 0.9)

    gone = {"state.months.0.figures.$[].excluded": "", "state.months.0.figures.$[].target": ""}
    await things.books.periods.update_one({}, {"$unset": gone})
    before = (await reader.get("/periods/2026-07")).json()
    assert row(before["figures"], "requests.on_time")["frozen_excluded"] == {}


async def test_closed_months_are_signed_and_held_against_the_key(
    house: House, things: World, reader: httpx.AsyncClient
) -> None:
    manager = house.as_(Role.SERVICE_MANAGER)
    assert (await manager.post("/periods/2026-06/close")).json()["key_id"]
    listed = (await reader.get("/periods")).json()
    assert (listed["fault"], listed["unsigned"]) == (None, 0)
    keys = keys_of(house.settings)
    assert keys is not None
    verdict = await things.verify(keys=keys)
    assert verdict.fine
    assert verdict.unsigned == {}

    bare = {"history.0.data.signature": "", "history.0.data.key_id": ""}
    await things.books.periods.update_one({}, {"$set": bare})
    assert (await things.verify(keys=keys)).unsigned == {"osinergmin": 1}
    await things.books.periods.update_one({}, {"$set": {"history.0.data.month": "2026-05"}})
    verdict = await things.verify(keys=keys)
    assert verdict.faults == {"osinergmin": "2026-05"}
    assert not verdict.fine


async def test_who_closes_what(house: House, things: World, reader: httpx.AsyncClient) -> None:
    admin = house.as_(Role.TENANT_ADMIN)
    present = utc_now().date().isoformat()[:7]
    assert await code_of(admin, present) == (409, "period.not_over")
    assert await code_of(admin, "2026-13") == (422, "period.malformed")
    assert await code_of(reader, "2026-06") == (403, "not_allowed")
    assert await code_of(admin, "2026-05") == (200, "")
    assert await code_of(admin, "2026-07") == (409, "period.out_of_order")
    assert await code_of(admin, "2026-06") == (200, "")
    stranger = house.as_(Role.TENANT_ADMIN, tenant="osce")
    assert (await stranger.get("/periods/2026-06")).json()["code"] == "period.unknown"
    listed = (await reader.get("/periods")).json()
    assert [one["month"] for one in listed["months"]] == ["2026-05", "2026-06"]
    assert listed["months"][1]["previous"] == listed["months"][0]["sha256"]
    assert listed["fault"] is None
    database = things.client[house.settings.for_service("kpi").database]
    await database["periods"].update_one({}, {"$set": {"state.months.0.figures.0.numerator": 9}})
    assert (await reader.get("/periods")).json()["fault"] == "2026-05"
