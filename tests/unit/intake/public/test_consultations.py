"""Consultations: every status with every command, the 24 hours, and who lets an answer leave."""

from dataclasses import replace
from pathlib import Path
from shutil import copytree

import pytest

from services.intake.consultations.domain import LIFECYCLE, RULES, Action, Consultation, Status
from services.intake.consultations.domain import model as m
from services.intake.consultations.domain.lifecycle import ENDED, HOLDER
from services.intake.consultations.policy import SECTION, ConsultationSection
from shared.contracts import consultations as told
from shared.contracts.consultations import TextRef
from shared.decider import Called, Invalid
from shared.policy import Finding, check
from tests.support.diagrams import diagram
from tests.support.incidents import policy_of as incidents_policy_of
from tests.unit.intake.public.bench import PAGE, TENANTS, WORDS, Case, lima, policy_of

ILLEGAL = "consultation.illegal_transition"
ALL_CHECKS = ("wording", "content", "spelling", "signature")
RECEIVE = m.Receive("CON-2026-000001", "mail", WORDS)
COMMANDS = {
    Action.RECEIVE: RECEIVE,
    Action.DISTRIBUTE: m.Distribute("seace"),
    Action.LABEL: m.Label(("platform",)),
    Action.DRAFT: m.Draft(WORDS),
    Action.ESCALATE: m.Escalate("seace-direction", "No está en la base."),
    Action.RETURN: m.Return(WORDS),
    Action.CHANNEL: m.Channel("Cae", "No carga desde hoy.", "seace", "system", "inc-1"),
    Action.RESUME: m.Resume("solved", "inc-1"),
    Action.SUBMIT: m.Submit(),
    Action.APPROVE: m.Approve(),
    Action.OBSERVE: m.Observe("Falta citar la directiva."),
    Action.SEND: m.Send(ALL_CHECKS),
    Action.DISCARD: m.Discard("Publicidad."),
    Action.WRITE: m.Write(WORDS),
    Action.HEED: m.Heed(),
    Action.BOUNCE: m.Bounce("5.1.1"),
}
# what each status does with each action; `=` stays, and what is not named is illegal
MATRIX = {
    "new": "receive→received",
    "received": "distribute→in_attention channel→channelled label= discard→discarded write="
    " bounce=",
    "in_attention": "distribute= label= draft= channel→channelled escalate→escalated"
    " submit→in_review send→answered discard→discarded write= heed→answered bounce=",
    "escalated": "label= return→in_attention discard→discarded write= bounce=",
    "channelled": "label= resume→in_attention write= bounce=",
    "in_review": "label= approve→approved observe→observed write→in_attention bounce=",
    "observed": "distribute→in_attention channel→channelled label= draft→in_attention"
    " escalate→escalated discard→discarded write→in_attention heed→answered bounce=",
    "approved": "distribute→in_attention channel→channelled label= draft→in_attention send→answered"
    " discard→discarded write→in_attention heed→answered bounce=",
    "answered": "write→in_attention bounce=",
    "discarded": "write→received bounce=",
}


def consultation() -> Case[Consultation]:
    """Received by mail on Wednesday 1 July at ten."""
    case = Case(RULES, Consultation())
    case.give(RECEIVE, lima(1))
    return case


def expected(status: Status) -> dict[str, str]:
    found = {}
    for step in MATRIX[status].split():
        action, _, end = step.replace("=", "→=").partition("→")
        found[action] = status.value if end == "=" else end
    return found


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("action", Action)
def test_every_status_with_every_command(status: Status, action: Action) -> None:
    state = consultation().state if status is not Status.NEW else Consultation()
    ready = replace(state, status=status, draft="t-1", digest="0" * 64, drafted_by="person:eva")
    ready = replace(ready, review=False, earlier=m.Sent("t-0", "0" * 64, "person:eva", None, None))
    case = Case(RULES, ready, lima(1, 11))
    end = expected(status).get(action)
    if end is None and action is Action.RESUME:
        # news of an incident that is legitimately late moves nothing
        assert case.give(COMMANDS[action]) == []
        return
    if end is None:
        assert case.refusal(COMMANDS[action]) == ILLEGAL
        return
    events = case.give(COMMANDS[action])
    assert case.state.status == end
    assert len(events) == 1


def test_every_status_is_reached_and_has_a_holder() -> None:
    assert {*LIFECYCLE.steps.values(), Status.NEW} == set(Status) == set(HOLDER)


