"""What proves a replication, over HTTP: quizzes, the evidence of signatures, the acta."""

import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.training.api import PERMISSIONS
from services.training.cases import ENROLMENT, enrolment_id
from shared.contracts.people import PersonLeft
from shared.security import Role
from shared.settings import Settings
from tests.support.eventually import eventually
from tests.support.floors import AID, LEADERS, MORNING, Floor, open_floor
from tests.support.house import heard

pytestmark = pytest.mark.integration
RIGHT = {"¿Se pide el poste?": ["a"], "¿Desde cuándo?": ["b"], "¿A quiénes?": ["a", "c"]}
QUESTIONS = [
    {"text": text, "options": ["Sí", "El lunes", "A todos"], "correct": correct}
    for text, correct in RIGHT.items()
]


@pytest.fixture
async def floor(settings: Settings, tmp_path: Path, amqp_url: str) -> AsyncIterator[Floor]:
    async with open_floor(settings, amqp_url, tmp_path) as floor:
        yield floor


def client(floor: Floor, name: str) -> httpx.AsyncClient:
    return floor.of(LEADERS.get(name, Role.ADVISER), name)


async def quizzed(floor: Floor, *advisers: str, **more: Any) -> dict[str, Any]:
    """A launched plan with a quiz of two questions out of three."""
    await floor.joined(*advisers)
    view = await floor.approved()
    view = (await floor.post(Role.TRAINER, view, "material", text=AID)).json()
    body = {"questions": QUESTIONS, "draw": 2, "trigger": "replication", **more}
    answer = await floor.post(Role.TRAINER, view, "quiz", **body)
    assert answer.status_code == 200, answer.text
    view["version"] = answer.json()["version"]
    path, headers = f"/trainings/{view['id']}/launch", {"if-match": f'"{view["version"]}"'}
    launched = await floor.of(Role.TRAINER).post(path, headers=headers)
    assert launched.status_code == 200, launched.text

    async def enrolled() -> int:
        answers = [
            await client(floor, name).get(f"/trainings/{view['id']}/quiz") for name in LEADERS
        ]
        return sum(answer.status_code == 200 for answer in answers)

    await eventually(enrolled, lambda count: count == len(LEADERS))
    launched_view: dict[str, Any] = launched.json()
    return launched_view


async def answers(
    floor: Floor, view: dict[str, Any], name: str, *, right: bool = True
) -> httpx.Response:
    path = f"/trainings/{view['id']}/quiz"
    quiz = (await client(floor, name).get(path)).raise_for_status().json()
    chosen = [
        {"question_id": one["id"], "options": RIGHT[one["text"]] if right else ["b", "c"]}
        for one in quiz["questions"]
    ]
    body = {"attempt": quiz["attempt"], "quiz_version": quiz["quiz_version"], "answers": chosen}
    return await client(floor, name).post(f"{path}/attempts", json=body)


async def test_a_quiz_is_passed_before_one_signs(floor: Floor, settings: Settings) -> None:
    view = await quizzed(floor, "ana")
    path = f"/trainings/{view['id']}/quiz"
    pending = await floor.sign(view, "sofia")
    shown = (await client(floor, "sofia").get(path)).json()
    again = (await client(floor, "sofia").get(path)).json()
    failed = (await answers(floor, view, "sofia", right=False)).json()
    stale = await client(floor, "sofia").post(
        f"{path}/attempts",
        json={
            "attempt": 1,
            "answers": [{"question_id": q["id"], "options": ["a"]} for q in shown["questions"]],
        },
    )
    passed = (await answers(floor, view, "sofia")).json()
    signed = await floor.sign(view, "sofia")
    more = await client(floor, "sofia").get(path)
    early = await client(floor, "ana").get(path)
    stranger = await client(floor, "zoe").get(path)
    bank = (await floor.of(Role.TRAINER).get(f"{path}/bank")).json()

    assert pending.json()["code"] == "signature.quiz_pending"
    assert shown == again
    assert (len(shown["questions"]), shown["attempts_left"], shown["pass_mark"]) == (2, 3, 70)
    assert "correct" not in str(shown)
    assert (failed["correct"], failed["passed"], failed["attempts_left"]) == (0, False, 2)
    assert (stale.status_code, stale.json()["code"]) == (409, "quiz.other_attempt")
    assert (passed["score"], passed["passed"]) == (100, True)
    assert signed.status_code == 201
    assert more.json()["code"] == "quiz.already_passed"
    assert early.json()["code"] == "signature.leaders_first"
    assert (stranger.status_code, stranger.json()["code"]) == (403, "signature.not_eligible")
    assert [one["correct"] for one in bank["questions"]] == list(RIGHT.values())
    taken = [e for e in await heard(settings) if e.type == "training.enrolment.quiz_taken.v1"]
    assert [(e.data["attempt"], e.data["passed"]) for e in taken] == [(1, False), (2, True)]
    assert not any("correct" in key and key != "correct" for e in taken for key in e.data)


