"""Document A from A30 to A61, walked by HTTP as the different people of the account.

A verbal instruction comes on a Friday a minute after the cut-off. It is written down, confirmed,
observed and answered, approved, told to the operation, doubted and asked about once more,
replicated in a cascade, closed, published and counted. Every service is the real one.
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.intake.service import SERVICE as INTAKE
from services.kpi.service import SERVICE as KPI
from services.people.service import SERVICE as PEOPLE
from services.training.service import SERVICE as TRAINING
from services.validation.service import SERVICE as VALIDATION
from shared.security import Role
from shared.settings import Settings
from tests.support.eventually import eventually
from tests.support.house import every
from tests.support.road import CHECKS, Road, everybody_signs, open_road, told

pytestmark = pytest.mark.e2e

EVA = Role.VALIDATION_SUPERVISOR
FRIDAY_1631 = datetime(2026, 7, 24, 21, 31, tzinfo=UTC)
MONDAY = datetime(2026, 7, 27, 14, 0, tzinfo=UTC)  # 09:00 in Lima; holidays on the 28th and 29th
THURSDAY = datetime(2026, 7, 30, 14, 0, tzinfo=UTC)
INSTRUCTION = {
    "topic": "Electricidad: alumbrado público",
    "subject": "Número de poste",
    "touches": ["denuncias de alumbrado"],
    "area": "DSR",
    "verbal": True,
}


@pytest.fixture
async def road(settings: Settings, amqp_url: str, tmp_path: Path) -> AsyncIterator[Road]:
    services = [PEOPLE, INTAKE, VALIDATION, TRAINING, KPI]
    async with open_road(services, settings, amqp_url, tmp_path, FRIDAY_1631) as road:
        yield road


def stage(view: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in view["deadlines"] if one["stage"] == name)


async def confirmed(road: Road, case_id: str) -> None:
    """What was said by word of mouth blocks the approval until it is confirmed (A25, A30)."""
    path = f"/requests/{case_id}"
    asked = await road.seen("requests", case_id, status="in_evaluation")
    assert asked["effective_received_at"] == "2026-07-27T13:30:00Z"
    assert stage(asked, "evaluation")["due_at"] == "2026-07-30T21:30:00Z"
    view = await road.seen("evaluations", case_id, unconfirmed=True)
    unconfirmed = await road.does(
        EVA, f"/evaluations/{case_id}/approve", view["version"], checks=CHECKS
    )
    assert unconfirmed.json()["code"] == "evaluation.unconfirmed"
    version = (await road.seen("requests", case_id))["version"]
    await road.done(Role.LIAISON, f"{path}/confirm", version, remark="Así es.")
    await road.seen("evaluations", case_id, unconfirmed=False)


async def observed_and_answered(road: Road, case_id: str) -> None:
    """Observed within the day, the client's clock meanwhile, and a new term (A36, A37, A42)."""
    path = f"/evaluations/{case_id}"
    view = await road.seen("evaluations", case_id)
    questions = ["¿Y si el poste no tiene número?", "¿También por la aplicación?"]
    asked = await road.done(EVA, f"{path}/observe", view["version"], questions=questions)
    waiting = await road.seen("requests", case_id, status="observed")
    assert (waiting["holder"], waiting["clock"]) == ("client", "client")
    assert stage(waiting, "evaluation")["state"] == "met"
    road.house.clock.move_to(THURSDAY)
    answers = [{"question_id": "1", "text": "La dirección."}, {"question_id": "2", "text": "Sí."}]
    query = asked["queries"][0]["id"]
    await road.done(
        Role.LIAISON, f"{path}/answer", asked["version"], query_id=query, answers=answers
    )
    again = await road.seen("requests", case_id, status="answered")
    assert (again["holder"], again["clock"]) == ("provider:validation", "provider")


async def approved(road: Road, case_id: str) -> dict[str, Any]:
    """Viable only with the three checks, and the term is told (A31, A32, A33)."""
    path = f"/evaluations/{case_id}/approve"
    view = await road.seen("evaluations", case_id, status="evaluating")
    unchecked = await road.does(EVA, path, view["version"], checks=["resources"])
    assert unchecked.json()["code"] == "evaluation.checks_missing"
    await road.done(EVA, path, view["version"], checks=CHECKS)
    request = await road.seen("requests", case_id, status="preparing")
    assert stage(request, "attention")["due_at"] == "2026-07-31T21:30:00Z"
    assert request["holder"] == "provider:training"
    return request