@pytest.mark.parametrize(
    ("received", "due"),
    [
        (lima(1, 10), lima(2, 10)),
        (lima(24, 16, 30), lima(27, 16, 30)),
        # after the cut-off it counts from the next business day
        (lima(24, 16, 30, 1), lima(30, 8, 30)),
        (lima(25, 9), lima(30, 8, 30)),
    ],
    ids=["in hours", "at the cut-off", "a second late", "on a saturday"],
)
def test_twenty_four_hours_with_the_cut_off(received: object, due: object) -> None:
    case = Case(RULES, Consultation())
    case.give(RECEIVE, received)  # type: ignore[arg-type]
    assert case.state.due_at == due


def test_an_answer_of_the_legal_folder_leaves_only_when_approved() -> None:
    case = consultation()
    case.give(m.Distribute("legal"))
    assert case.refusal(m.Submit()) == "consultation.not_drafted"
    case.give(m.Draft(WORDS), actor="person:ana")
    assert case.refusal(m.Send(ALL_CHECKS)) == "consultation.not_approved"
    case.give(m.Submit())
    assert case.refusal(m.Approve(), actor="person:ana") == "consultation.own_draft"
    assert case.refusal(m.Observe("x"), actor="person:ana") == "consultation.own_draft"
    case.give(m.Observe("Cite la directiva."), actor="person:luz")
    assert case.refusal(m.Send(ALL_CHECKS)) == ILLEGAL
    case.give(m.Draft(WORDS))
    case.give(m.Submit())
    case.give(m.Approve(), actor="person:luz")
    # whatever changes after the approval takes it away
    for change in (m.Draft(WORDS), m.Write(WORDS), m.Distribute("legal")):
        other = Case(RULES, case.state, case.at)
        other.give(change)
        assert other.refusal(m.Send(ALL_CHECKS)) == "consultation.not_approved"
    assert case.refusal(m.Send(("wording",))) == "consultation.unchecked"
    (answered,) = case.give(m.Send(ALL_CHECKS), lima(2, 10))
    assert isinstance(answered, told.ConsultationAnswered)
    assert answered.on_time
    assert answered.folder == "legal"


def test_another_folder_needs_a_draft_and_the_last_look_only() -> None:
    case = consultation()
    case.give(m.Distribute("seace"))
    assert case.refusal(m.Send(ALL_CHECKS)) == "consultation.not_drafted"
    case.give(m.Draft(WORDS))
    case.give(m.Send(ALL_CHECKS))
    assert (case.state.status, case.state.answered_by) == (Status.ANSWERED, "person:ana")


def test_warnings_and_the_breach_come_once_each_and_late_is_late() -> None:
    case = consultation()
    while case.wake():
        pass
    shares = [event.share for event in case.all_of(told.ConsultationWarned)]
    (breach,) = case.all_of(told.ConsultationDeadlineBreached)
    assert shares == [50, 80]
    assert (breach.due_at, breach.holder) == (lima(2), "coordinator")
    assert breach.notify == ("channel_coordinator", "supervisor")
    case.give(m.Distribute("rnp"))
    case.give(m.Draft(WORDS))
    (answered,) = case.give(m.Send(ALL_CHECKS), lima(3))
    assert not answered.on_time  # type: ignore[attr-defined]
    assert RULES.next_due(case.state) is None


def test_a_user_who_writes_after_the_answer_is_promised_another() -> None:
    case = consultation()
    case.give(m.Distribute("rnp"))
    case.give(m.Draft(WORDS))
    case.give(m.Write(WORDS), lima(1, 11))
    assert case.state.due_at == lima(2)  # nothing was answered yet: the first word counts
    case.give(m.Send(ALL_CHECKS), lima(1, 12))
    case.give(m.Write(WORDS), lima(6))
    assert (case.state.status, case.state.due_at) == (Status.IN_ATTENTION, lima(7))
    assert case.refusal(m.Send(ALL_CHECKS)) == "consultation.not_drafted"


def answered() -> Case[Consultation]:
    """Received on Wednesday at ten, and answered at noon."""
    case = consultation()
    case.give(m.Distribute("rnp"))
    case.give(m.Draft(WORDS))
    case.give(m.Send(ALL_CHECKS), lima(1, 12))
    return case


