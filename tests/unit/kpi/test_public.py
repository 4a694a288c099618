"""What the public's ways in add to the figures, against a recount by other code."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.kpi.families import Key
from services.kpi.kinds import KINDS, Life
from services.kpi.measures import Thing
from services.kpi.recounts import recount_of
from services.kpi.stories import Story, counts_of, fold
from services.kpi.things import THINGS
from shared.contracts import EventBody
from shared.contracts import consultations as c
from shared.contracts import dossiers as d
from shared.contracts import incidents as m
from shared.contracts import surveys as s
from shared.contracts import training as t
from shared.contracts import voices as v
from shared.contracts.stages import StageDeadline
from tests.unit.kpi.test_incidents import osce

HOUR = timedelta(hours=1)
AT = datetime(2026, 7, 6, 14, tzinfo=UTC)
TEXT = c.TextRef(id="t", digest="0" * 64)
DUE = StageDeadline(
    stage="reply",
    due_at=AT + 24 * HOUR,
    effective_at=AT,
    policy="2026-07",
    term="consultation.reply",
    amount=1,
)
LATER = DUE.model_copy(update={"due_at": AT + 48 * HOUR, "policy": "2026-08"})
CAME: dict[str, Any] = {
    "code": "X-1",
    "received_at": AT,
    "effective_received_at": AT,
    "deadline": DUE,
    "text": TEXT,
}
OWN: dict[str, Any] = {"plan_id": "p", "person_id": "rosa"}
LED: dict[str, Any] = {**OWN, "leader": False}
ASKED: dict[str, Any] = {"about": "intake.consultation", "case_id": "c"}
LIVES: dict[str, list[tuple[int, EventBody]]] = {
    "consultation": [
        (0, c.ConsultationReceived(channel="mail", **CAME)),
        (0, c.ConsultationDistributed(folder="legal", review=True)),
        (1, c.ConsultationEscalated(unit="norms-direction", reason="norma")),
        (1, c.ConsultationObserved(reason="redacción")),
        (2, c.ConsultationAnswered(
            text=TEXT,
            answered_at=AT + 2 * HOUR,
            on_time=True,
            checks=(),
            folder="legal",
            labels=("registration", "contract"),
        )),
        (3, c.ConsultationContinued(text=TEXT, deadline=LATER)),
        (5, c.ConsultationAnswered(
            text=TEXT, answered_at=AT + 5 * HOUR, on_time=False, checks=(), folder="legal"
        )),
    ],
    # answered, breached when the user wrote again, and what he wrote was thanks
    "heeded": [
        (0, c.ConsultationReceived(channel="mail", **CAME)),
        (2, c.ConsultationAnswered(
            text=TEXT, answered_at=AT + 2 * HOUR, on_time=True, checks=(), folder="rnp"
        )),
        (3, c.ConsultationContinued(text=TEXT, deadline=LATER)),
        (48, c.ConsultationDeadlineBreached(due_at=LATER.due_at, holder="assistant")),
        (49, c.ConsultationHeeded()),
    ],
    "channelled": [
        (0, c.ConsultationReceived(channel="mail", **CAME)),
        (1, c.ConsultationDistributed(folder="legal", review=True)),
        (24, c.ConsultationDeadlineBreached(due_at=AT + 24 * HOUR, holder="assistant")),
        (25, c.ConsultationChannelled(
            summary="s",
            description="d",
            area="seace",
            origin="user",
            channel="mail",
            channelled_at=AT + 25 * HOUR,
            on_time=False,
        )),
        (26, c.ConsultationResumed(outcome="solved", deadline=LATER)),
        (48, c.ConsultationDeadlineBreached(due_at=LATER.due_at, holder="assistant")),
        (49, c.ConsultationAnswered(
            text=TEXT, answered_at=AT + 49 * HOUR, on_time=False, checks=(), folder="legal"
        )),
    ],
    "dossier": [
        (0, d.DossierReceived(service="norm-opinion", area="norms", channel="mail", **CAME)),
        (1, d.DossierObserved(reason="falta firma", deadline=DUE)),
        (2, d.DossierWarned(share=80, due_at=AT + 24 * HOUR, holder="user")),
        (3, d.DossierDeadlineBreached(due_at=AT + 3 * HOUR, holder="user")),
        (4, d.DossierAdded(text=TEXT, received_at=AT + 4 * HOUR, effective_received_at=AT)),
        (4, d.DossierAccepted(area="norms")),
        (6, d.DossierResolved(text=TEXT, resolved_at=AT + 6 * HOUR, on_time=True)),
        (6, d.DossierNotified(number=1, means="mail", sent_at=AT + 6 * HOUR, text=TEXT)),
        (7, d.DossierAcknowledged(
            number=1, proof="cargo", file_number="7", acknowledged_at=AT, person=TEXT
        )),
    ],
    # ended by the clock before the correction that had come in time was read
    "taken_up": [
        (0, d.DossierReceived(service="norm-opinion", area="norms", **CAME)),
        (1, d.DossierObserved(reason="falta firma", deadline=DUE)),
        (4, d.DossierRejected(reason="not_corrected", lapsed=True)),
        (4, d.DossierAdded(text=TEXT, received_at=AT + 4 * HOUR, effective_received_at=AT)),
        (4, d.DossierAccepted(area="norms")),
        (6, d.DossierResolved(text=TEXT, resolved_at=AT + 6 * HOUR, on_time=True)),
    ],
    # sent again, and proved twice, two months later
    "proved_late": [
        (0, d.DossierReceived(service="norm-opinion", area="norms", **CAME)),
        (6, d.DossierResolved(text=TEXT, resolved_at=AT + 6 * HOUR, on_time=True)),
        (6, d.DossierNotified(number=1, means="mail", sent_at=AT + 6 * HOUR, text=TEXT)),
        (900, d.DossierNotified(number=2, means="mail", sent_at=AT + 900 * HOUR, text=TEXT)),
        (1500, d.DossierAcknowledged(
            number=2, proof="cargo", file_number="7", acknowledged_at=AT, person=TEXT
        )),
        (1501, d.DossierAcknowledged(
            number=1, proof="cargo", file_number="7", acknowledged_at=AT, person=TEXT
        )),
    ],
    "suggestion": [
        (0, v.SuggestionReceived(channel="mail", code="S", received_at=AT, text=TEXT)),
        (1, v.SuggestionReferred(unit="rnp-direction", order="evaluar")),
        (3, v.SuggestionEvaluated(unit="rnp-direction", outcome="adopted", text=TEXT)),
        (4, v.SuggestionInformed(
            unit="rnp-direction", outcome="adopted", text=TEXT, informed_at=AT + 4 * HOUR
        )),
        (5, v.SuggestionImplemented(unit="rnp-direction", action="formulario nuevo")),
    ],
    "claim": [
        (0, v.ClaimReceived(channel="mail", code="R", received_at=AT, text=TEXT, deadline=DUE)),
        (1, v.ClaimDeadlineBreached(due_at=AT + HOUR, holder="officer")),
        (1, v.ClaimReferred(unit="seace-direction", order="evaluar")),
        (2, v.ClaimInformed(
            unit="seace-direction",
            outcome="founded",
            text=TEXT,
            informed_at=AT + 2 * HOUR,
            on_time=False,
        )),
    ],
    "survey": [
        (0, s.SurveyInvited(**ASKED, attended_by="person:rosa", expires_at=AT + 99 * HOUR)),
        (2, s.SurveyAnswered(
            **ASKED, scores={"time": 2, "trust": 5}, scale=5, satisfied=False, answered_at=AT
        )),
    ],
    "unanswered": [
        (0, s.SurveyInvited(**ASKED, expires_at=AT + HOUR)),
        (1, s.SurveyLapsed(**ASKED, expires_at=AT + HOUR)),
    ],
    "meeting": [
        (0, m.MeetingPlanned(
            team="improvement", on=AT.date(), objectives=("compromisos",), due_at=AT + 8 * HOUR
        )),
        (9, m.MeetingMissed(team="improvement", due_at=AT + 8 * HOUR)),
        (10, m.MeetingHeld(on=AT.date(), minutes="acta", duration=40, present=("uaus",))),
        (10, m.MeetingCommitted(
            number=1,
            text="t",
            owner="person:luz",
            due_on=AT.date(),
            due_at=AT + 30 * HOUR,
            area="seace",
        )),
        (10, m.MeetingCommitted(
            number=2, text="t", owner="area:rnp", due_on=AT.date(), due_at=AT + 30 * HOUR
        )),
        (20, m.MeetingFulfilled(number=1, note="listo", in_time=True, owner="person:luz")),
        (31, m.MeetingOverdue(number=2, owner="area:rnp", due_at=AT + 30 * HOUR)),
        (40, m.MeetingFulfilled(number=2, note="tarde", in_time=False)),
    ],
    "enrolment": [
        (0, t.EnrolmentOpened(**OWN)),
        (1, t.EnrolmentQuizTaken(attempt=1, correct=1, asked=4, score=25, passed=False, **LED)),
        (2, t.EnrolmentQuizTaken(attempt=2, correct=4, asked=4, score=100, passed=True, **LED)),
        (3, t.EnrolmentSigned(material_version=1, sha256="0" * 64, method="password", **LED)),
        (4, t.EnrolmentReopened(required_version=2, **OWN)),
        (5, t.EnrolmentSigned(material_version=2, sha256="1" * 64, method="password", **LED)),
    ],
    "session": [
        (0, t.SessionScheduled(
            plan_id="p",
            trainer="mario",
            starts_at=AT + HOUR,
            ends_at=AT + 2 * HOUR,
            capacity=9,
            people=("rosa", "ines"),
        )),
        (2, t.SessionAttended(plan_id="p", present=("rosa",))),
        (3, t.SessionAttended(plan_id="p", present=("ines", "rosa"))),
    ],
}  # fmt: skip
OF = {
    "channelled": "consultation",
    "heeded": "consultation",
    "taken_up": "dossier",
    "proved_late": "dossier",
    "unanswered": "survey",
}
"""The thing whose life it is, where it is not called so."""


def thing(name: str) -> Thing:
    return THINGS[OF.get(name, name)]


def story(name: str, length: int = 99) -> Story:
    found = Story()
    for sequence, (hours, body) in enumerate(LIVES[name][:length], 1):
        at = AT + hours * HOUR
        found = fold(thing(name), found, body, at, sequence, "person:eva")
    return found


def counted(name: str, length: int) -> dict[tuple[str, str], int]:
    found = counts_of(thing(name), story(name, length), osce())
    return {(key, measure): n for key, own in found.items() for measure, n in own.items()}


def total(name: str, measure: str, length: int = 99, *, family: str = "", **values: str) -> int:
    return sum(
        amount
        for (key, told), amount in counted(name, length).items()
        if told == measure
        and family in {"", Key.parse(key).family}
        and values.items() <= Key.parse(key).dimensions.items()
    )


@pytest.mark.parametrize("name", LIVES)
def test_counts_equal_a_recount_after_every_event(name: str) -> None:
    history = [
        {
            "seq": sequence,
            "type": body.event_type,
            "at": AT + hours * HOUR,
            "actor": "person:eva",
            "data": body.model_dump(mode="json"),
        }
        for sequence, (hours, body) in enumerate(LIVES[name], 1)
    ]
    for length in range(1, len(history) + 1):
        service = thing(name).source.service
        recounted = recount_of(thing(name).name, {service: history[:length]}, osce())
        assert counted(name, length) == recounted


def test_consultations_of_the_virtual_channel() -> None:
    assert total("consultation", "received", folder="legal", channel="mail") == 1
    # two answers, each by person too, and the first one under each of its labels
    assert total("consultation", "answered") == 2 + 2 + 2
    assert total("consultation", "answered", reason="registration", folder="legal") == 1
    assert total("consultation", "answered", reason="contract") == 1
    assert total("consultation", "on_time") == 1
    assert total("consultation", "in_process") == 0
    # two working hours for the first answer, two from what the user wrote again
    assert total("consultation", "provider_seconds") == 4 * 3600
    assert total("consultation", "answered", person="person:eva") == 2


def test_a_consultation_that_goes_on_is_in_process_again() -> None:
    course = [total("consultation", "in_process", length) for length in range(1, 8)]
    # the last three events answer it, continue it and answer it again
    assert course == [1, 1, 1, 1, 0, 1, 0]


def test_thanks_for_an_answer_are_neither_an_answer_nor_a_promise_missed() -> None:
    def course(measure: str) -> list[int]:
        return [total("heeded", measure, length, folder="rnp") for length in range(2, 6)]

    assert course("in_process") == [0, 1, 1, 0]
    assert course("overdue") == [0, 0, 1, 0]
    assert course("kept") == [1, 1, 1, 1]
    assert course("late") == [0, 0, 0, 0]
    assert total("heeded", "answered", person="person:eva") == 1
    assert total("heeded", "continued") == 1
    assert total("heeded", "provider_seconds") == 2 * 3600


@pytest.mark.parametrize(
    ("name", "versions"),
    [
        ("consultation", {"2026-07": 1, "2026-08": 1}),
        ("dossier", {"2026-07": 1}),
        ("claim", {"2026-07": 1}),
        ("suggestion", {}),
    ],
)
def test_promises_tell_the_policy_they_were_given_by(name: str, versions: dict[str, int]) -> None:
    found = {
        Key.parse(key).dimensions["policy"]: amount
        for (key, measure), amount in counted(name, 99).items()
        if measure == "promised"
    }
    assert found == versions


def test_what_is_overdue_counts_as_missed_before_it_is_answered() -> None:
    def course(name: str, measure: str, *lengths: int) -> list[int]:
        return [total(name, measure, length) for length in lengths]

    # breached, channelled late, resumed with a new promise, breached again, answered late
    assert course("channelled", "overdue", 2, 3, 4, 5, 6, 7) == [0, 1, 0, 0, 1, 0]
    assert course("channelled", "late", 2, 3, 4, 5, 6, 7) == [0, 0, 1, 1, 1, 2]
    assert total("channelled", "channelled", folder="legal") == 1
    assert total("channelled", "channelled_on_time") == total("channelled", "kept") == 0
    assert (total("consultation", "kept"), total("consultation", "late")) == (1, 1)
    assert course("dossier", "overdue", 3, 4, 6, 7) == [0, 1, 1, 0]
    assert total("dossier", "kept") == 1
    assert course("claim", "overdue", 1, 2, 3, 4) == [0, 1, 1, 0]
    assert (total("claim", "kept"), total("claim", "late")) == (0, 1)


@pytest.mark.parametrize(
    ("name", "course"),
    [
        # of the last: as it runs, is breached, is channelled late, gets a new promise, and so on
        ("consultation", "r r r r m mr mb"),
        ("channelled", "r r b b br bb bb"),
        ("heeded", "r m mr mb m"),
        ("dossier", "r r r b b b m m m"),
        ("taken_up", "r r - r r m"),
        ("claim", "r b b b"),
        ("suggestion", "- - - - -"),
    ],
)
def test_promises_as_they_stand_are_what_alerts_are_about(name: str, course: str) -> None:
    stage = OF.get(name, name)
    hows = {"m": "met", "b": "breached", "r": "running"}
    for length, told in enumerate(course.split(), 1):
        found = {how: total(name, how, length, stage=stage) for how in hows.values()}
        assert found == {how: told.count(letter) for letter, how in hows.items()}, (length, told)


@pytest.mark.parametrize(
    ("name", "course"),
    [
        ("consultation", "p p p p - p -"),
        ("heeded", "p - p p -"),
        ("dossier", "p c c c p p - - -"),
        ("taken_up", "p c - - p -"),
        ("suggestion", "p p p - -"),
        ("claim", "p p p -"),
    ],
)
def test_what_waits_for_an_answer_is_told_by_whose_turn_it_is(name: str, course: str) -> None:
    sides = {"p": "provider", "c": "client"}
    for length, told in enumerate(course.split(), 1):
        for letter, side in sides.items():
            found = total(name, "open", length, desk=OF.get(name, name), side=side)
            assert found == told.count(letter), (length, side)


def test_files_tell_whose_time_it_took() -> None:
    assert total("dossier", "observed", area="norms", type="norm-opinion") == 1
    assert total("dossier", "resolved", channel="mail") == 1
    assert total("taken_up", "resolved", channel="other") == 1
    assert total("taken_up", "rejected", 3) == total("taken_up", "lapsed", 3) == 1
    assert total("taken_up", "rejected") == total("taken_up", "lapsed") == 0
    assert total("taken_up", "client_seconds") == 3 * 3600
    assert total("dossier", "client_seconds") == 3 * 3600
    assert total("dossier", "provider_seconds") == 3 * 3600
    assert total("dossier", "acknowledged") == total("dossier", "notified") == 1


def test_a_proof_counts_on_the_day_of_the_notice_it_proves() -> None:
    """Or a month's proofs would be of another month's notices, and more than there were."""
    days = {
        (measure, Key.parse(key).period)
        for (key, measure) in counted("proved_late", 99)
        if measure in {"notified", "acknowledged"}
    }
    assert days == {("notified", "2026-07-06"), ("acknowledged", "2026-07-06")}
    assert [total("proved_late", "acknowledged", n) for n in (3, 4, 5, 6)] == [0, 0, 1, 1]


def test_suggestions_by_organ_and_what_came_of_them() -> None:
    assert total("suggestion", "received", unit="rnp-direction") == 1
    assert total("suggestion", "implemented", unit="rnp-direction") == 1
    assert total("suggestion", "evaluated", outcome="adopted") == 1
    assert total("suggestion", "judged") == 0
    assert total("claim", "judged") == 1
    assert total("claim", "on_time") == 0


def test_satisfaction_by_driver_and_by_who_attended() -> None:
    asked = {"about": "intake.consultation"}
    assert total("survey", "invited", **asked) == total("survey", "answered", **asked) - 1 == 1
    assert total("survey", "answered", person="person:rosa", **asked) == 1
    assert total("survey", "satisfied") == 0
    for driver, points in (("time", 2), ("trust", 5)):
        assert total("survey", "scored", driver=driver, **asked) == 1
        assert total("survey", "points", driver=driver, **asked) == points
    assert total("unanswered", "lapsed", **asked) == total("unanswered", "invited") == 1
    assert total("unanswered", "answered") == 0


def test_commitments_are_of_the_person_who_took_them_on() -> None:
    luz = {"person": "person:luz"}
    assert total("meeting", "committed", area="seace", **luz) == 1
    assert total("meeting", "in_time", **luz) == 1
    assert total("meeting", "overdue", **luz) == 0
    # an area's is of no person
    assert total("meeting", "overdue", person="other") == 1


def test_meetings_and_what_was_promised_there() -> None:
    assert [total("meeting", "missed", length) for length in (1, 2, 3)] == [0, 1, 0]
    assert total("meeting", "held", team="improvement") == 1
    assert total("meeting", "committed", family="meetings", area="seace") == 1
    assert total("meeting", "committed", family="meetings", team="improvement") == 2
    assert total("meeting", "fulfilled") == 2
    ends = [total("meeting", how, family="meetings") for how in ("in_time", "overdue")]
    assert ends == [1, 1]


def test_replications_by_person_and_sessions_by_trainer() -> None:
    rosa = {"person": "person:rosa"}
    assert total("enrolment", "assigned", **rosa) == total("enrolment", "passed", **rosa) == 1
    assert total("enrolment", "taken", **rosa) == 2
    # what a substantial change reopened is to be signed again
    assert [total("enrolment", "signed", length, **rosa) for length in (4, 5, 6)] == [1, 0, 1]
    # a list of who was there that was corrected counts as it is now
    assert [total("session", "attended", length) for length in (1, 2, 3)] == [0, 1, 2]
    assert total("session", "attended", **rosa) == 1
    assert total("session", "held", person="person:mario") == 1


@pytest.mark.parametrize(
    ("name", "length", "life"),
    [
        ("consultation", 4, Life(AT)),
        ("consultation", 5, Life(AT, AT + 2 * HOUR, "answered", on_time=True)),
        ("consultation", 6, Life(AT)),  # the user wrote again
        ("consultation", 7, Life(AT, AT + 5 * HOUR, "answered", on_time=False)),
        ("heeded", 4, Life(AT)),
        ("heeded", 99, Life(AT, AT + 2 * HOUR, "answered", on_time=True)),
        ("dossier", 99, Life(AT, AT + 6 * HOUR, "resolved", on_time=True)),
        ("suggestion", 99, Life(AT, AT + 4 * HOUR, "informed")),
        ("claim", 99, Life(AT, AT + 2 * HOUR, "informed", on_time=False)),
    ],
)
def test_a_list_of_cases_tells_the_end_that_stands(name: str, length: int, life: Life) -> None:
    (_, first), *_ = LIVES[name]
    told = KINDS[OF.get(name, name)].life(story(name, length))
    assert told == replace(life, code=first.model_dump()["code"])
