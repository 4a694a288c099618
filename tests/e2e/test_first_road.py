"""The first road: a client's request from the door to the last signature, over the real bus."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.intake.service import SERVICE as INTAKE
from services.people.service import SERVICE as PEOPLE
from services.training.service import SERVICE as TRAINING
from services.validation.service import SERVICE as VALIDATION
from shared.security import Role
from shared.settings import Settings
from tests.support.eventually import eventually
from tests.support.house import every
from tests.support.road import CHECKS, Road, everybody_signs, open_road, told

pytestmark = pytest.mark.e2e

FRIDAY = datetime(2026, 7, 24, 15, 0, tzinfo=UTC)  # 10:00 in Lima


@pytest.fixture
async def road(settings: Settings, amqp_url: str, tmp_path: Path) -> AsyncIterator[Road]:
    services = [PEOPLE, INTAKE, VALIDATION, TRAINING]
    async with open_road(services, settings, amqp_url, tmp_path, FRIDAY) as road:
        yield road


async def test_a_request_is_evaluated_replicated_and_closed(road: Road) -> None:
    case_id = await road.ask()
    await road.approve(case_id)
    await everybody_signs(road, case_id)

    closed = await road.seen("requests", case_id, status="closed")
    plan = await road.seen("trainings", case_id, status="completed")

    assert (closed["outcome"], closed["on_time"], closed["coverage_pct"]) == (
        "deployed",
        True,
        100.0,
    )
    assert plan["coverage"] == {
        "eligible": 3,
        "signed": 3,
        "exempt": 0,
        "pending": 0,
        "coverage_pct": 100.0,
        "leaders": {"total": 2, "signed": 2, "exempt": 0},
        "cascade_open": True,
        "complete": True,
    }
    assert plan["on_time"] is True
    story = list(dict.fromkeys(await told(road, case_id)))
    assert story == [
        "received",
        "in_evaluation",
        "viable",
        "preparing",
        "training_leaders",
        "deploying",
        "deployed",
        "closed",
    ]


async def test_an_observed_request_waits_for_the_client_and_goes_on(road: Road) -> None:
    case_id = await road.ask()
    view = await road.seen("evaluations", case_id, status="evaluating")
    first_due = view["deadline"]["due_at"]
    path = f"/evaluations/{case_id}"
    observed = await road.done(
        Role.VALIDATION_SUPERVISOR,
        f"{path}/observe",
        view["version"],
        questions=["¿Vale para las provincias?", "¿Desde qué hora?"],
    )
    assert observed["holder"] == "client"
    assert (await road.seen("requests", case_id, status="observed"))["holder"] == "client"
    blocked = await road.does(
        Role.VALIDATION_SUPERVISOR, f"{path}/approve", observed["version"], checks=CHECKS
    )
    assert blocked.json()["code"] == "evaluation.query_open"

    road.house.clock.move_to(datetime(2026, 7, 30, 15, 0, tzinfo=UTC))  # two holidays later
    answered = await road.done(
        Role.LIAISON,
        f"{path}/answer",
        observed["version"],
        query_id=observed["queries"][0]["id"],
        answers=[{"question_id": "1", "text": "Sí."}, {"question_id": "2", "text": "08:00."}],
    )
    assert answered["deadline"]["due_at"] > first_due
    assert any("consulta" in step for step in answered["deadline"]["explain"])
    await road.seen("requests", case_id, status="answered")
    await road.approve(case_id)
    await everybody_signs(road, case_id)
    closed = await road.seen("requests", case_id, status="closed")

    assert closed["on_time"] is True
    assert "observed" in await told(road, case_id)


async def test_a_missed_term_is_told_once_by_whoever_promised(road: Road) -> None:
    case_id = await road.ask()
    view = await road.seen("evaluations", case_id, status="evaluating")
    due = datetime.fromisoformat(view["deadline"]["due_at"])
    assert due == datetime(2026, 7, 27, 21, 30, tzinfo=UTC)

    road.house.clock.move_to(datetime(2026, 7, 27, 21, 30, 1, tzinfo=UTC))
    late = await eventually(
        lambda: road.seen("evaluations", case_id),
        lambda view: view["deadline"]["state"] != "running",
    )
    assert late["deadline"]["state"] == "breached"
    await road.approve(case_id)
    await everybody_signs(road, case_id)
    await road.seen("requests", case_id, status="closed")

    events = await every(road.of(Role.AUDITOR), f"/requests/{case_id}/history")
    breaches = [event["data"] for event in events if "breached" in event["type"]]
    assert [(b["stage"], b["due_at"]) for b in breaches] == [
        ("evaluation", view["deadline"]["due_at"])
    ]


async def test_a_withdrawn_request_stops_what_is_under_way(road: Road) -> None:
    case_id = await road.ask()
    await road.approve(case_id)
    plan = await road.launch(case_id)
    request = await road.seen("requests", case_id, status="training_leaders")

    await road.done(
        Role.LIAISON, f"/requests/{case_id}/withdraw", request["version"], reason="Se anula."
    )
    await road.seen("evaluations", case_id, status="withdrawn")
    await road.seen("trainings", case_id, status="cancelled")
    signature = await road.sign(case_id, Role.SUPERVISOR, "sofía", plan["sha256"])

    assert (signature.status_code, signature.json()["code"]) == (409, "plan.closed")
