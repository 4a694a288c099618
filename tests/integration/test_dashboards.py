"""Every panel's and every alert's query, asked of a real Prometheus that scraped a day at work."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from cli import demo
from cli.demo.day import SCENES
from cli.local import ports
from cli.local.home import known_services
from cli.local.install import ensure_watchers
from cli.local.watchers import Prometheus
from shared.runner import find
from shared.security import Role
from tests.integration.test_incidents import Tiers, tiers_of
from tests.support.house import NO_AUTHORITIES, running, settings_of
from tests.support.infra import Infra
from tests.support.promql import alerts, family, names, queries, recorded, rules, selectors

pytestmark = pytest.mark.integration
MET = "tenant_stage:enlace_deadlines_met:increase1h"
BURN = "tenant_stage:enlace_deadlines_breached:ratio"
DONE = (
    "enlace_incidents_reopened",
    *(
        f'enlace_indicator_month{{indicator=~"{report}.+"}}'
        for report in ("incidents", "consultations", "dossiers")
    ),
)
CHOSEN = {"$tenant": ".+", "$period": "1h"}


PATIENCE = 20


@dataclass(frozen=True)
class Day:
    """A house after its day: what `/metrics` says, and the Prometheus that scraped it."""

    exposed: str
    prometheus: httpx.AsyncClient

    async def ask(self, query: str) -> list[dict[str, Any]]:
        answer = await self.prometheus.get("/api/v1/query", params={"query": query})
        body = answer.json()
        assert body["status"] == "success", f"{query}: {body}"
        found: list[dict[str, Any]] = body["data"]["result"]
        return found

    async def sees(self, query: str) -> bool:
        """Whether there is something; a scrape that came too late hides all for a moment."""
        for _ in range(PATIENCE):
            if await self.ask(query):
                return True
            await asyncio.sleep(0.5)
        return False

    @property
    def families(self) -> dict[str, bool]:
        """Metrics by name, and whether they have samples."""
        return {one.name: bool(one.samples) for one in text_string_to_metric_families(self.exposed)}


@pytest.fixture(scope="module")
async def day(infra: Infra, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Day]:
    missing = ensure_watchers(print)
    assert not missing, f"install {' and '.join(missing)}"
    folder = tmp_path_factory.mktemp("day")
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        amqp, prefix = (
            stack.enter_context(one) for one in (infra.vhost(), infra.database_prefix())
        )
        settings = settings_of(amqp, infra.broker.management_url, infra.database.url, prefix)
        services = find(known_services(), known_services())
        async with running(services, settings, folder / "keys") as house:
            (key,) = (folder / "keys").glob("*private*")
            patch.setenv("ENLACE_TOKEN_PRIVATE_KEY", str(key))
            watcher = _prometheus(folder, house.url)
            stack.callback(watcher.stop)
            watcher.launch()
            async with httpx.AsyncClient(base_url=watcher.url, verify=NO_AUTHORITIES) as client:
                await asyncio.to_thread(demo.load, house.url)
                await _incidents(tiers_of(house))
                await _public(house.as_(*Role, tenant="osce", subject="ana"))
                await _until(lambda: _has(client, "enlace_indicator_month", MET, *DONE))
                # a counter rises in Prometheus' eyes only after it has been seen
                late = next(scene for scene in SCENES if scene.goal == "not_viable")
                patch.setattr(demo, "SCENES", (replace(late, number=99),))
                await asyncio.to_thread(demo.load, house.url)
                await _until(lambda: _has(client, f"{BURN}1h", f"{BURN}6h"))
                async with httpx.AsyncClient(verify=NO_AUTHORITIES) as reader:
                    exposed = (await reader.get(f"{house.url}/metrics")).text
                yield Day(exposed, client)


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
    contact = {"name": "Rosaura Quispe", "email": "rosaura@correo.example"}
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
        every="1s",
    )


async def _has(client: httpx.AsyncClient, *wanted: str) -> bool:
    for query in wanted:
        body = (await client.get("/api/v1/query", params={"query": query})).json()
        if not body["data"]["result"]:
            return False
    return True


async def _until(fine: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(45):
        while True:
            try:
                if await fine():
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.5)


def _filled(query: str) -> str:
    for variable, value in CHOSEN.items():
        query = query.replace(variable, value)
    return query


def _used() -> set[str]:
    expressions = [*queries().values(), *(rule["expr"] for rule in rules())]
    return {family(name) for text in expressions for name in names(text) if ":" not in name}


async def test_every_metric_that_is_named_exists(day: Day) -> None:
    assert _used() <= set(day.families)


async def test_no_panel_fails_and_none_with_data_is_empty(day: Day) -> None:
    """Empty is only what names a metric without any sample in this day."""
    silent = {name for name, samples in day.families.items() if not samples}
    sources = {rule["record"]: names(rule["expr"]) for rule in rules() if "record" in rule}
    empty: list[str] = []
    for place, query in queries().items():
        named = {family(name) for one in names(query) for name in _sources(one, sources)}
        if named & silent:
            await day.ask(_filled(query))
        elif not await day.sees(_filled(query)):
            empty.append(place)
    assert not empty


def _sources(name: str, sources: dict[str, set[str]]) -> set[str]:
    """The metrics behind a recorded series, through others."""
    if name not in sources:
        return {name}
    return {deep for one in sources[name] for deep in _sources(one, sources)}


async def test_what_has_no_data_in_this_day_is_known(day: Day) -> None:
    """Or the test above would excuse whatever somebody stopped counting."""
    silent = {name for name, samples in day.families.items() if not samples}
    assert silent & _used() <= {
        "enlace_dead_letters",
        "enlace_letters",  # no mail server, no try
        "enlace_timer_lateness_seconds",
    }


@pytest.mark.parametrize("alert", alerts(), ids=lambda alert: alert["alert"])
async def test_an_alert_can_be_asked_and_its_metrics_are_there(
    day: Day, alert: dict[str, Any]
) -> None:
    await day.ask(alert["expr"])
    for one in selectors(alert["expr"]):
        if "rabbitmq" in one:
            continue  # scraped in a deployment alone
        name = family(re.split(r"[{]", one)[0])
        if day.families.get(name) is False:
            continue
        assert await day.sees(one), one


async def test_prometheus_runs_the_rules(day: Day) -> None:
    body = (await day.prometheus.get("/api/v1/rules")).json()
    found = [rule for group in body["data"]["groups"] for rule in group["rules"]]

    assert {rule["name"] for rule in found} == {one["alert"] for one in alerts()} | recorded()
    assert {rule["health"] for rule in found} == {"ok"}


async def test_a_healthy_day_calls_nobody_of_the_platform(day: Day) -> None:
    firing = await day.ask('ALERTS{alertstate="firing", scope="platform"}')
    assert firing == []
