"""The figures on the real broker and database: exact through repetition, disorder and faults."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families
from pymongo.errors import AutoReconnect

from cli.local.database import Database
from services.intake import service as intake
from services.kpi.books import Books
from services.kpi.service import SERVICE
from services.validation import service as validation
from shared.bus.dead import DeadLetters
from shared.contracts import Envelope
from shared.decider import Transient
from shared.parts import Parts
from shared.policy import load_tenants
from shared.security import Role
from shared.settings import Settings
from shared.store import utc_now
from shared.telemetry.kernel import KernelMetrics
from tests.support.eventually import eventually
from tests.support.figures import World, publish, world
from tests.support.house import TENANTS, House, every, running, settings_of
from tests.support.lives import (
    HOUR,
    MONDAY,
    Life,
    imported_life,
    open_life,
    whole_life,
    withdrawn_life,
)

pytestmark = pytest.mark.integration
JULY = {"from": "2026-07-01", "to": "2026-07-31"}


@pytest.fixture
def settings(amqp_url: str, management_url: str, mongo_url: str, database_prefix: str) -> Settings:
    return settings_of(amqp_url, management_url, mongo_url, database_prefix)


@pytest.fixture
async def house(settings: Settings, tmp_path: Path) -> AsyncIterator[House]:
    async with running([SERVICE], settings, tmp_path) as house:
        yield house


@pytest.fixture
async def things(settings: Settings) -> AsyncIterator[World]:
    async with world(settings) as things:
        yield things


@pytest.fixture
def reader(house: House) -> httpx.AsyncClient:
    return house.as_(Role.REPORT_READER)


def some_lives() -> list[Life]:
    return [
        whole_life(),
        whole_life(MONDAY + timedelta(days=1), query=False),
        whole_life(MONDAY + timedelta(days=2), late=True),
        withdrawn_life(MONDAY + timedelta(days=3)),
        open_life(MONDAY + timedelta(days=4)),
        imported_life(),
        imported_life(late=True),
    ]


def events_of(lives: list[Life]) -> list[Envelope]:
    return [event for life in lives for event in life.events]


async def counted(things: World, lives: list[Life]) -> None:
    """Wait until every event of the lives has had its effect, then compare."""
    verdict = await things.verify()
    assert verdict.cases == len(lives)
    assert verdict.fine, (verdict.differences, verdict.behind, verdict.unknown)
    verdict = await things.verify()
    assert verdict.recounted
    assert verdict.fine, (verdict.differences, verdict.behind, verdict.unknown)


async def figures(reader: httpx.AsyncClient, what: str = "requests", **query: str) -> Any:
    answer = await reader.get(f"/indicators/{what}", params={**JULY, **query})
    assert answer.status_code == 200, answer.text
    return answer.json()["figures"]


async def test_figures_with_their_parts(reader: httpx.AsyncClient, things: World) -> None:
    lives = some_lives()
    await things.happened(*lives)
    await things.publish(events_of(lives))
    await counted(things, lives)

    shown = await figures(reader)
    assert shown["received"]["value"] == 7
    assert shown["closed"]["value"] == 6
    on_time = shown["on_time"]
    assert (on_time["value"], on_time["numerator"], on_time["denominator"]) == (0.6, 3, 5)
    assert on_time["excluded"] == {"unjudged": 1}
    assert on_time["target"] == 1.0
    assert on_time["source"] == "A:L2231"
    assert "÷" in on_time["formula"]
    assert shown["round_trips"]["numerator"] == 2
    assert shown["round_trips"]["excluded"] == {"unsided": 2}
    assert shown["stages_breached"]["parts"]["evaluation"]["value"] == 2
    assert shown["coverage"]["value"] == 0.9
    training = await figures(reader, "training")
    assert training["completed"]["value"] == training["on_time"]["numerator"] == 3
    assert training["cancelled"]["value"] == 1

    by_type = await figures(reader, by="type")
    assert by_type["received"]["parts"]["other"]["value"] == 2
    assert (await figures(reader, type="training"))["received"]["value"] == 1
    english = await reader.get(
        "/indicators/requests", params=JULY, headers={"accept-language": "en"}
    )
    assert english.json()["figures"]["on_time"]["name"] == "On time"


async def test_no_data_is_neither_0_nor_100_percent(reader: httpx.AsyncClient) -> None:
    shown = await figures(reader)
    assert shown["received"]["value"] == 0
    assert shown["on_time"]["value"] is None
    assert shown["on_time"]["denominator"] == 0
    assert shown["on_time"]["reason"]
    assert shown["client_time"]["value"] is None


async def test_bad_questions_are_refused(reader: httpx.AsyncClient, house: House) -> None:
    async def code(path: str, **query: str) -> tuple[int, str]:
        answer = await reader.get(f"/indicators/{path}", params={**JULY, **query})
        return answer.status_code, answer.json()["code"]

    assert await code("requests", to="2026-06-30") == (422, "period.ends_before_start")
    assert await code("requests", to="2126-06-30") == (422, "period.too_long")
    assert await code("requests", type="pothole") == (422, "indicator.unknown_value")
    assert await code("requests", to="yesterday") == (422, "invalid_request")
    assert await code("requests/cases", indicator="nothing") == (422, "indicator.unknown")
    found = {"indicator": "requests.closed", "next": "nonsense"}
    assert await code("requests/cases", **found) == (422, "invalid_cursor")
    outsider = house.as_(Role.ADVISER)
    assert (await outsider.get("/indicators/requests", params=JULY)).status_code == 403


async def test_another_tenant_sees_nothing(house: House, things: World) -> None:
    lives = some_lives()
    await things.happened(*lives)
    await things.publish(events_of(lives))
    await counted(things, lives)
    stranger = house.as_(Role.REPORT_READER, tenant="osce")
    assert (await figures(stranger))["received"]["value"] == 0
    query = {**JULY, "indicator": "requests.received"}
    assert await every(stranger, "/indicators/requests/cases", **query) == []


async def test_every_figure_leads_to_its_cases(reader: httpx.AsyncClient, things: World) -> None:
    lives = some_lives()
    await things.happened(*lives)
    await things.publish(events_of(lives))
    await counted(things, lives)

    async def cases(indicator: str, part: str, **more: str) -> list[dict[str, Any]]:
        query = {**JULY, "indicator": indicator, "part": part, "limit": "2", **more}
        return await every(reader, "/indicators/requests/cases", **query)

    received = await cases("requests.received", "numerator")
    assert {case["id"] for case in received} == {life.id for life in lives}
    assert len(received) == 7
    assert [case["day"] for case in received] == sorted(case["day"] for case in received)
    assert len(await cases("requests.on_time", "numerator")) == 3
    assert len(await cases("requests.on_time", "denominator")) == 5
    missed = await cases("requests.on_time", "missed")
    assert {case["id"] for case in missed} == {lives[2].id, lives[6].id}
    assert all(case["on_time"] is False for case in missed)
    assert [case["id"] for case in await cases("requests.on_time", "excluded")] == [lives[3].id]
    breached = await cases("requests.stages_breached", "numerator", stage="evaluation")
    assert {case["id"] for case in breached} == {lives[2].id, lives[3].id}
    shown = await figures(reader)
    for name in ("received", "closed", "on_time"):
        found = await cases(f"requests.{name}", "numerator")
        assert len(found) == shown[name]["numerator"]


async def test_twice_and_shuffled_before_two_consumers(
    settings: Settings, house: House, things: World
) -> None:
    lives = [life for day in range(12) for life in some_lives_of(day)]
    events = events_of(lives) * 2
    random.Random(7).shuffle(events)  # noqa: S311 - repeatable
    await things.happened(*lives)
    async with second_consumer(settings):
        half = len(events) // 2
        await asyncio.gather(things.publish(events[:half]), things.publish(events[half:]))
        await counted(things, lives)
    assert await letters(settings) == []
    assert await things.books.cursors.count_documents({}) == 0


def some_lives_of(day: int) -> list[Life]:
    return [whole_life(MONDAY + timedelta(days=day)), imported_life(MONDAY + day * 24 * HOUR)]


@asynccontextmanager
async def second_consumer(settings: Settings) -> AsyncIterator[Parts]:
    registry = CollectorRegistry()
    tenants = load_tenants(TENANTS, SERVICE.sections)
    part = Parts(SERVICE, settings, tenants, registry, KernelMetrics(registry), utc_now)
    await part.start()
    try:
        yield part
    finally:
        await part.stop()


async def letters(settings: Settings) -> list[dict[str, Any]]:
    assert settings.amqp_url is not None
    async with DeadLetters(settings.amqp_url.get_secret_value()).look("kpi") as found:
        return [letter.summary() for letter in found]


async def test_a_crash_at_any_step_changes_no_figure(
    house: House, things: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Facts written and buckets not; all written and not committed; committed and not told."""
    lives = some_lives()
    steps = Counter[str]()
    add, transact = Books.add, Books.transact

    async def add_and_break(self: Books, *arguments: Any) -> None:
        steps["add"] += 1
        if steps["add"] % 3 == 1:
            raise AutoReconnect("between facts and buckets")
        await add(self, *arguments)
        if steps["add"] % 3 == 2:
            raise AutoReconnect("before the commit")

    async def transact_and_break(self: Books, work: Any) -> Any:
        done = await transact(self, work)
        steps["commit"] += 1
        if steps["commit"] % 2:
            raise Transient("after the commit")
        return done

    monkeypatch.setattr(Books, "add", add_and_break)
    monkeypatch.setattr(Books, "transact", transact_and_break)
    await things.happened(*lives)
    for event in events_of(lives):
        await things.publish([event])
    await eventually(lambda: all_reached(things, lives), within=40)
    monkeypatch.undo()
    await counted(things, lives)
    assert steps["commit"] > 1
    assert steps["add"] > 5