async def test_attempts_run_out_the_end_passes_and_the_trainer_helps(floor: Floor) -> None:
    ends_at = (MORNING + timedelta(hours=1)).isoformat()
    view = await quizzed(floor, "ana", ends_at=ends_at)
    path = f"/trainings/{view['id']}/quiz"
    for _ in range(3):
        assert (await answers(floor, view, "sofia", right=False)).status_code == 201
    spent = await client(floor, "sofia").get(path)
    grant = {"person_id": "sofia", "reason": "Reforzada"}
    granted = await floor.of(Role.TRAINER).post(f"{path}/grants", json=grant)
    unneeded = await floor.of(Role.TRAINER).post(f"{path}/grants", json=grant)
    floor.house.clock.move_to(MORNING + timedelta(hours=2))
    late = await client(floor, "sofia").get(path)
    seen = await floor.plan(view["id"])
    past = await floor.post(Role.TRAINER, seen, "quiz/end", ends_at=ends_at)
    later = (MORNING + timedelta(hours=3)).isoformat()
    moved = await floor.post(Role.TRAINER, seen, "quiz/end", ends_at=later)
    passed = await answers(floor, view, "sofia")
    changed = await floor.post(
        Role.TRAINER,
        await floor.plan(view["id"]),
        "quiz",
        questions=QUESTIONS,
        substantial=True,
    )
    unsigned = await floor.sign(view, "sofia")
    answered = {"attempt": 1, "answers": [{"question_id": "1", "options": ["a"]}]}
    older = await client(floor, "sofia").post(f"{path}/attempts", json=answered)
    anew = await answers(floor, view, "sofia")

    assert (spent.status_code, spent.json()["code"]) == (409, "quiz.no_attempts_left")
    assert granted.status_code == 201
    assert unneeded.json()["code"] == "quiz.attempts_left"
    assert late.json()["code"] == "quiz.ended"
    assert (past.status_code, past.json()["code"]) == (422, "quiz.ends_in_the_past")
    assert moved.status_code == 200
    assert passed.json()["passed"] is True
    terms = changed.json()
    assert (terms["quiz_version"], terms["required_version"]) == (2, 2)
    assert unsigned.json()["code"] == "signature.quiz_pending"
    assert (older.json()["code"], older.json()["fields"]) == ("quiz.other_version", {"version": 2})
    assert anew.json()["passed"] is True
    banks = floor.house.process.parts["training"].workshop.database["quiz_banks"]
    assert await banks.count_documents({}) == 2


async def test_what_a_signature_is_made_with_is_kept_under_its_hash(
    floor: Floor, settings: Settings
) -> None:
    view = await floor.launched("ana")
    bare = await floor.sign(view, "sofia", method="pin")
    other = await floor.sign(view, "sofia", method="pin", evidence={"strokes": [[[1, 1]]]})
    short = await floor.sign(view, "sofia", method="pin", evidence={"pin": "12"})
    pin = await floor.sign(view, "sofia", method="pin", evidence={"pin": "482913"})
    scan = {"scan": {"name": "hoja.pdf", "sha256": "d" * 64}}
    wrong = await floor.sign(view, "mario", sha256="0" * 64, method="scanned", evidence=scan)
    scanned = await floor.sign(view, "mario", method="scanned", evidence=scan)
    repeated = await floor.sign(view, "mario", method="scanned", evidence=scan)
    acta = (await floor.of(Role.AUDITOR).get(f"/trainings/{view['id']}/acta")).json()
    kept = {
        line["person_id"]: (
            await floor.of(Role.AUDITOR).get(
                f"/trainings/{view['id']}/evidence/{line['evidence_sha256']}"
            )
        ).json()
        for line in acta["lines"]
        if line["evidence_sha256"]
    }

    assert (bare.status_code, bare.json()["code"]) == (422, "signature.evidence_missing")
    assert (other.status_code, short.status_code) == (422, 422)
    assert (pin.status_code, scanned.status_code, repeated.status_code) == (201, 201, 201)
    assert wrong.json()["code"] == "signature.other_version"
    check = kept["sofia"]["content"]
    again = hashlib.scrypt(b"482913", salt=bytes.fromhex(check["pin_salt"]), n=2**14, r=8, p=1)
    assert again.hex() == check["pin_check"]
    assert kept["mario"]["content"] == {"name": "hoja.pdf", "sha256": "d" * 64}
    assert [one["intact"] for one in kept.values()] == [True, True]
    records = floor.house.process.parts["training"].workshop.database["evidence"]
    assert await records.count_documents({}) == 2
    events = await heard(settings)
    evidenced = [e.data["sha256"] for e in events if e.type.endswith("enrolment.evidenced.v1")]
    assert sorted(evidenced) == sorted(one["sha256"] for one in kept.values())
    assert not any("482913" in str(e.data) or "pin_check" in str(e.data) for e in events)
    await records.update_one({"person_id": "mario"}, {"$set": {"content.name": "otra.pdf"}})
    path = f"/trainings/{view['id']}/evidence/{kept['mario']['sha256']}"
    assert (await floor.of(Role.AUDITOR).get(path)).json()["intact"] is False


