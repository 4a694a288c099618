"""The documents desk: every status with every command, its hours, and the proof of a notice."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from shutil import copytree

import pytest

from services.intake.correspondence import facts_of
from services.intake.dossiers.domain import HOLDER, LIFECYCLE, RULES, Action, Dossier, Status
from services.intake.dossiers.domain import model as m
from services.intake.dossiers.domain.model import Notification
from services.intake.dossiers.policy import (
    SECTION,
    DocumentsPolicy,
    DocumentsSection,
    documents_policy,
)
from services.intake.letterbox.policy import SECTION as LETTERBOX
from services.intake.letterbox.policy import DeskName, LetterboxSection, letterbox_of
from services.intake.rules.promise import USER_WAIT
from shared.clock import Step, sentence
from shared.contracts import dossiers as told
from shared.decider import Invalid
from shared.policy import Reading, check, load_tenants
from tests.support.diagrams import diagram
from tests.unit.intake.public.bench import PAGE, TENANTS, WORDS, Case, lima, policy_of

ILLEGAL = "dossier.illegal_transition"
PRESENT = m.Present("EXP-2026-000001", "registry", WORDS)
PROOF = m.Acknowledge("receipt", "2026-0815", lima(1, 11), WORDS)
COMMANDS = {
    Action.PRESENT: PRESENT,
    Action.ACCEPT: m.Accept(),
    Action.OBSERVE: m.Observe("Falta la firma."),
    Action.REQUIRE: m.Require("Adjunte la vigencia de poder."),
    Action.ADD: m.Add(WORDS),
    Action.REJECT: m.Reject("No es de nuestra competencia."),
    Action.RESOLVE: m.Resolve(WORDS),
    Action.NOTIFY: m.Notify("mail"),
    Action.ACKNOWLEDGE: PROOF,
    Action.BOUNCE: m.Bounce("5.1.1"),
}
MATRIX = {
    "new": "present→received",
    "received": "accept→in_process observe→observed add→received reject→rejected",
    "observed": "add→received reject→rejected",
    "in_process": "require→required add→in_process resolve→resolved",
    "required": "add→in_process resolve→resolved reject→rejected",
    "resolved": "add→resolved notify→notifying",
    "notifying": "add→notifying notify→notifying acknowledge→notified",
    "notified": "",
    "rejected": "add→received",
}


def presented(at: datetime | None = None) -> Case[Dossier]:
    """Presented on Wednesday 1 July at ten when nothing else is said."""
    case = Case(RULES, Dossier())
    case.give(PRESENT, at or lima(1))
    return case


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("action", Action)
def test_every_status_with_every_command(status: Status, action: Action) -> None:
    sent = (Notification(1, "mail", lima(1, 10)),)
    lapsed = lima(1, 13) if status is Status.REJECTED else None
    ready = replace(presented().state, status=status, notifications=sent, lapsed_by=lapsed)
    case = Case(RULES, Dossier() if status is Status.NEW else ready, lima(1, 12))
    end = dict(step.split("→") for step in MATRIX[status].split()).get(action)
    if action is Action.BOUNCE and status is not Status.NEW:
        end = status
    if end is None:
        assert case.refusal(COMMANDS[action]) == ILLEGAL
        return
    assert len(case.give(COMMANDS[action])) == 1
    assert case.state.status == end


def test_every_status_is_reached_and_has_a_holder() -> None:
    assert {*LIFECYCLE.steps.values(), Status.NEW} == set(Status) == set(HOLDER)


@pytest.mark.parametrize(
    ("at", "counts"),
    [
        (lima(1, 8, 30), lima(1, 8, 30)),
        (lima(1, 16, 30), lima(1, 16, 30)),
        (lima(1, 16, 30, 1), lima(2, 8, 30)),
        (lima(1, 18) + timedelta(hours=4), lima(2, 8, 30)),
        (lima(1, 8, 29, 59), lima(2, 8, 30)),
        (lima(4, 10), lima(6, 8, 30)),
        (lima(28, 10), lima(30, 8, 30)),
    ],
    ids=["opening", "closing", "a second late", "night", "before opening", "saturday", "holiday"],
)
def test_what_comes_outside_the_hours_counts_the_next_business_day(
    at: datetime, counts: datetime
) -> None:
    case = presented(at)
    (received,) = case.all_of(told.DossierReceived)
    assert (received.received_at, received.effective_received_at) == (at, counts)


def test_a_file_tells_by_which_way_it_came() -> None:
    def channel(command: m.Present) -> str:
        (event,) = Case(RULES, Dossier()).give(command, lima(1))
        assert isinstance(event, told.DossierReceived)
        return event.channel

    assert channel(PRESENT) == "documents-desk"
    assert channel(replace(PRESENT, channel="mail")) == "mail"


def test_an_account_may_read_before_opening_as_the_same_day() -> None:
    policy = policy_of().public.documents
    reading = Reading(value="same_day", source="B:L771-774")
    tenant = replace(policy.tenant, readings={"documents.before_opening": reading})
    assert DocumentsPolicy(tenant, policy.section).received(lima(1, 7)) == lima(1, 8, 30)


def test_the_term_counts_from_when_it_counts_as_received() -> None:
    assert presented(lima(1, 17)).state.due_at == presented(lima(2, 9)).state.due_at


def test_what_is_not_put_right_in_time_is_rejected_once() -> None:
    case = presented()
    (observed,) = case.give(COMMANDS[Action.OBSERVE])
    assert isinstance(observed, told.DossierObserved)
    assert observed.deadline.due_at == lima(3, 16, 30)
    assert case.state.holder == "user"
    (lapsed,) = case.wake()
    assert isinstance(lapsed, told.DossierRejected)
    assert (lapsed.lapsed, RULES.next_due(case.state)) == (True, None)


def test_what_had_come_in_time_is_taken_up_though_the_clock_was_quicker() -> None:
    case = presented()
    case.give(COMMANDS[Action.OBSERVE])
    by = case.state.correct_by
    assert by is not None
    case.wake()
    case.give(m.Add(WORDS), by)
    assert (case.state.status, standing(case)) == (Status.RECEIVED, "running")
    # he had it for two days and a half
    assert case.state.due_at == lima(21, 15, month=8)
    case.give(COMMANDS[Action.REJECT], lima(6))
    case.at = by
    assert case.refusal(m.Add(WORDS)) == ILLEGAL


def test_what_came_late_ends_with_its_term() -> None:
    case = presented()
    case.give(COMMANDS[Action.OBSERVE])
    case.wake()
    case.at = lima(3, 16, 30, 1)
    assert case.refusal(m.Add(WORDS)) == ILLEGAL


def test_a_letter_says_what_its_event_said() -> None:
    case = presented()
    (observed,) = case.give(COMMANDS[Action.OBSERVE])
    facts = facts_of(observed)
    assert facts == {"reason": "Falta la firma.", "due": lima(3, 16, 30).isoformat()}
    # what the user wrote is nobody's answer
    assert "text" not in facts_of(case.told[0])


def test_the_term_stands_still_while_the_user_has_the_file() -> None:
    case = presented()
    due = case.state.due_at
    assert due == lima(18, 16, 30, month=8)
    (observed,) = case.give(COMMANDS[Action.OBSERVE])
    assert isinstance(observed, told.DossierObserved)
    assert (observed.paused, standing(case)) == (True, "paused")
    # only what he must put right falls due
    assert RULES.next_due(case.state) == lima(3, 16, 30, 1)
    assert case.state.due_at > due
    (added,) = case.give(m.Add(WORDS), lima(2))
    assert isinstance(added, told.DossierAdded)
    assert added.deadline is not None
    assert (standing(case), case.state.correct_by) == ("running", None)
    assert case.state.due_at == added.deadline.due_at == lima(19, 16, 30, month=8)
    (wait,) = [step for step in added.deadline.steps if step.code == "wait_paused"]
    assert (wait.params["side"], wait.params["reason"]) == ("client", USER_WAIT)
    assert sentence(Step(wait.code, wait.params), "es") == (
        "pausa de mié 1 jul 2026 10:00 a jue 2 jul 2026 10:00, 8:00:00 hábiles:"
        " a la espera de la persona usuaria (cliente)"
    )


def test_all_that_the_user_waited_is_taken_out_and_nothing_twice() -> None:
    case = presented()
    steps = [COMMANDS[Action.OBSERVE], m.Add(WORDS), m.Add(WORDS), m.Accept()]
    steps += [COMMANDS[Action.REQUIRE], m.Add(WORDS), m.Add(WORDS)]
    for day, command in enumerate(steps, 1):
        case.give(command, lima(day if day < 4 else day + 2))
    # a day each: the 1st to the 2nd, and the 7th to the 8th
    assert case.state.due_at == lima(20, 16, 30, month=8)
    while case.wake():
        pass
    assert [event.share for event in case.all_of(told.DossierWarned)] == [50, 80]
    (breach,) = case.all_of(told.DossierDeadlineBreached)
    assert breach.due_at == lima(20, 16, 30, month=8)


def test_what_was_warned_of_before_the_wait_is_not_told_again() -> None:
    case = presented()
    case.give(m.Accept())
    case.wake()
    case.give(COMMANDS[Action.REQUIRE])
    case.give(m.Add(WORDS), lima(10, month=8))
    while case.wake():
        pass
    assert [event.share for event in case.all_of(told.DossierWarned)] == [50, 80]


def test_what_was_late_when_the_user_was_asked_stays_late() -> None:
    case = presented()
    case.give(m.Accept())
    due = case.state.due_at
    (required,) = case.give(COMMANDS[Action.REQUIRE], due + timedelta(seconds=1))
    assert isinstance(required, told.DossierRequired)
    assert (required.paused, RULES.next_due(case.state) is None) == (False, False)
    (added,) = case.give(m.Add(WORDS), due + timedelta(days=1))
    assert isinstance(added, told.DossierAdded)
    assert (added.deadline, case.state.due_at) == (None, due)


def test_mail_of_before_the_observation_waits_for_nobody() -> None:
    case = presented()
    case.give(COMMANDS[Action.OBSERVE], lima(1, 12))
    case.give(m.Add(WORDS), lima(1, 11))
    assert case.state.due_at == lima(18, 16, 30, month=8)


def test_a_file_of_before_goes_on_with_its_first_date() -> None:
    case = presented()
    case.give(COMMANDS[Action.OBSERVE])
    case.state = replace(case.state, promise=presented().state.promise)
    case.give(m.Add(WORDS), lima(2))
    assert (case.state.due_at, standing(case)) == (lima(18, 16, 30, month=8), "running")


def standing(case: Case[Dossier]) -> str:
    assert case.state.promise is not None
    return case.state.promise.state


def test_a_file_whose_user_is_silent_still_gets_its_end() -> None:
    case = presented()
    case.give(m.Accept())
    case.give(COMMANDS[Action.REQUIRE])
    waiting = case.state
    # long after its first date, which did not come nearer
    case.give(m.Resolve(WORDS), lima(20, month=9))
    assert (case.state.status, case.state.on_time) == (Status.RESOLVED, True)
    assert standing(case) == "met"
    case.state = waiting
    case.give(COMMANDS[Action.REJECT], lima(20))
    assert (case.state.status, RULES.next_due(case.state)) == (Status.REJECTED, None)


def test_warnings_and_the_breach_come_once_each() -> None:
    case = presented()
    case.give(m.Accept("seace"))
    while case.wake():
        pass
    assert [event.share for event in case.all_of(told.DossierWarned)] == [50, 80]
    (breach,) = case.all_of(told.DossierDeadlineBreached)
    assert (breach.holder, case.state.area) == ("area", "seace")


@pytest.mark.parametrize("at", [lima(6, 9, 59), lima(7, 10, 1)], ids=["before it left", "tomorrow"])
def test_a_receipt_lies_between_the_sending_and_now(at: datetime) -> None:
    case = presented()
    case.give(m.Accept())
    case.give(m.Resolve(WORDS), lima(6, 9))
    case.give(m.Notify("mail"), lima(6, 10))
    case.at = lima(7, 10)
    assert case.refusal(replace(PROOF, at=at)) == "dossier.receipt_time"
    assert case.refusal(replace(PROOF, at=lima(7), proof="palabra")) == "desk.unknown_choice"


@pytest.mark.parametrize(("number", "proved"), [(None, 2), (1, 1), (2, 2)])
def test_proof_is_of_the_notification_it_names_or_else_of_the_last(
    number: int | None, proved: int
) -> None:
    case = presented()
    case.give(m.Accept())
    case.give(m.Resolve(WORDS), lima(6, 9))
    case.give(m.Notify("mail"), lima(6, 10))
    case.give(m.Notify("box"), lima(7, 10))
    case.at = lima(8)
    assert case.refusal(replace(PROOF, number=3)) == "dossier.notification_unknown"
    case.give(replace(PROOF, at=lima(7, 12), number=number))
    found = {one.number: one for one in case.state.notifications if one.proof}
    assert list(found) == [proved]
    assert (found[proved].proof, found[proved].file_number) == ("receipt", "2026-0815")
    assert found[proved].acknowledged_at == lima(7, 12)


ALL = load_tenants(TENANTS)


@pytest.mark.parametrize("name", [one for one in ALL if SECTION in ALL[one].documents])
def test_every_desk_that_ships_has_a_box_for_a_service_of_its_own(name: str) -> None:
    letterbox, policy = letterbox_of(ALL[name]), documents_policy(ALL[name])
    assert letterbox is not None
    assert policy is not None
    ways = [one.way for one in letterbox.boxes.values() if one.desk is DeskName.DOCUMENTS]
    assert ways
    for way in ways:
        policy.service(way)


def test_a_notice_that_nobody_can_reply_to_is_told(tmp_path: Path) -> None:
    copytree(TENANTS / "osce", tmp_path / "osce")
    kinds = {SECTION: DocumentsSection, LETTERBOX: LetterboxSection}

    def told_of() -> list[tuple[str, str]]:
        found = [one for one in check(tmp_path, kinds) if one.rule == "no_reply_box"]
        lines = [one.file.read_text().splitlines()[one.line - 1] for one in found]
        return [(one.file.name, line[:8]) for one, line in zip(found, lines, strict=True)]

    assert told_of() == []
    file = tmp_path / "osce" / "letterbox.yaml"
    lines = file.read_text().splitlines()
    file.write_text("\n".join(one for one in lines if "desk: documents" not in one))
    assert told_of() == [("documents.yaml", "  reply:")]
    file.unlink()
    assert told_of() == [("documents.yaml", "  reply:")]


def test_an_account_without_a_desk_takes_nothing() -> None:
    with pytest.raises(Invalid, match=r"dossier\.not_taken"):
        _ = policy_of("comteco").public.documents


def test_the_page_shows_the_table() -> None:
    assert diagram(LIFECYCLE.steps) in PAGE.read_text(encoding="utf-8")