async def all_reached(things: World, lives: list[Life]) -> bool:
    facts = {fact["_id"]: fact["reached"] async for fact in things.books.facts.find({})}
    return all(
        facts.get(f"request:{life.id}", {}).get(service) == len(history)
        for life in lives
        for service, history in life.histories.items()
    )


async def test_a_killed_database_changes_no_figure(
    own_database: Database, amqp_url: str, management_url: str, tmp_path: Path
) -> None:
    settings = settings_of(amqp_url, management_url, own_database.url, "killed_")
    lives = [life for day in range(20) for life in some_lives_of(day)]
    async with running([SERVICE], settings, tmp_path), world(settings) as things:
        await things.happened(*lives)
        publishing = asyncio.create_task(things.publish(events_of(lives)))
        for _ in range(2):
            await asyncio.sleep(0.3)
            await asyncio.to_thread(own_database.kill)
            await asyncio.to_thread(own_database.restart)
        await publishing
        await counted(things, lives)


async def test_what_cannot_be_counted_is_kept_and_stops_nothing(
    settings: Settings, house: House, things: World
) -> None:
    good = some_lives()
    bad = open_life()
    first, second, _ = bad.events
    odd = [
        replace(first, type="intake.request.received.v9"),
        replace(second, data={"status": "observed"}),
        replace(bad.events[2], data={**bad.events[2].data, "round_trip": 2**63}),
        replace(open_life().events[0], type="weather.storm.seen.v1"),
        replace(open_life().events[0], tenant="nobody"),
    ]
    await publish(settings, [("intake.request.received", b"{")])
    await things.publish([*odd, *events_of(good)])
    await things.happened(*good)
    found = await eventually(lambda: letters(settings), lambda found: len(found) == 6)
    assert Counter(letter["reason"] for letter in found) == {
        "malformed": 1,
        "unknown_version": 1,
        "invalid_body": 1,
        "bug": 1,
        "unknown_type": 1,
        "rejected": 1,
    }
    await eventually(lambda: all_reached(things, good))
    verdict = await things.verify()
    assert not verdict.differences
    assert verdict.buried == 3


