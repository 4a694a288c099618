"""Replications over HTTP, with people and validation spoken for on the real bus."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.training.api import PERMISSIONS
from services.training.cases import ENROLMENT, PLAN, enrolment_id
from services.training.domain.enrolment import Sign
from services.training.leavers import leavers_of
from services.training.pieces import pieces
from services.training.policy import Method
from services.training.service import SERVICE
from shared.contracts.people import (
    PersonAbsencePlanned,
    PersonJoined,
    PersonLeft,
    PersonRolesChanged,
    PersonRostered,
    RosteredShift,
)
from shared.contracts.validation import EvaluationWithdrawn
from shared.ids import new_id
from shared.parts import Parts
from shared.policy import load_tenants
from shared.security import Role
from shared.settings import Settings
from shared.store import Cause, broken_at
from shared.telemetry.board import Board
from shared.telemetry.kernel import KernelMetrics
from tests.support.eventually import eventually
from tests.support.floors import AID, DUE, LEADERS, MORNING, Floor, open_floor
from tests.support.house import TENANTS, Outsider, every, heard, running

pytestmark = pytest.mark.integration


@pytest.fixture
async def floor(settings: Settings, tmp_path: Path, amqp_url: str) -> AsyncIterator[Floor]:
    async with open_floor(settings, amqp_url, tmp_path) as floor:
        yield floor


async def test_the_cascade_from_material_to_the_last_signature(floor: Floor) -> None:
    view = await floor.launched("ana", "beto")
    early = await floor.sign(view, "ana")
    drawn = {"strokes": [[[10, 20], [30, 25]], [[40, 40]]]}
    first = await floor.sign(view, "sofia", method="drawn", evidence=drawn)
    still_early = await floor.sign(view, "ana")
    await floor.sign(view, "mario")
    await floor.reaches(view["id"], "cascade")
    await floor.sign(view, "ana")
    half = (await floor.of(Role.LIAISON).get(f"/trainings/{view['id']}/coverage")).json()
    await floor.sign(view, "beto")
    done = await floor.reaches(view["id"], "completed")

    assert view["coverage"]["coverage_pct"] == 0.0
    assert [a.json()["code"] for a in (early, still_early)] == ["signature.leaders_first"] * 2
    assert first.status_code == 201
    assert first.json() | {"done_at": "?"} == {
        "id": enrolment_id(view["id"], "sofia"),
        "training_id": view["id"],
        "person_id": "sofia",
        "leader": True,
        "status": "signed",
        "material_version": 1,
        "sha256": view["sha256"],
        "method": "drawn",
        "reason": "",
        "done_at": "?",
    }
    assert (half["signed"], half["eligible"], half["coverage_pct"]) == (1, 2, 50.0)
    assert half["leaders"] == {"total": 2, "signed": 2, "exempt": 0}
    assert (done["on_time"], done["deadline"]["state"]) == (True, "met")
    assert done["coverage"]["complete"] is True


async def test_the_text_is_kept_under_its_hash_and_in_no_event(
    floor: Floor, settings: Settings
) -> None:
    await floor.joined("ana")
    view = await floor.approved()
    published = (await floor.post(Role.TRAINER, view, "material", text=AID)).json()
    material = (await floor.of(Role.ADVISER, "ana").get(f"/trainings/{view['id']}/material")).json()
    both = await floor.post(
        Role.TRAINER, published, "material", text="a", file={"name": "b", "sha256": "c" * 64}
    )
    neither = await floor.post(Role.TRAINER, published, "material", substantial=True)

    assert material == {
        "material_version": 1,
        "sha256": published["sha256"],
        "file_name": "",
        "text": AID,
    }
    assert not any(AID in str(event.data) for event in await heard(settings))
    assert (both.status_code, neither.status_code) == (422, 422)


async def test_a_launch_without_its_leaders_or_material_is_refused(floor: Floor) -> None:
    view = await floor.approved()

    async def launch(version: int) -> httpx.Response:
        return await floor.of(Role.TRAINER).post(
            f"/trainings/{view['id']}/launch", headers={"if-match": f'"{version}"'}
        )

    bare = await launch(view["version"])
    view = (await floor.post(Role.TRAINER, view, "material", text=AID)).json()
    nobody = await launch(view["version"])
    stale = await launch(1)
    rosters = floor.house.process.parts["training"].workshop.database["rosters"]

    assert (bare.status_code, bare.json()["code"]) == (409, "plan.no_material")
    assert (nobody.status_code, nobody.json()["code"]) == (409, "plan.leaders_missing")
    assert nobody.json()["fields"]["roles"] == ["supervisor", "quality_monitor"]
    assert stale.status_code == 412
    assert await rosters.count_documents({}) == 0


async def test_launching_twice_with_one_key_enrols_the_same_people(floor: Floor) -> None:
    view = await floor.launched("ana")
    rosters = floor.house.process.parts["training"].workshop.database["rosters"]
    again = await floor.of(Role.TRAINER).post(
        f"/trainings/{view['id']}/launch", headers={"if-match": f'"{view["version"]}"'}
    )

    assert (again.status_code, again.json()["code"]) == (409, "plan.already_launched")
    assert await rosters.count_documents({}) == 1


async def test_sessions_are_held_when_people_are_on_shift(floor: Floor) -> None:
    async def works(name: str, first: int, last: int) -> None:
        start = MORNING.replace(hour=0)
        shift = RosteredShift(
            starts_at=start + timedelta(hours=first),
            ends_at=start + timedelta(hours=last),
            shift="day",
        )
        await floor.others.tell(name, PersonRostered(week="2026-W27", shifts=(shift,)))

    joined = PersonJoined(roles=("trainer",), starts_on=date(2026, 1, 5))
    await floor.others.tell("eva", joined)
    members = floor.house.process.parts["training"].cases["training.member"].collection
    for name in ("ana", "beto", "caro", "dana"):
        await floor.others.tell(name, PersonJoined(roles=("adviser",), starts_on=MORNING.date()))
    await works("ana", 13, 21)
    await works("beto", 17, 25)
    await works("caro", 40, 42)
    await floor.others.tell(
        "caro", PersonAbsencePlanned(first_on=date(2026, 7, 2), last_on=date(2026, 7, 9))
    )
    await eventually(lambda: members.count_documents({"state.away.0": {"$exists": True}}))
    for name, role in LEADERS.items():
        await floor.others.tell(name, PersonJoined(roles=(role,), starts_on=MORNING.date()))
    await eventually(lambda: members.count_documents({}), lambda count: count == 7)
    view = await floor.approved()
    trainer, path = floor.of(Role.TRAINER), f"/trainings/{view['id']}"
    found = (await trainer.get(f"{path}/availability", params={"capacity": 5})).json()
    times = {"starts_at": "2026-07-01T17:00:00Z", "ends_at": "2026-07-01T17:30:00Z"}
    session = {"trainer_id": "eva", "capacity": 2, **times}

    async def schedule(**changes: Any) -> httpx.Response:
        return await trainer.post(f"{path}/sessions", json={**session, **changes})

    made, busy = await schedule(), await schedule()
    await a_trainer_is_in_one_place(trainer, path, session)
    off = await schedule(
        person_ids=["beto"], starts_at="2026-07-01T16:30:00Z", ends_at="2026-07-01T16:45:00Z"
    )
    nobody = await schedule(trainer_id="ana", person_ids=["ana"])
    stranger = await schedule(person_ids=["zoe"])
    own = f"{path}/sessions/{made.json()['id']}"

    async def attended(version: int, *present: str) -> httpx.Response:
        sheet = {"name": "lista.pdf", "sha256": "b" * 64}
        return await trainer.post(
            f"{own}/attendance",
            json={"present": present, "sheet": sheet},
            headers={"if-match": f'"{version}"'},
        )

    early = await attended(1, "ana")
    view = (await floor.post(Role.TRAINER, view, "material", text=AID)).json()
    (await floor.post(Role.TRAINER, view, "launch")).raise_for_status()
    floor.house.clock.ahead += timedelta(hours=3)
    leaders_first = await attended(1, "ana")
    for name in LEADERS:
        await eventually(lambda n=name: floor.sign(view, n), lambda a: a.status_code == 201)
    await floor.reaches(view["id"], "cascade")
    held = await attended(1, "ana")
    late = await trainer.post(f"{own}/cancel", json={"reason": "x"}, headers={"if-match": '"2"'})

    assert found["proposal"] == [{**times, "person_ids": ["ana", "beto"]}]
    assert (found["pending"], found["trainers"]) == (6, 1)
    assert found["unreachable"] == {"count": 1, "person_ids": ["caro"]}
    assert found["unrostered"]["person_ids"] == ["dana", "mario", "sofia"]
    assert (made.status_code, made.json()["person_ids"]) == (201, ["ana", "beto"])
    refused = [a.json()["code"] for a in (busy, off, nobody, stranger, early, leaders_first, late)]
    assert refused == [
        "session.trainer_busy",
        "session.off_shift",
        "session.no_trainer",
        "session.not_eligible",
        "plan.not_launched",
        "session.leaders_first",
        "session.illegal_transition",
    ]
    assert (held.json()["present"], held.json()["absent"]) == (["ana"], ["beto"])
    shown = (await trainer.get(f"{path}/sessions")).json()["items"]
    assert shown[0] == (await trainer.get(own)).json()


async def a_trainer_is_in_one_place(
    trainer: httpx.AsyncClient, path: str, session: dict[str, Any]
) -> None:
    """Also when both sessions are asked for at the same moment."""
    later = {"starts_at": "2026-07-01T18:00:00Z", "ends_at": "2026-07-01T18:30:00Z"}
    free = (await trainer.get(f"{path}/availability", params={"capacity": 5})).json()
    twins = await asyncio.gather(
        *(trainer.post(f"{path}/sessions", json={**session, **later}) for _ in range(2))
    )
    shown = (await trainer.get(f"{path}/sessions")).json()["items"]
    given = sum(answer.status_code == 201 for answer in twins)

    assert free["proposal"][0]["starts_at"] == session["ends_at"]
    assert given <= 1
    assert {answer.json().get("code") for answer in twins} <= {None, "session.trainer_busy"}
    assert sum(one["status"] == "scheduled" for one in shown) == 1 + given


async def test_nobody_applies_it_unsigned_and_an_exemption_is_withdrawn(floor: Floor) -> None:
    view = await floor.led(await floor.launched("ana", "beto", "caro"))
    path = f"/trainings/{view['id']}"

    async def permit(who: httpx.AsyncClient, person: str = "ana") -> httpx.Response:
        return await who.get(f"{path}/permits/{person}")

    async def withdraw(person: str) -> httpx.Response:
        body = {"person_id": person, "reason": "Volvió"}
        return await coordinator.post(f"{path}/exemptions/withdrawals", json=body)

    ana, coordinator = floor.of(Role.ADVISER, "ana"), floor.of(Role.TRAINING_COORDINATOR)
    before = (await permit(ana)).json()
    exemption = {"person_id": "ana", "reason": "De licencia"}
    (await coordinator.post(f"{path}/exemptions", json=exemption)).raise_for_status()
    exempt = (await permit(floor.of(Role.PROGRAM, "crm"))).json()
    none, withdrawn = await withdraw("beto"), await withdraw("ana")
    signed = [(await floor.sign(view, name)).status_code for name in ("ana", "beto", "caro")]
    closed = await floor.reaches(view["id"], "completed")

    assert (before["may_apply"], before["code"]) == (False, "application.not_signed")
    assert "Firme la versión vigente" in before["detail"]
    assert exempt["code"] == "application.exempt"
    assert none.json()["code"] == "exemption.none"
    assert (withdrawn.status_code, withdrawn.json()["status"]) == (201, "open")
    assert signed == [201] * 3
    assert (closed["coverage"]["signed"], closed["coverage"]["exempt"]) == (3, 0)
    assert (await withdraw("ana")).json()["code"] == "plan.closed"
    assert (await permit(ana)).json()["may_apply"] is True
    assert (await permit(ana, "beto")).status_code == 404


async def test_a_signature_is_the_persons_own_once_and_for_what_was_seen(floor: Floor) -> None:
    view = await floor.led(await floor.launched("ana", "beto"))
    other_version = await floor.sign(view, "ana", sha256="0" * 64)
    first, repeated = await floor.sign(view, "ana"), await floor.sign(view, "ana")
    other_method = await floor.sign(view, "ana", method="pin")
    stranger = await floor.sign(view, "zoe")
    nonsense = await floor.sign(view, "beto", method="telepathy")

    assert other_version.json()["code"] == "signature.other_version"
    assert "1" in other_version.json()["detail"]
    assert first.status_code == repeated.status_code == 201
    assert first.json() == repeated.json()
    assert (other_method.status_code, other_method.json()["code"]) == (
        409,
        "signature.already_signed",
    )
    assert (stranger.status_code, stranger.json()["code"]) == (403, "signature.not_eligible")
    assert nonsense.status_code == 422


async def test_one_key_is_one_signature_and_not_another(floor: Floor) -> None:
    view = await floor.launched("ana")
    path, key = f"/trainings/{view['id']}/signatures", {"idempotency-key": "k"}
    body = {"sha256": view["sha256"], "method": "click"}
    who = floor.of(Role.SUPERVISOR, "sofia")
    first, again = [await who.post(path, json=body, headers=key) for _ in range(2)]
    other = await who.post(path, json={**body, "method": "pin"}, headers=key)

    assert first.json() == again.json()
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


async def test_exemptions_keep_the_denominator(floor: Floor) -> None:
    view = await floor.led(await floor.launched("ana", "beto"))
    path = f"/trainings/{view['id']}/exemptions"
    coordinator = floor.of(Role.TRAINING_COORDINATOR)
    exempt = await coordinator.post(path, json={"person_id": "ana", "reason": "De licencia"})
    leader = await coordinator.post(path, json={"person_id": "sofia", "reason": "Viaje"})
    stranger = await coordinator.post(path, json={"person_id": "zoe", "reason": "?"})
    bare = await coordinator.post(path, json={"person_id": "beto", "reason": " "})
    signing = await floor.sign(view, "ana")
    await floor.sign(view, "beto")
    done = await floor.reaches(view["id"], "completed")

    assert (exempt.status_code, exempt.json()["status"]) == (201, "exempt")
    assert leader.json()["code"] == "exemption.already_signed"
    assert stranger.json()["code"] == "signature.not_eligible"
    assert bare.status_code == 422
    assert signing.json()["code"] == "signature.exempt"
    coverage = done["coverage"]
    assert (coverage["signed"], coverage["exempt"], coverage["eligible"]) == (1, 1, 2)
    assert (coverage["coverage_pct"], coverage["pending"]) == (50.0, 0)


async def test_who_leaves_while_it_runs_no_longer_keeps_it_open(floor: Floor) -> None:
    view = await floor.led(await floor.launched("ana", "beto", "caro"))
    path = f"/trainings/{view['id']}"

    async def exempt() -> list[str]:
        answer = await floor.of(Role.TRAINER).get(f"{path}/enrolments", params={"status": "exempt"})
        return [one["person_id"] for one in answer.json()["items"]]

    await floor.others.tell("ana", PersonLeft(last_on=MORNING.date() - timedelta(days=1)))
    await eventually(exempt, lambda people: people == ["ana"])
    left = await floor.sign(view, "ana")
    await floor.others.tell("beto", PersonLeft(last_on=MORNING.date()))
    members = floor.house.process.parts["training"].cases["training.member"].collection
    await eventually(
        lambda: members.count_documents({"state.last_on": {"$ne": None}}), lambda n: n == 2
    )
    leavers = leavers_of(floor.house.process.parts["training"].workshop)
    await leavers.sweep("osinergmin")
    on_the_last_day = await exempt()
    floor.house.clock.ahead += timedelta(hours=20)
    await leavers.sweep("osinergmin")
    assert (await floor.sign(view, "caro")).status_code == 201
    done = await floor.reaches(view["id"], "completed")

    assert (left.status_code, left.json()["code"]) == (403, "signature.person_left")
    assert on_the_last_day == ["ana"]
    coverage = done["coverage"]
    assert (coverage["signed"], coverage["exempt"], coverage["eligible"]) == (1, 2, 3)
    history = floor.house.process.parts["training"].cases[ENROLMENT.stream]
    entries = await history.history(enrolment_id(view["id"], "beto"), "osinergmin", 0, 10)
    assert entries[-1]["data"]["reason"] == "Dejó el servicio; último día: 2026-07-01."
    assert entries[-1]["actor"] == "system:training"


async def test_who_left_or_changed_is_known(floor: Floor) -> None:
    await floor.joined("ana", "beto", "caro")
    await floor.others.tell("ana", PersonLeft(last_on=date(2026, 6, 30)))
    await floor.others.tell("beto", PersonRolesChanged(roles=("supervisor",)))
    members = floor.house.process.parts["training"].cases["training.member"]

    async def changed() -> int:
        wanted = {"$or": [{"state.last_on": "2026-06-30"}, {"state.roles": "supervisor"}]}
        return await members.collection.count_documents(wanted)

    await eventually(changed, lambda count: count == 3)
    view = await floor.approved()
    view = (await floor.post(Role.TRAINER, view, "material", text=AID)).json()
    launched = await floor.of(Role.TRAINER).post(
        f"/trainings/{view['id']}/launch", headers={"if-match": f'"{view["version"]}"'}
    )

    coverage = launched.json()["coverage"]
    assert (coverage["eligible"], coverage["leaders"]["total"]) == (1, 3)
    floor.house.clock.ahead += timedelta(hours=1)
    await floor.others.tell("dana", PersonJoined(roles=("adviser",), starts_on=date(2026, 1, 5)))
    await floor.others.tell("caro", PersonRolesChanged(roles=("adviser", "agent")))
    path, reader = f"/trainings/{view['id']}/coverage", floor.of(Role.AUDITOR)

    async def exact() -> dict[str, Any]:
        found: dict[str, Any] = (await reader.get(path)).json()
        return found

    later = await eventually(exact, lambda found: found["not_yet_eligible"] == 1)
    assert later["eligible"] == 1
    gone = await floor.sign(launched.json(), "ana")
    assert gone.json()["code"] == "signature.not_eligible"
    # nobody is read who is no answer: it is asked with every coverage, of twenty thousand
    learners = {"tenant": "osinergmin", "state.roles": {"$in": ["adviser"]}}
    nobody = {**learners, "state.since": {"$gt": DUE + timedelta(days=9_999)}}
    explained = await members.collection.find(nobody).explain()
    assert explained["executionStats"]["totalDocsExamined"] == 0
    known = [one.id async for some in pieces(members, "osinergmin", {}, 2) for one in some]
    assert known == ["ana", "beto", "caro", "dana", "mario", "sofia"]


async def test_a_withdrawn_evaluation_cancels_the_plan(floor: Floor) -> None:
    view = await floor.launched("ana")
    await floor.others.tell(view["id"], EvaluationWithdrawn(reason="Se anula."))
    await floor.others.tell(new_id(), EvaluationWithdrawn(reason="Nunca hubo plan."))
    cancelled = await floor.reaches(view["id"], "cancelled")
    late = await floor.sign(view, "sofia")

    assert cancelled["reason"] == "Se anula."
    assert (late.status_code, late.json()["code"]) == (409, "plan.closed")


async def test_the_lists_page_through(floor: Floor) -> None:
    advisers = [f"adviser-{number}" for number in range(7)]
    view = await floor.led(await floor.launched(*advisers))
    await floor.sign(view, "adviser-3")
    await floor.approved()
    reader, path = floor.of(Role.SUPERVISOR, "sofia"), f"/trainings/{view['id']}/enrolments"

    pending = await every(reader, path, limit=2)
    signed = await every(reader, path, limit=1, status="signed")
    trainings = await every(reader, "/trainings", limit=1)

    assert {one["person_id"] for one in pending} == set(advisers) - {"adviser-3"}
    assert signed[0]["person_id"] == "adviser-3"
    assert {one["person_id"] for one in signed} == {"adviser-3", "sofia", "mario"}
    assert len(trainings) == 2


async def test_a_missed_term_is_told_once_with_its_instant(
    floor: Floor, settings: Settings
) -> None:
    view = await floor.led(await floor.launched("ana", "beto"))
    idle = await floor.approved()
    await floor.sign(view, "ana")
    floor.house.clock.move_to(DUE + timedelta(hours=1))

    for plan in (view, idle):
        late = await eventually(
            lambda plan_id=plan["id"]: floor.plan(plan_id),
            lambda found: found["deadline"]["state"] == "breached",
        )
        assert late["deadline"]["due_at"] == "2026-07-02T21:30:00Z"
    await floor.sign(view, "beto")
    done = await floor.reaches(view["id"], "completed")
    events = [e for e in await heard(settings) if e.type == "training.plan.breached.v1"]

    assert done["on_time"] is False
    assert {e.subject: (e.data["signed"], e.data["eligible"]) for e in events} == {
        view["id"]: (1, 2),
        idle["id"]: (0, 0),
    }
    assert len(events) == 2


async def test_hundreds_sign_at_once_and_the_plan_stays_small(
    floor: Floor, settings: Settings
) -> None:
    advisers = [f"adviser-{number}" for number in range(200)]
    view = await floor.led(await floor.launched(*advisers))
    gate = asyncio.Semaphore(32)
    counted: list[tuple[int, int]] = []

    async def signs(name: str) -> None:
        async with gate:
            assert (await floor.sign(view, name)).status_code == 201
            path = f"/trainings/{view['id']}/coverage"
            coverage = (await floor.of(Role.AUDITOR).get(path)).json()
            counted.append((coverage["signed"], coverage["eligible"]))

    await asyncio.gather(*(signs(name) for name in advisers))
    done = await floor.reaches(view["id"], "completed")
    plans = floor.house.process.parts["training"].cases[PLAN.stream]
    document = await plans.collection.find_one({"_id": view["id"]})

    assert (done["coverage"]["signed"], done["coverage"]["eligible"]) == (200, 200)
    assert {eligible for _, eligible in counted} == {200}
    assert max(counted)[0] == 200
    # what a caller saw accepted is in every count it asks for afterwards
    assert all(signed > number - 32 for number, (signed, _) in enumerate(counted, 1))
    assert document is not None
    assert document["version"] <= 110
    assert len(document["heard"]) <= 3
    assert broken_at(view["id"], document["history"], document["head"]) is None
    completed = [e for e in await heard(settings) if e.type == "training.plan.completed.v1"]
    assert len(completed) == 1


async def test_signatures_that_a_crash_cut_off_from_the_bus_complete_the_plan(
    settings: Settings, tmp_path: Path, amqp_url: str
) -> None:
    """Committed, never published, never counted: the next start finds them all."""
    async with running([SERVICE], settings, tmp_path) as house:
        house.clock.move_to(MORNING)
        floor = Floor(house, Outsider(amqp_url))
        view = await floor.led(await floor.launched("ana", "beto"))
    registry = Board()
    tenants = load_tenants(TENANTS, SERVICE.sections)
    dying = Parts(SERVICE, settings, tenants, registry, KernelMetrics(registry), lambda: DUE)
    plan = (await dying.cases[PLAN.stream].get(view["id"], "osinergmin")).state
    for name in ("ana", "beto"):
        await dying.cases[ENROLMENT.stream].handle(
            enrolment_id(view["id"], name),
            Sign(plan, view["sha256"], Method.CLICK),
            Cause("osinergmin", f"person:{name}"),
        )
    await dying._client.close()

    async with running([SERVICE], settings, tmp_path) as house:
        house.clock.move_to(DUE + timedelta(hours=5))
        done = await Floor(house, Outsider(amqp_url)).reaches(view["id"], "completed")
        types = [event.type for event in await heard(settings)]

    assert (done["on_time"], done["coverage"]["signed"]) == (True, 2)
    assert types.count("training.plan.completed.v1") == 1
    assert types.count("training.plan.breached.v1") == 0


BODIES: dict[str, tuple[str, dict[str, Any]]] = {
    "material": ("publish_material", {"text": AID}),
    "signatures": ("sign_training", {"sha256": "0" * 64, "method": "click"}),
    "exemptions": ("exempt_from_training", {"person_id": "ana", "reason": "De licencia"}),
}
READS = {
    "": "read_training",
    "/coverage": "read_training",
    "/material": "read_material",
    "/enrolments": "read_enrolments",
}


async def test_each_role_has_its_own_operations_in_its_own_tenant(floor: Floor) -> None:
    await floor.joined("ana")
    view = await floor.approved()
    view = (await floor.post(Role.TRAINER, view, "material", text=AID)).json()
    path, stale = f"/trainings/{view['id']}", {"if-match": '"77"'}
    for role in (role for role in Role if role is not Role.SYSTEM):
        mine, theirs = floor.of(role, "nobody"), floor.house.as_(role, tenant="osce")
        for suffix, operation in READS.items():
            may = PERMISSIONS.allow(operation, frozenset({role}))
            own, foreign = await mine.get(path + suffix), await theirs.get(path + suffix)
            assert own.status_code == (200 if may else 403), (role, suffix)
            assert foreign.status_code == (404 if may else 403), (role, suffix)
        for action, (operation, body) in BODIES.items():
            may = PERMISSIONS.allow(operation, frozenset({role}))
            own = await mine.post(f"{path}/{action}", json=body, headers=stale)
            foreign = await theirs.post(f"{path}/{action}", json=body, headers=stale)
            expected = 412 if action == "material" else 409
            assert own.status_code == (expected if may else 403), (role, action)
            assert foreign.status_code == (404 if may else 403), (role, action)