async def test_the_acta_is_what_the_histories_give(floor: Floor) -> None:
    view = await floor.led(await floor.launched("ana", "beto"))
    auditor, path = floor.of(Role.AUDITOR), f"/trainings/{view['id']}/acta"
    early = (await auditor.get(path)).json()
    floor.house.clock.ahead += timedelta(minutes=1)
    await floor.sign(view, "ana")
    await floor.of(Role.TRAINING_COORDINATOR).post(
        f"/trainings/{view['id']}/exemptions",
        json={"person_id": "beto", "reason": "<b>De licencia</b>"},
    )
    await floor.reaches(view["id"], "completed")
    acta = (await auditor.get(path)).json()
    twice = (await auditor.get(path)).json()

    async def verify(sha256: str, **more: str) -> dict[str, Any]:
        answer = await auditor.get(f"{path}/verify", params={"hash": sha256, **more})
        assert answer.status_code == 200, answer.text
        verdict: dict[str, Any] = answer.json()
        return verdict

    good, bad = await verify(acta["acta_sha256"]), await verify("0" * 64)
    old = await verify(early["acta_sha256"])
    as_of = await verify(early["acta_sha256"], as_of=early["as_of"])
    page = await auditor.get(f"{path}.html")

    assert acta == twice
    assert (acta["status"], acta["signed"], acta["exempt"], acta["eligible"]) == (
        "completed",
        1,
        1,
        2,
    )
    lines = {line["person_id"]: line for line in acta["lines"]}
    assert [line["person_id"] for line in acta["lines"]] == ["mario", "sofia", "ana", "beto"]
    assert (lines["sofia"]["roles"], lines["ana"]["roles"]) == (["supervisor"], ["learner"])
    assert (lines["ana"]["status"], lines["ana"]["sha256"]) == ("signed", view["sha256"])
    assert lines["beto"]["reason"] == "<b>De licencia</b>"
    enrolments = floor.house.process.parts["training"].cases[ENROLMENT.stream].collection
    ana = await enrolments.find_one({"_id": enrolment_id(view["id"], "ana")})
    assert ana is not None
    assert (lines["ana"]["head"], lines["ana"]["entries"]) == (ana["head"], ana["version"])
    assert (good["matches"], good["intact"], bad["matches"]) == (True, True, False)
    assert (old["matches"], as_of["matches"]) == (False, True)
    assert page.headers["content-type"].startswith("text/html")
    assert '<html lang="es">' in page.text
    assert "Acta de réplica" in page.text
    assert acta["acta_sha256"] in page.text
    assert "&lt;b&gt;De licencia" in page.text
    assert "<b>De" not in page.text

    changed = {"history.1.data.method": "scanned"}
    await enrolments.update_one({"_id": ana["_id"]}, {"$set": changed})
    forged = await verify(acta["acta_sha256"])
    assert (forged["matches"], forged["intact"]) == (False, False)


async def test_who_left_answers_no_quiz(floor: Floor) -> None:
    view = await quizzed(floor, "ana")
    await floor.others.tell("sofia", PersonLeft(last_on=MORNING.date() - timedelta(days=1)))
    path = f"/trainings/{view['id']}/quiz"

    async def code() -> str:
        return str((await client(floor, "sofia").get(path)).json().get("code"))

    await eventually(code, lambda found: found == "signature.person_left")


READS = {
    "acta": "read_enrolments",
    "acta.html": "read_enrolments",
    f"acta/verify?hash={'0' * 64}": "read_enrolments",
    "quiz/bank": "publish_material",
    f"evidence/{'0' * 64}": "read_evidence",
    "quiz": "sign_training",
}
STATUS = {"quiz/bank": 404, f"evidence/{'0' * 64}": 404, "quiz": 409}


async def test_each_role_reads_what_is_its_own(floor: Floor) -> None:
    view = await floor.approved()
    for role in (role for role in Role if role is not Role.SYSTEM):
        mine, theirs = floor.of(role, "nobody"), floor.house.as_(role, tenant="osce")
        for part, operation in READS.items():
            may, path = PERMISSIONS.allow(operation, frozenset({role})), f"/trainings/{view['id']}"
            own, foreign = await mine.get(f"{path}/{part}"), await theirs.get(f"{path}/{part}")
            assert own.status_code == (STATUS.get(part, 200) if may else 403), (role, part)
            assert foreign.status_code == (404 if may else 403), (role, part)


@pytest.mark.parametrize(
    "change",
    [
        {"questions": []},
        {"questions": [{"text": "¿?", "options": ["a"], "correct": ["a"]}]},
        {"questions": [{"text": "¿?", "options": ["a", "b"], "correct": ["c"]}]},
        {"questions": QUESTIONS, "draw": 4},
        {"questions": QUESTIONS, "trigger": "boredom"},
        {"questions": QUESTIONS, "ends_at": "2026-07-01T10:00:00"},
    ],
)
async def test_a_quiz_that_cannot_be_is_refused(floor: Floor, change: dict[str, Any]) -> None:
    view = await floor.approved()
    answer = await floor.post(Role.TRAINER, view, "quiz", **change)
    assert answer.status_code == 422, answer.text
    assert (await floor.plan(view["id"]))["version"] == view["version"]