def test_thanks_for_an_answer_are_read_and_the_answer_stands() -> None:
    case = answered()
    sent = case.state
    assert sent.on_time
    for after in ((), (m.Draft(TextRef(id="t-2", digest="1" * 64)), m.Submit(), m.Observe("No."))):
        case.give(m.Write(WORDS), lima(6))
        for command in after:
            case.give(command, actor="person:luz" if isinstance(command, m.Observe) else "x")
        assert case.give(m.Heed(), lima(6, 12), "person:eva") == [told.ConsultationHeeded()]

        promise = case.state.promise
        assert promise is not None
        assert (promise.due_at, promise.state, RULES.next_due(case.state)) == (
            lima(7),
            "cancelled",
            None,
        )
        # all the rest is as when it was answered, by whom and when and what
        assert replace(case.state, promise=sent.promise, due_at=sent.due_at) == sent
        assert case.refusal(m.Heed()) == ILLEGAL
    assert len(case.all_of(told.ConsultationAnswered)) == 1


@pytest.mark.parametrize(
    "since",
    [
        (m.Discard("Publicidad."), m.Write(WORDS), m.Distribute("rnp")),
        # of its end the user is still to be told
        (COMMANDS[Action.CHANNEL], m.TakeBack()),
    ],
    ids=["discarded since", "an incident since"],
)
def test_nothing_but_an_answer_that_was_written_on_stands_again(since: tuple[object, ...]) -> None:
    never = consultation()
    never.give(m.Distribute("rnp"))
    never.give(m.Write(WORDS))
    assert never.refusal(m.Heed()) == "consultation.not_answered"
    case = answered()
    for command in (m.Write(WORDS), *since):
        case.give(command)
    assert case.refusal(m.Heed()) == "consultation.not_answered"


def test_an_incident_ends_the_first_promise_and_its_end_begins_another() -> None:
    case = consultation()
    (channelled,) = case.give(COMMANDS[Action.CHANNEL], lima(1, 12))
    assert isinstance(channelled, told.ConsultationChannelled)
    assert (channelled.channel, channelled.on_time) == ("mail", True)
    assert RULES.next_due(case.state) is None
    case.give(m.Resume("solved", "inc-1"), lima(7))
    assert (case.state.status, case.state.due_at) == (Status.IN_ATTENTION, lima(8))
    # the answer of one that the coordinator has not put into a folder is approved first
    case.give(m.Draft(WORDS))
    assert case.refusal(m.Send(ALL_CHECKS)) == "consultation.not_approved"
    case.give(m.Distribute("seace"))
    assert case.give(m.Send(ALL_CHECKS))
    other = consultation()
    assert other.refusal(m.Channel("x", "y", "luna", "system", "inc-2")) == "desk.unknown_choice"


def test_one_that_became_an_incident_can_be_taken_back() -> None:
    case = consultation()
    assert case.refusal(m.TakeBack()) == ILLEGAL
    case.give(COMMANDS[Action.CHANNEL])
    (resumed,) = case.give(m.TakeBack(), lima(7))
    assert isinstance(resumed, told.ConsultationResumed)
    assert (resumed.outcome, case.state.due_at) == ("taken_back", lima(8))
    assert case.give(m.Resume("solved", "inc-1"), lima(8)) == []


def test_what_the_tiers_answered_is_a_draft_to_be_sent_the_same_day() -> None:
    case = consultation()
    case.give(COMMANDS[Action.CHANNEL])
    answer = m.Resume("solved", "inc-1", WORDS, "person:tomas")
    case.give(answer, lima(7, 9))

    assert (case.state.draft, case.state.drafted_by) == (WORDS.id, "person:tomas")
    assert case.state.due_at == lima(7, 16, 30)
    case.give(m.Submit())
    assert case.refusal(m.Approve(), actor="person:tomas") == "consultation.own_draft"


def test_one_that_was_taken_back_becomes_another_incident_and_waits_for_that_one() -> None:
    case = consultation()
    case.give(COMMANDS[Action.CHANNEL])
    case.give(m.TakeBack(), lima(7))
    case.give(m.Channel("Otra vez", "Sigue.", "seace", "system", "inc-2"), lima(7, 12))
    assert case.give(m.Resume("dismissed", "inc-1"), lima(8)) == []
    assert case.give(m.Resume("solved", "inc-2"), lima(8, 12))
    assert case.state.status == Status.IN_ATTENTION


