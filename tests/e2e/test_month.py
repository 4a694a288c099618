"""The demonstration month, played in a house that a real Prometheus scrapes.

Its figures are counted anew from the histories, and every panel's and every alert's query is asked.
`tests/unit/cli/test_month.py` looks at the whole of the plan.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import aio_pika
import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from cli.local import ports
from cli.local.home import known_services
from cli.local.install import ensure_watchers
from cli.local.watchers import Prometheus
from shared.bus.topology import EVENTS
from shared.runner import find
from shared.security import Role
from tests.integration.test_incidents import Tiers, tiers_of
from tests.support.eventually import PATIENCE, eventually
from tests.support.house import (
    House,
    client_of,
    every,
    nothing_is_buried,
    running,
    settings_of,
)
from tests.support.infra import Infra
from tests.support.month import COUNTED, MONTH, STORIES, counted, play
from tests.support.post_office import post_office
from tests.support.promql import alerts, family, names, queries, recorded, rules, selectors

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]
MET = "tenant_stage:enlace_deadlines_met:increase1h"
LAG = "enlace_event_lag_seconds_count"
BURN = "tenant_stage:enlace_deadlines_breached:ratio"
DONE = (
    MET,
    f"{BURN}1h",
    f"{BURN}6h",
    "enlace_indicator_month",
    "enlace_incidents_reopened > 0",
    "enlace_dead_letters_total",
    'enlace_letters_total{outcome="failed"}',
    *(
        f'enlace_indicator_month{{indicator=~"{report}.+"}}'
        for report in ("incidents", "consultations", "dossiers")
    ),
)
GONE = "gone@correo.example"
"""Has no mailbox: what is written there is given up."""
CHOSEN = {"$tenant": ".+", "$period": "1h"}
TRIES = 120


@dataclass(frozen=True)
class Seen:
    """A house after its month: what `/metrics` says, and the Prometheus that scraped it."""

    house: House
    exposed: str
    prometheus: httpx.AsyncClient

    async def ask(self, query: str) -> list[dict[str, Any]]:
        return await _ask(self.prometheus, query)

    async def sees(self, query: str) -> bool:
        """Whether there is something; a scrape that came too late hides all for a moment."""
        for _ in range(TRIES):
            if await self.ask(query):
                return True
            await asyncio.sleep(0.5)
        return False

    @property
    def families(self) -> dict[str, bool]:
        """Metrics by name, and whether they have samples."""
        return {one.name: bool(one.samples) for one in text_string_to_metric_families(self.exposed)}


@pytest.fixture(scope="module")
async def seen(infra: Infra, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Seen]:
    missing = ensure_watchers(print)
    assert not missing, f"install {' and '.join(missing)}"
    folder = tmp_path_factory.mktemp("month")
    async with AsyncExitStack() as stack:
        amqp, prefix = (
            stack.enter_context(one) for one in (infra.vhost(), infra.database_prefix())
        )
        office = await stack.enter_async_context(post_office())
        settings = settings_of(amqp, infra.broker.management_url, infra.database.url, prefix)
        settings = settings.model_copy(update={"smtp_url": SecretStr(office.url)})
        services = find(known_services(), known_services())
        house = await stack.enter_async_context(running(services, settings, folder / "keys"))
        watcher = _prometheus(folder, house.url)
        stack.callback(watcher.stop)
        watcher.launch()
        await eventually(partial(asyncio.to_thread, watcher.ready))
        client = client_of(watcher.url)
        await stack.enter_async_context(client)
        # a counter rises in Prometheus' eyes only after it has been seen; how late an event is, is
        # told of the present alone
        await tiers_of(house).register()
        await _found(client, "enlace_deadlines_met_total", LAG)
        await play(house)
        house.clock.move_to(MONTH.ends - timedelta(hours=1))
        await nothing_is_buried(amqp, services)
        await _incidents(tiers_of(house))
        await _public(house.as_(*Role, tenant="osce", subject="ana"))
        await _spoil(amqp)
        await _found(client, *DONE)
        async with client_of(house.url) as reader:
            exposed = (await reader.get("/metrics")).text
        yield Seen(house, exposed, client)


async def _spoil(amqp_url: str) -> None:
    """A message that nobody can read, for the dead letters."""
    connection = await aio_pika.connect(amqp_url)
    async with connection:
        exchange = await (await connection.channel()).get_exchange(EVENTS, ensure=False)
        await exchange.publish(aio_pika.Message(b"no event"), "intake.request.received")


async def _incidents(tiers: Tiers) -> None:
    """One that is solved, one that comes back, one that a provider has."""
    for again in (False, True):
        view = await tiers.do(tiers.desk, await tiers.register(), "forward")
        view = await tiers.do(tiers.second, view, "take")
        view = await tiers.do(tiers.second, view, "solve", answer="Se corrigió.")
        view = await tiers.do(tiers.desk, view, "reply", message="Ya funciona.")
        if again:
            await tiers.do(tiers.desk, view, "reopen", reason="Volvió a fallar.")
    view = await tiers.do(tiers.desk, await tiers.register(), "forward")
    view = await tiers.do(tiers.second, view, "elevate", reason="Técnico.")
    asked = {"provider": "Telco", "question": "¿Cuándo?", "steps": "Se abrió un caso."}
    await tiers.do(tiers.third, view, "ask-provider", **asked)


async def _public(desk: httpx.AsyncClient) -> None:
    """A consultation and a file of the documents desk, both answered."""
    contact = {"name": "Rosaura Quispe", "email": GONE}
    checks = ["wording", "content", "spelling", "signature"]
    asked = {"subject": "Registro", "text": "¿Cómo me inscribo?", "consent": True}
    told = {"service": "norm-opinion", "text": "Solicito opinión."}
    ways: list[tuple[str, dict[str, Any], list[tuple[str, dict[str, Any]]]]] = [
        (
            "consultations",
            asked,
            [
                ("distribute", {"folder": "seace"}),
                ("draft", {"text": "Con su RUC, en la página."}),
                ("send", {"checks": checks}),
            ],
        ),
        ("dossiers", told, [("accept", {}), ("resolve", {"text": "Se emite la opinión."})]),
    ]
    for kind, body, steps in ways:
        answer = await desk.post(f"/{kind}", json=body | {"contact": contact})
        for action, words in steps:
            assert answer.is_success, answer.text
            view = answer.json()
            headers = {"if-match": f'"{view["version"]}"'}
            path = f"/{kind}/{view['id']}/{action}"
            answer = await desk.post(path, json=words, headers=headers)
        assert answer.is_success, answer.text


def _prometheus(folder: Path, url: str) -> Prometheus:
    return Prometheus(
        folder / "prometheus",
        port=ports.any_free(),
        target=int(url.rpartition(":")[2]),
        log=folder / "prometheus.log",
        every="2s",
    )


async def _found(client: httpx.AsyncClient, *wanted: str) -> None:
    """Wait until every query finds something."""

    async def missing() -> list[str]:
        return [query for query in wanted if not await _ask(client, query)]

    await eventually(missing, lambda left: not left, within=3 * PATIENCE, every=0.5)


async def _ask(client: httpx.AsyncClient, query: str) -> list[dict[str, Any]]:
    answer = await client.get("/api/v1/query", params={"query": query})
    assert answer.is_success, f"{query}: {answer.text}"
    found: list[dict[str, Any]] = answer.json()["data"]["result"]
    return found


def _filled(query: str) -> str:
    for variable, value in CHOSEN.items():
        query = query.replace(variable, value)
    return query


def _used() -> set[str]:
    expressions = [*queries().values(), *(rule["expr"] for rule in rules())]
    return {family(name) for text in expressions for name in names(text) if ":" not in name}


async def test_every_metric_that_is_named_exists(seen: Seen) -> None:
    assert _used() <= set(seen.families)


async def test_no_panel_fails_and_none_is_empty(seen: Seen) -> None:
    assert [
        place for place, query in queries().items() if not await seen.sees(_filled(query))
    ] == []


async def test_every_metric_that_is_used_has_a_sample(seen: Seen) -> None:
    """Or a query that makes up for what is absent would hide that somebody stopped counting."""
    assert {name for name in _used() if not seen.families[name]} == set()


@pytest.mark.parametrize("alert", alerts(), ids=lambda alert: alert["alert"])
async def test_an_alert_can_be_asked_and_its_metrics_are_there(
    seen: Seen, alert: dict[str, Any]
) -> None:
    await seen.ask(alert["expr"])
    for one in selectors(alert["expr"]):
        if "rabbitmq" in one:
            continue  # scraped in a deployment alone
        assert await seen.sees(one), one


async def test_prometheus_runs_the_rules(seen: Seen) -> None:
    body = (await seen.prometheus.get("/api/v1/rules")).json()
    found = [rule for group in body["data"]["groups"] for rule in group["rules"]]

    assert {rule["name"] for rule in found} == {one["alert"] for one in alerts()} | recorded()
    assert {rule["health"] for rule in found} == {"ok"}


async def test_the_platform_is_called_for_what_was_spoilt_and_for_nothing_else(seen: Seen) -> None:
    spoilt = {"EnlaceDeadLetters", "EnlaceLetterFailed"}

    async def called() -> set[str]:
        firing = await seen.ask('ALERTS{alertstate="firing", scope="platform"}')
        return {one["metric"]["alertname"] for one in firing}

    assert await eventually(called, lambda names: names >= spoilt) == spoilt


async def test_the_months_figures_are_those_of_its_histories(seen: Seen) -> None:
    house = seen.house
    reader, auditor = house.as_(Role.REPORT_READER), house.as_(Role.AUDITOR)

    async def lives() -> list[list[dict[str, Any]]]:
        requests = await every(auditor, "/requests")
        return [await every(auditor, f"/requests/{one['id']}/history") for one in requests]

    async def indicators() -> Counter[str]:
        days = {"from": "2026-07-01", "to": "2026-07-31"}
        view = (await reader.get("/indicators/requests", params=days)).json()
        return Counter({name: view["figures"][name]["numerator"] for name in COUNTED})

    async def both() -> tuple[Counter[str], Counter[str]]:
        return +counted(await lives()), +(await indicators())

    await eventually(both, lambda two: two[0] == two[1])
    found = {one["id"]: one for one in await every(auditor, "/requests")}
    statuses = Counter(one["status"] for one in found.values())
    relations = Counter(over["relation"] for one in found.values() for over in one["overlaps"])

    assert len(found) == len(STORIES) + 1, "a replacement is a request more"
    assert statuses["replaced"] == 1
    assert statuses["withdrawn"] == 2, "the contradicting one, and the verbal one that lapsed"
    assert statuses["closed"] >= 5
    assert relations["in_course"] >= 1
    assert relations["newer_rule"] >= 1
    friday = next(one for one in found.values() if "16:31" in one["subject"])
    assert friday["effective_received_at"] > friday["received_at"]