async def doubted(road: Road, case_id: str) -> None:
    """Known and not applied; doubts merged into one query; the gate and the clock (A40-A43)."""
    path = f"/evaluations/{case_id}"
    view = await road.seen("evaluations", case_id, status="approved")
    await road.done(
        Role.SUPERVISOR, f"{path}/share", view["version"], name="sofía", content="Desde el lunes."
    )
    ana = road.of(Role.ADVISER, "ana")
    assert (await ana.get(f"{path}/information")).json()["use"] == "information_only"
    for name, text in (("ana", "¿Y de noche?"), ("beto", "¿y de NOCHE?"), ("caro", "¿Con foto?")):
        await road.done(Role.ADVISER, f"{path}/doubts", name=name, text=text)
    doubts = await every(road.of(EVA), f"{path}/doubts")
    assert [len(one["askers"]) for one in doubts] == [2, 1]
    version = (await road.seen("evaluations", case_id))["version"]
    asked = await road.done(EVA, f"{path}/observe", version, doubts=["1", "2"])
    query = asked["queries"][-1]["id"]
    held = await road.seen("requests", case_id, clock="client")
    assert (held["holder"], held["query_id"]) == ("client", query)
    assert stage(held, "attention")["state"] == "paused"
    plan = await road.seen("trainings", case_id, blocked=True)
    path_of_plan = f"/trainings/{case_id}"
    aid = "Pida el número de poste; si no tiene, la dirección."
    plan = await road.done(Role.TRAINER, f"{path_of_plan}/material", plan["version"], text=aid)
    shut = await road.does(Role.TRAINER, f"{path_of_plan}/launch", plan["version"])
    assert (shut.status_code, shut.json()["code"]) == (409, "plan.blocked")
    road.house.clock.move_to(THURSDAY + timedelta(days=4))
    answers = [{"question_id": "1", "text": "También."}, {"question_id": "2", "text": "Sin foto."}]
    await road.done(
        Role.LIAISON, f"{path}/answer", asked["version"], query_id=query, answers=answers
    )
    free = await road.seen("requests", case_id, clock="provider")
    attention = stage(free, "attention")
    assert (attention["state"], free["query_id"]) == ("running", None)
    # two business days of the client's; the seconds are those that this test took meanwhile
    assert "2026-08-04T21:20" < attention["due_at"] <= "2026-08-04T21:30:00Z"
    (mine,) = await every(road.of(Role.ADVISER, "beto"), f"{path}/doubts")
    assert (mine["answer"], mine["answered_by"]) == ("También.", "client")


async def replicated(road: Road, case_id: str) -> None:
    """Supervisor and monitor first, then everybody, one exempt with a reason (A50-A55, A60)."""
    path = f"/trainings/{case_id}"
    plan = await road.seen("trainings", case_id, blocked=False)
    sha256 = (await road.done(Role.TRAINER, f"{path}/launch", plan["version"]))["sha256"]
    early = await road.sign(case_id, Role.ADVISER, "ana", sha256)
    assert early.json()["code"] == "signature.leaders_first"
    for role, name in ((Role.SUPERVISOR, "sofía"), (Role.QUALITY_MONITOR, "mario")):
        assert (await road.sign(case_id, role, name, sha256)).status_code == 201
    await road.seen("requests", case_id, status="deploying")
    assert (await road.sign(case_id, Role.ADVISER, "ana", sha256)).status_code == 201
    exempt = {"person_id": road.people["beto"], "reason": "Licencia."}
    await road.done(Role.TRAINING_COORDINATOR, f"{path}/exemptions", **exempt)
    halfway = (await road.of(Role.TRAINER).get(f"{path}/coverage")).json()
    assert (halfway["signed"], halfway["exempt"], halfway["pending"]) == (1, 1, 1)
    assert (await road.sign(case_id, Role.ADVISER, "caro", sha256)).status_code == 201