async def test_metrics_come_from_the_stored_figures(
    settings: Settings, house: House, things: World
) -> None:
    lives = some_lives()
    await things.happened(*lives)
    await things.publish(events_of(lives))
    await counted(things, lives)

    async def exposed() -> dict[tuple[str, ...], float]:
        async with httpx.AsyncClient() as client:
            text = (await client.get(f"{house.url}/metrics")).text
        return {
            (sample.name, *(v for _, v in sorted(sample.labels.items()))): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    standing = ("enlace_requests_open", "client", "observed", "osinergmin")
    seen = await eventually(exposed, lambda seen: standing in seen)
    assert seen[standing] == 1
    assert seen["enlace_deadlines_breached_total", "evaluation", "osinergmin"] == 2
    assert seen["enlace_deadlines_running", "replication", "osinergmin"] == 0
    assert seen["enlace_training_coverage_ratio", "all", "osinergmin"] == 0.9
    async with second_consumer(settings) as part:
        registry = part.workshop.registry
        labels = {"tenant": "osinergmin", "stage": "evaluation"}

        async def breached() -> float | None:
            return registry.get_sample_value("enlace_deadlines_breached_total", labels)

        assert await eventually(breached, lambda value: value is not None) == 2


async def test_verify_finds_what_was_tampered_with_and_rebuild_mends_it(
    house: House, things: World
) -> None:
    lives = some_lives()
    await things.happened(*lives)
    await things.publish(events_of(lives))
    await counted(things, lives)

    books = things.books
    bucket = "osinergmin|requests|2026-07-06|information|api|dsr"
    await books.buckets.update_one({"_id": bucket}, {"$inc": {"counts.on_time": 1}})
    verdict = await things.verify()
    assert [(d.bucket, d.measure) for d in verdict.differences] == [(bucket, "on_time")]
    fact = f"request:{lives[1].id}"
    await books.facts.update_one({"_id": fact}, {"$set": {"fact.on_time": False}})
    ghost = await books.facts.find_one({"_id": fact})
    assert ghost is not None
    await books.facts.insert_one({**ghost, "_id": "request:ghost"})
    verdict = await things.verify()
    assert verdict.unknown == ["ghost"]

    done = await things.rebuild(restart=True)
    assert (done.cases, done.removed) == (7, 1)
    assert done.buckets
    await counted(things, lives)
    assert (await things.rebuild()).buckets == 0


async def test_verify_finds_an_event_that_never_came(house: House, things: World) -> None:
    life = whole_life()
    await things.happened(life)
    await things.publish(life.events[:-1])
    await eventually(lambda: things.books.facts.count_documents({}))
    verdict = await things.verify(patience=0.5)
    assert not verdict.fine
    assert set(verdict.behind) == {(life.id, "training")}


async def test_rebuild_from_nothing_while_events_arrive(house: House, things: World) -> None:
    lives = [life for day in range(15) for life in some_lives_of(day)]
    await things.happened(*lives)
    publishing = asyncio.create_task(things.publish(events_of(lives)))
    while not publishing.done():
        await things.rebuild(restart=True)
    await publishing
    await counted(things, lives)


async def test_requests_of_the_real_services_are_counted(
    settings: Settings, things: World, tmp_path: Path
) -> None:
    services = [intake.SERVICE, validation.SERVICE, SERVICE]
    async with running(services, settings, tmp_path) as house:
        liaison = house.as_(Role.LIAISON)
        asked = {"type": "information", "topic": "t", "subject": "s", "description": "d"}
        for _ in range(3):
            answer = await liaison.post("/requests", json={**asked, "area": "DSR"})
            assert answer.status_code == 201, answer.text
        await eventually(things.verify, lambda verdict: verdict.cases == 3 and verdict.fine)
        day = utc_now().astimezone(ZoneInfo("America/Lima")).date().isoformat()
        reader = house.as_(Role.REPORT_READER)
        shown = await figures(reader, **{"from": day, "to": day, "area": "dsr"})
        assert shown["received"]["value"] == 3
        buckets = things.books.buckets
        standing = "osinergmin|open|all|in_evaluation|provider:validation"
        bucket = await eventually(lambda: buckets.find_one({"_id": standing}))
        assert bucket["counts"]["open"] == 3
