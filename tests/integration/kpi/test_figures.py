"""What the figures are, asked over HTTP and by Prometheus."""

from datetime import date, timedelta
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from pymongo import AsyncMongoClient
from pymongo.monitoring import (
    CommandFailedEvent,
    CommandListener,
    CommandStartedEvent,
    CommandSucceededEvent,
)

from services.incidents.domain.commands import Classify
from services.kpi.books import Books
from services.kpi.calendar_pieces import Every
from services.kpi.definitions import report
from services.kpi.pieces import sums_of_pieces
from services.kpi.views import Cut, Period
from shared.security import Role
from shared.settings import Settings
from shared.store.group import Document
from tests.support.eventually import eventually
from tests.support.figures import (
    JULY,
    World,
    counted,
    events_of,
    figures,
    life_of,
    second_consumer,
    some_lives,
)
from tests.support.house import House, client_of, every
from tests.support.incidents import lima, registered
from tests.support.lives import MONDAY, Life, received, whole_life

pytestmark = pytest.mark.integration


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
    assert (shown["coverage"]["value"], shown["coverage"]["target"]) == (0.9, 1.0)
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


async def test_what_was_corrected_away_is_no_part(house: House, things: World) -> None:
    reader = house.as_(Role.SERVICE_MANAGER, tenant="osce")
    case = registered(origin="system")
    before = len(case.told)
    case.give(Classify("It was her computer.", origin="user"), lima(1, 11))
    events = events_of([life_of(case)])
    await things.publish(events[:before])

    async def origins() -> dict[str, int]:
        shown = (await figures(reader, "incidents"))["by_origin"]["parts"]
        return {value: part["numerator"] for value, part in shown.items()}

    await eventually(origins, lambda parts: parts == {"system": 1})
    await things.publish(events[before:])
    await eventually(origins, lambda parts: parts == {"user": 1})


async def test_promises_of_several_policies_are_told_however_it_is_cut(
    reader: httpx.AsyncClient, things: World
) -> None:
    newer = received()
    (due,) = newer.deadlines
    newer = newer.model_copy(update={"deadlines": (due.model_copy(update={"policy": "2026-08"}),)})
    lives = [Life().add(MONDAY, received()), Life().add(MONDAY, newer)]
    await things.happened(*lives)
    await things.publish(events_of(lives))
    await counted(things, lives)

    async def told(what: str = "requests", **query: str) -> str | None:
        answer = await reader.get(f"/indicators/{what}", params={**JULY, **query})
        found: str | None = answer.json()["mixed_policies"]
        return found

    plain = await told()
    assert plain is not None
    assert "(2026-07, 2026-08)" in plain
    for query in ({"by": "type"}, {"by": "stage"}, {"stage": "evaluation"}, {"by": "area"}):
        assert await told(**query) == plain
    assert await told(type="training") is None
    assert await told("training") is None


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
    assert await code("requests", to="9999-12-31") == (422, "period.out_of_range")
    assert await code("requests", to="2126-06-30") == (422, "period.too_long")
    assert await code("requests", type="pothole") == (422, "indicator.unknown_value")
    assert await code("requests", by="tier") == (422, "indicator.unknown_dimension")
    assert await code("consultations", tier="1") == (422, "indicator.unknown_dimension")
    assert await code("requests", to="yesterday") == (422, "invalid_request")
    found = {"indicator": "requests.closed", "from": "2025-06-01"}
    assert await code("requests/cases", **found) == (422, "period.too_long")
    assert await code("requests/cases", indicator="nothing") == (422, "indicator.unknown")
    found = {"indicator": "requests.closed", "next": "nonsense"}
    assert await code("requests/cases", **found) == (422, "invalid_cursor")
    outsider = house.as_(Role.ADVISER)
    assert (await outsider.get("/indicators/requests", params=JULY)).status_code == 403