def test_what_becomes_an_incident_goes_where_the_incidents_policy_knows() -> None:
    section = policy_of().public.consultations.section
    known = incidents_policy_of().section.classification
    assert section.incidents is not None
    assert set(section.incidents.areas) <= set(known.areas)
    assert set(section.incidents.origins) <= set(known.origins)
    assert {way.incident_channel for way in section.ways.values()} <= set(known.channels)


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("    uaus: {name: UAUS,", "    mesa: {name: UAUS,", "    uaus:"),
        ("    other: {es: Otro", "    rest: {es: Otro", "    other:"),
        ("mail, documents-desk", "letter, documents-desk", "  mail:"),
        ("classification:", "classified:", "  mail:"),
    ],
)
def test_a_word_that_the_tiers_do_not_have_is_told_with_its_line(
    tmp_path: Path, old: str, new: str, line: str
) -> None:
    copytree(TENANTS / "osce", tmp_path / "osce")
    kinds = {SECTION: ConsultationSection}

    def told_of() -> list[Finding]:
        return [one for one in check(tmp_path, kinds) if one.rule == "unknown_to_incidents"]

    assert told_of() == []
    file = tmp_path / "osce" / "incidents.yaml"
    file.write_text(file.read_text().replace(old, new))
    found = told_of()
    assert {(one.file.name, one.severity) for one in found} == {("consultations.yaml", "error")}
    lines = found[0].file.read_text().splitlines()
    assert any(lines[one.line - 1].startswith(line) for one in found)


def test_what_is_discarded_is_promised_nothing() -> None:
    case = consultation()
    case.give(m.Discard("Publicidad.", "suggestions"))
    assert case.state.status in ENDED
    assert case.state.promise is not None
    assert (case.state.promise.state, RULES.next_due(case.state)) == ("cancelled", None)


@pytest.mark.parametrize(
    ("to", "opened", "service"),
    [("suggestions", "f-1", ""), ("documents", "f-1", "registry"), ("", "", "")],
)
def test_a_case_is_opened_where_it_belongs(to: str, opened: str, service: str) -> None:
    case = consultation()
    case.give(m.Discard("No es una consulta.", to, "f-1", "registry"))
    assert (case.state.forwarded_to, case.state.forwarded_case) == (to, opened)
    (event,) = case.all_of(told.ConsultationDiscarded)
    assert event.service == service


def test_a_file_is_opened_for_a_service_of_the_catalogue_only() -> None:
    for service in ("", "otro"):
        command = m.Discard("Es un trámite.", "documents", "f-1", service)
        assert consultation().refusal(command) == "desk.unknown_choice"


def test_an_incident_is_channelled_and_not_only_named() -> None:
    command = m.Discard("Es una incidencia.", "incidents", "f-1")
    assert consultation().refusal(command) == "consultation.channel_instead"


@pytest.mark.parametrize(
    "command",
    [m.Distribute("otra"), m.Label(("otra",)), m.Discard("x", "otra")],
)
def test_a_choice_that_the_policy_does_not_know_is_refused(command: object) -> None:
    assert consultation().refusal(command) == "desk.unknown_choice"


def test_the_legal_limit_is_shown_where_answers_are_reviewed() -> None:
    policy = policy_of().public.consultations
    assert "Dirección Técnico Normativa" in policy.limit("legal", "es")
    assert policy.limit("seace", "es") == ""
    with pytest.raises(Invalid, match=r"consultation\.not_taken"):
        _ = policy_of("comteco").public.consultations


def test_the_page_shows_the_table() -> None:
    assert diagram(LIFECYCLE.steps) in PAGE.read_text(encoding="utf-8")


def test_a_refusal_names_what_is_said_by_its_key() -> None:
    policy = policy_of().public.consultations
    with pytest.raises(Invalid) as unknown:
        policy.folder("marte")
    known = unknown.value.fields["known"]
    assert isinstance(known, Called)
    assert (known, known.names["es"]) == ("seace, rnp, legal", "seace, rnp, legal")
    left = policy.unchecked(("wording", "spelling"))
    assert left is not None
    assert left == "content, signature"
    assert left.names["es"] == "content (Contenido), signature (Firma de identificación)"
    assert left.names["en"] == "content, signature"
    assert policy.unchecked(("wording", "spelling", "content", "signature")) is None
