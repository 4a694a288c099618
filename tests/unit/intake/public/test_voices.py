"""Suggestions and claims: every status with every command, the term of a claim, and the result."""

from dataclasses import replace

import pytest

from services.intake.voices.domain import HOLDER, LIFECYCLE, RULES, Action, Status, Voice
from services.intake.voices.domain import model as m
from services.intake.voices.domain.lifecycle import LIFECYCLES
from services.intake.voices.policy import VoiceKind
from shared.contracts import voices as told
from shared.decider import Invalid
from tests.support.diagrams import diagram
from tests.unit.intake.public.bench import PAGE, WORDS, Case, lima, policy_of

SUGGESTION, CLAIM = VoiceKind.SUGGESTION, VoiceKind.CLAIM
RECEIVE = m.Receive("SUG-2026-000001", "mail", WORDS)
REFER = m.Refer("seace-direction", "Proveído 12-2026: evalúe y comunique.")
EVALUATE = {SUGGESTION: m.Evaluate("adopted", WORDS), CLAIM: m.Evaluate("upheld", WORDS)}
COMMANDS = {
    Action.RECEIVE: RECEIVE,
    Action.REFER: REFER,
    Action.INFORM: m.Inform(),
    Action.IMPLEMENT: m.Implement("Se cambió el formulario."),
    Action.DISMISS: m.Dismiss("Es una consulta.", "consultations"),
    Action.ADD: m.Add(WORDS),
    Action.HEED: m.Heed(),
    Action.BOUNCE: m.Bounce("5.1.1"),
}
MATRIX = {
    "new": "receive→received",
    "received": "refer→referred dismiss→dismissed",
    "referred": "refer→referred evaluate→evaluated dismiss→dismissed",
    "evaluated": "evaluate→evaluated inform→informed implement→evaluated",
    "informed": "implement→informed heed→informed",
    "dismissed": "heed→dismissed",
}


def voice(kind: VoiceKind) -> Case[Voice]:
    """Received by mail on Wednesday 1 July at ten."""
    case = Case(RULES[kind], Voice())
    case.give(RECEIVE, lima(1))
    return case


@pytest.mark.parametrize("kind", VoiceKind)
@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("action", Action)
def test_every_status_with_every_command(kind: VoiceKind, status: Status, action: Action) -> None:
    known = {"unit": "rnp-direction", "answer": "t-1", "said_more": True}
    ready = replace(voice(kind).state, status=status, **known)
    case = Case(RULES[kind], Voice() if status is Status.NEW else ready, lima(1, 12))
    end = dict(step.split("→") for step in MATRIX[status].split()).get(action)
    if action in (Action.ADD, Action.BOUNCE) and status is not Status.NEW:
        end = status
    command = EVALUATE[kind] if action is Action.EVALUATE else COMMANDS[action]
    if end is None:
        assert case.refusal(command) == f"{kind}.illegal_transition"
        return
    (event,) = case.give(command)
    assert case.state.status == end
    # each says it in its own words, so that whoever hears one does not hear the other
    assert event.event_type.startswith(f"intake.{kind}.")


def test_both_have_one_table_and_every_status_has_a_holder() -> None:
    assert LIFECYCLES[SUGGESTION].steps == LIFECYCLES[CLAIM].steps
    assert {*LIFECYCLE.steps.values(), Status.NEW} == set(Status) == set(HOLDER)


def test_a_suggestion_is_promised_no_term_and_a_claim_thirty_days() -> None:
    suggestion, claim = voice(SUGGESTION), voice(CLAIM)
    assert (suggestion.state.promise, RULES[SUGGESTION].next_due(suggestion.state)) == (None, None)
    assert claim.state.due_at == lima(18, 16, 30, month=8)
    claim.give(REFER)
    while claim.wake():
        pass
    assert [event.share for event in claim.all_of(told.ClaimWarned)] == [50, 80]
    (breach,) = claim.all_of(told.ClaimDeadlineBreached)
    assert (breach.holder, breach.notify) == ("unit", ("claims_officer", "service_manager"))
    claim.give(EVALUATE[CLAIM])
    (informed,) = claim.give(m.Inform())
    assert isinstance(informed, told.ClaimInformed)
    assert informed.on_time is False


@pytest.mark.parametrize("kind", VoiceKind)
def test_what_is_said_after_the_end_is_seen_until_it_is_read(kind: VoiceKind) -> None:
    case = voice(kind)
    case.give(m.Add(WORDS))
    assert not case.state.said_more
    case.give(COMMANDS[Action.DISMISS] if kind is SUGGESTION else m.Dismiss("No lo es."))
    assert case.give(m.Heed()) == []
    case.give(m.Add(WORDS))
    assert case.state.said_more
    case.give(m.Heed())
    assert (case.state.said_more, case.state.status) == (False, Status.DISMISSED)


def test_the_result_says_what_the_yearly_report_needs() -> None:
    case = voice(SUGGESTION)
    case.give(REFER)
    case.give(EVALUATE[SUGGESTION])
    (informed,) = case.give(m.Inform(), lima(8))
    (done,) = case.give(m.Implement("Se cambió el formulario."), lima(20))
    assert isinstance(informed, told.SuggestionInformed)
    assert isinstance(done, told.SuggestionImplemented)
    assert (informed.unit, informed.outcome, informed.on_time) == (
        "seace-direction",
        "adopted",
        None,
    )
    assert (done.unit, done.action) == ("seace-direction", "Se cambió el formulario.")


@pytest.mark.parametrize(
    "command",
    [m.Refer("otra", "x"), m.Evaluate("otro", WORDS), m.Dismiss("x", "otra")],
)
def test_a_choice_that_the_policy_does_not_know_is_refused(command: object) -> None:
    case = voice(SUGGESTION)
    if isinstance(command, m.Evaluate):
        case.give(REFER)
    assert case.refusal(command) == "desk.unknown_choice"


@pytest.mark.parametrize("kind", VoiceKind)
def test_an_account_without_them_takes_none(kind: VoiceKind) -> None:
    with pytest.raises(Invalid, match=rf"{kind}\.not_taken"):
        policy_of("comteco").public.voice(kind)


def test_the_page_shows_the_table() -> None:
    assert diagram(LIFECYCLE.steps) in PAGE.read_text(encoding="utf-8")