async def test_figures_about_persons_are_for_those_who_lead_them(house: House) -> None:
    async def asked(role: Role, path: str, **query: str) -> httpx.Response:
        return await house.as_(role).get(f"/indicators/{path}", params={**JULY, **query})

    about = {"incidents": {"taken_by", "solved_by"}}
    about["requests"] = {"queries_by"}
    about["training"] = {"assigned_to", "signed_by", "quizzes_passed_by", "sessions_by"}
    about["consultations"] = {"answered_by", "answer_time_by"}
    luz = {"person": "person:luz"}
    stages = {"indicator": "requests.stages_met"}
    taken = {"indicator": "incidents.taken_by"}
    for role in (Role.LIAISON, Role.REPORT_READER, Role.PROGRAM):
        for subject, names in about.items():
            shown = (await asked(role, subject, every="month")).json()
            assert shown["figures"]
            assert not names & shown["figures"].keys()
            assert not names & shown["course"][0]["figures"].keys()
        promises = {"indicator": "incidents.stages_met"}
        for path, query in (
            ("incidents", luz),
            ("incidents", {"by": "person"}),
            ("incidents/cases", {**luz, "indicator": "incidents.total"}),
            ("incidents/cases", {**luz, **taken}),
            ("incidents/cases", {**luz, **promises}),
            ("requests", {"by": "person"}),
            ("requests/cases", {**luz, **stages}),
        ):
            refused = await asked(role, path, **query)
            found = (refused.status_code, refused.json()["code"])
            assert found == (403, "indicator.about_persons")
        unknown = await asked(role, "incidents/cases", **taken)
        assert (unknown.status_code, unknown.json()["code"]) == (422, "indicator.unknown")
        assert "taken_by" not in unknown.json()["fields"]["known"]
    for role in (Role.SUPERVISOR, Role.SERVICE_MANAGER, Role.TENANT_ADMIN, Role.AUDITOR):
        for subject, names in about.items():
            assert names <= (await asked(role, subject)).json()["figures"].keys()
        for path, query in (
            ("incidents", luz),
            ("incidents", {"by": "person"}),
            ("incidents/cases", {**luz, **taken}),
            ("incidents/cases", {**luz, **promises}),
            ("requests/cases", {**luz, **stages}),
        ):
            assert (await asked(role, path, **query)).status_code == 200
        assert "stages_met" in (await asked(role, "incidents", **luz)).json()["figures"]


PERIODS = {
    "day": ("2026-07-04", "2026-07-16"),
    "week": ("2026-06-20", "2026-08-10"),
    "fortnight": ("2026-06-20", "2026-08-10"),
    "month": ("2026-06-20", "2026-08-31"),
    "quarter": ("2026-05-20", "2026-12-31"),
    "year": ("2025-11-20", "2027-02-03"),
}


@pytest.mark.parametrize("pieces", PERIODS)
async def test_a_piece_has_the_figures_of_its_own_days(
    reader: httpx.AsyncClient, things: World, pieces: str
) -> None:
    lives = some_lives()
    await things.happened(*lives)
    await things.publish(events_of(lives))
    await counted(things, lives)
    first, last = PERIODS[pieces]

    shown = ("value", "numerator", "denominator", "excluded")
    for told, cut in (("requests", {}), ("requests", {"area": "dsr"}), ("training", {})):
        path, query = f"/indicators/{told}", {"from": first, "to": last, **cut}
        course = (await reader.get(path, params={**query, "every": pieces})).json()["course"]
        assert (course[0]["from"], course[-1]["to"]) == (first, last)
        for piece in course:
            own = {"from": piece["from"], "to": piece["to"]}
            alone = (await reader.get(path, params={**own, **cut})).json()["figures"]
            expected = {name: {key: one[key] for key in shown} for name, one in alone.items()}
            assert piece["figures"] == expected, own
        name = {"requests": "received", "training": "opened"}[told]
        assert sum(piece["figures"][name]["numerator"] for piece in course)