async def closed_and_told(road: Road, case_id: str) -> None:
    """The registry's seven fields, the trail, what is in force, and the figures (A20, A28, A61)."""
    closed = await road.seen("requests", case_id, status="closed")
    assert (closed["outcome"], closed["coverage_pct"], closed["on_time"]) == ("deployed", 100, True)
    assert closed["code"].startswith("SOL-2026-")
    assert (closed["type"], closed["topic"]) == ("information", INSTRUCTION["topic"])
    assert {one["state"] for one in closed["deadlines"]} == {"met"}
    story = list(dict.fromkeys(await told(road, case_id)))
    assert [one for one in story if one in {"observed", "answered", "viable", "closed"}] == [
        "observed",
        "answered",
        "viable",
        "closed",
    ]
    adviser = road.of(Role.ADVISER, "ana")
    in_force = await eventually(
        lambda: every(adviser, "/procedures"), lambda found: len(found) == 2
    )
    assert {one["in_force"]["code"] for one in in_force} == {closed["code"]}
    month = {"from": "2026-07-01", "to": "2026-08-31"}
    reader = road.of(Role.REPORT_READER)

    async def indicators() -> dict[str, Any]:
        view = (await reader.get("/indicators/requests", params=month)).json()
        return {name: one["numerator"] for name, one in view["figures"].items()}

    figures = await eventually(indicators, lambda view: view["closed"] == 1)
    counted = ("received", "on_time", "round_trips", "verbal", "verbal_unconfirmed")
    assert [figures[name] for name in counted] == [1, 1, 2, 1, 0]
    # three days of the client's: the first query over the holidays, the second after the approval
    assert figures["client_time"] > 2 * 8 * 3_600
    report = await reader.get("/reports/client.json", params=month)
    assert report.status_code == 200, report.text


async def people_are_seen(road: Road) -> None:
    """Who evaluated, who signed: for who leads them (A53, A61)."""
    leader, month = road.of(Role.SERVICE_MANAGER), {"from": "2026-07-01", "to": "2026-08-31"}

    async def counted(report: str, figure: str, **query: str) -> dict[str, Any]:
        answer = await leader.get(f"/indicators/{report}", params={**month, **query})
        parts = answer.json()["figures"][figure]["parts"]
        return {name: one["numerator"] for name, one in parts.items() if one["numerator"]}

    signers = {f"person:{road.people[name]}": 1 for name in ("sofía", "mario", "ana", "caro")}
    await eventually(lambda: counted("training", "signed_by"), lambda found: found == signers)
    evaluated = await counted("requests", "stages_met", by="person", stage="evaluation")
    assert evaluated == {f"person:one-{EVA}": 2}
    case = {**month, "indicator": "requests.stages_met", "person": f"person:one-{EVA}"}
    lines = await every(leader, "/indicators/requests/cases", **case)
    assert {line["dimensions"]["stage"] for line in lines} == {"evaluation"}


async def test_the_whole_of_document_a(road: Road) -> None:
    case_id = await road.ask(**INSTRUCTION)
    road.house.clock.move_to(MONDAY)
    await confirmed(road, case_id)
    await observed_and_answered(road, case_id)
    await approved(road, case_id)
    await doubted(road, case_id)
    await replicated(road, case_id)
    await closed_and_told(road, case_id)
    await people_are_seen(road)


async def test_a_replaced_request_stops_and_its_successor_goes_its_own_way(road: Road) -> None:
    road.house.clock.move_to(MONDAY)
    old = await road.ask()
    await road.approve(old)
    await road.launch(old)
    view = await road.seen("requests", old, status="training_leaders")
    body = {"type": "information", "topic": "t", "subject": "s", "description": "d"}
    new = await road.done(Role.LIAISON, f"/requests/{old}/replace", view["version"], **body)

    await road.seen("evaluations", old, status="withdrawn")
    await road.seen("trainings", old, status="cancelled")
    await road.approve(new["id"])
    await everybody_signs(road, new["id"])
    done = await road.seen("requests", new["id"], status="closed")
    assert done["replaces"]["id"] == old