class Questions(CommandListener):
    """What a client has asked of the database, by name."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def started(self, event: CommandStartedEvent) -> None:
        self.asked.append(event.command_name)

    def succeeded(self, event: CommandSucceededEvent) -> None:
        pass

    def failed(self, event: CommandFailedEvent) -> None:
        pass


async def test_many_days_are_one_question_a_family_and_many_months_are_one(
    settings: Settings,
) -> None:
    assert settings.mongo_url is not None
    questions = Questions()
    indicators = report("incidents")
    client: AsyncMongoClient[Document] = AsyncMongoClient(
        settings.mongo_url.get_secret_value(), event_listeners=[questions]
    )
    async with client:
        books = Books(client.get_database(settings.for_service("kpi").database))
        days = Period.of(date(2026, 7, 1), date(2026, 7, 31)).pieces(Every.DAY)
        async with books.snapshot() as session:
            found = await sums_of_pieces(books, indicators, days, Cut("osce", {}), session)
        assert len(found) == 31
        assert questions.asked.count("aggregate") == len({one.family for one in indicators})
        questions.asked.clear()
        months = Period.of(date(2026, 1, 1), date(2026, 12, 31)).pieces(Every.MONTH)
        async with books.snapshot() as session:
            found = await sums_of_pieces(books, indicators, months, Cut("osce", {}), session)
    assert len(found) == 12
    assert [name for name in questions.asked if name in {"aggregate", "find"}] == ["find"]


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
    assert {case["code"] for case in received} == {"SOL-2026-000001", "OLD-1"}
    assert len(received) == 7
    assert [case["day"] for case in received] == sorted(case["day"] for case in received)
    assert len(await cases("requests.on_time", "numerator")) == 3
    assert len(await cases("requests.on_time", "denominator")) == 5
    missed = await cases("requests.on_time", "missed")
    assert {case["id"] for case in missed} == {lives[2].id, lives[6].id}
    assert all(case["on_time"] is False for case in missed)
    assert [case["id"] for case in await cases("requests.on_time", "excluded")] == [lives[3].id]
    shown = await figures(reader)
    promised = await cases("requests.by_policy", "numerator", policy="2026-07")
    told = sum(one["amounts"]["promised"] for one in promised)
    assert 0 < told == shown["by_policy"]["parts"]["2026-07"]["numerator"]
    assert await cases("requests.by_policy", "numerator", policy="2020-01") == []
    breached = await cases("requests.stages_breached", "numerator", stage="evaluation")
    assert {case["id"] for case in breached} == {lives[2].id, lives[3].id}
    unsigned = await cases("training.coverage", "missed")
    assert unsigned
    assert all(0 < one["amounts"]["signed"] < one["amounts"]["eligible"] for one in unsigned)
    for name in ("received", "closed", "on_time"):
        found = await cases(f"requests.{name}", "numerator")
        assert len(found) == shown[name]["numerator"]


async def test_cases_of_many_days_come_page_by_page(
    reader: httpx.AsyncClient, things: World
) -> None:
    """Each once, by day, also where many days lie between them."""
    late = {0, 9, 10}
    lives = [
        whole_life(MONDAY + timedelta(days=day), late=day in late, query=False) for day in range(20)
    ]
    await things.happened(*lives)
    await things.publish(events_of(lives))
    await counted(things, lives)
    for limit in ("1", "3", "50"):
        query = {"from": "2026-06-01", "to": "2026-08-31", "limit": limit}
        query["indicator"] = "requests.on_time"
        path = "/indicators/requests/cases"
        every_one = await every(reader, path, **query, part="denominator")
        assert sorted(case["id"] for case in every_one) == sorted(life.id for life in lives)
        assert [case["day"] for case in every_one] == sorted(case["day"] for case in every_one)
        missed = await every(reader, path, **query, part="missed")
        assert {case["id"] for case in missed} == {lives[day].id for day in late}


async def test_metrics_come_from_the_stored_figures(
    settings: Settings, house: House, things: World
) -> None:
    lives = some_lives()
    await things.happened(*lives)
    await things.publish(events_of(lives))
    await counted(things, lives)

    def told(text: str) -> dict[tuple[str, ...], float]:
        return {
            (sample.name, *(v for _, v in sorted(sample.labels.items()))): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    async def exposed() -> dict[tuple[str, ...], float]:
        async with client_of(house.url) as client:
            return told((await client.get("/metrics")).text)

    def handled(seen: dict[tuple[str, ...], float]) -> float:
        """How many messages, which is said when their effect is there already."""
        return sum(
            value
            for (name, *labels), value in seen.items()
            if name == "enlace_messages_handled_total" and labels[:2] == ["handled", "kpi"]
        )

    standing = ("enlace_requests_open", "client", "observed", "osinergmin")
    seen = await eventually(
        exposed,
        lambda seen: seen.get(standing) == 1 and handled(seen) >= len(events_of(lives)),
    )
    assert seen[standing] == 1
    assert seen["enlace_deadlines_breached_total", "evaluation", "osinergmin"] == 2
    assert seen["enlace_deadlines_running", "replication", "osinergmin"] == 0
    assert seen["enlace_training_coverage_ratio", "all", "osinergmin"] == 0.9
    assert handled(seen) == len(events_of(lives))
    # the lives are of a July long past: that says nothing of how late events are counted
    assert ("enlace_event_lag_seconds_count", "kpi") not in seen
    async with second_consumer(settings) as part:
        board = part.workshop.registry

        async def breached() -> float | None:
            series = ("enlace_deadlines_breached_total", "evaluation", "osinergmin")
            return told(board.written()[0].decode()).get(series)

        assert await eventually(breached, lambda value: value == 2) == 2
