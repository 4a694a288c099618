"""Each step of the manual: who has the incident after it, and what is promised until when."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from services.incidents.domain.commands import (
    Attach,
    Classify,
    Command,
    Convert,
    Coordinate,
    Dismiss,
    Elevate,
    Extend,
    Forward,
    Observe,
    Reopen,
    Reply,
    Reroute,
    Return,
    Solve,
    Take,
    TellExtension,
    Validate,
)
from services.incidents.domain.stages import StageName, Standing
from services.incidents.views import incident_view
from shared.contracts.incidents import (
    IncidentBreached,
    IncidentClosed,
    IncidentConverted,
    IncidentForwarded,
    IncidentObserved,
    IncidentSolved,
)
from shared.contracts.stages import Estimate
from shared.decider import Invalid, NotAllowed, Rejected
from shared.store import Outcome
from tests.support.incidents import (
    ANSWER,
    DESK,
    QUESTION,
    SECOND,
    SOLUTION,
    THIRD,
    Case,
    at_tier_2,
    at_tier_3,
    lima,
    registered,
    validating,
)

CLOSE = (16, 30)
HOUR = 3_600


def test_the_ticket_comes_at_once_with_the_day_to_forward_and_the_response() -> None:
    case = registered(criticality="high")

    assert (case.state.ticket, case.state.holder) == ("INC-2026-000001", "tier1:uaus")
    assert case.stage(StageName.FORWARD).due_at == lima(1, *CLOSE)
    # AMB-3 as written: the worst has five business days
    assert case.stage(StageName.RESPOND).due_at == lima(8, *CLOSE)
    assert case.due == case.stage(StageName.FORWARD).warnings[0][1]


@pytest.mark.parametrize(("criticality", "day"), [("high", 8), ("medium", 7), ("low", 3), ("", 7)])
def test_the_response_is_by_criticality_as_the_manual_writes_it(criticality: str, day: int) -> None:
    case = registered(criticality=criticality)

    assert case.stage(StageName.RESPOND).due_at == lima(day, *CLOSE)
    assert case.state.criticality_given == bool(criticality)


def test_the_ticket_tells_the_line_and_the_point_that_it_came_by() -> None:
    case = registered(line="614-3636", point="ODES")

    assert (case.state.line, case.state.point, case.state.region) == (
        "614-3636",
        "odes",
        "regiones",
    )
    (event, _) = case.told[0]
    assert event.model_dump(mode="json")["line"] == "614-3636"
    plain, _ = registered().told[0]
    assert not {"line", "point", "region"} & plain.model_dump(mode="json").keys()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"line": "999"}, "incident.unknown_line"),
        ({"line": "614-3636", "channel": "mail"}, "incident.line_of_another_channel"),
        ({"point": "luna"}, "incident.unknown_point"),
    ],
)
def test_a_line_or_a_point_that_is_not_there_is_refused(changes: dict[str, str], code: str) -> None:
    with pytest.raises(Invalid) as refused:
        registered(**changes)
    assert refused.value.code == code


def test_a_report_after_hours_is_to_be_forwarded_on_the_next_business_day() -> None:
    exact, late = registered(lima(24, 16, 30)), registered(lima(24, 16, 31))

    assert exact.stage(StageName.FORWARD).due_at == lima(24, *CLOSE)
    assert late.stage(StageName.FORWARD).due_at == lima(27, *CLOSE)


def test_forwarding_gives_tier_2_its_term_and_its_day_to_elevate() -> None:
    told = Estimate(scope="type", sample=9, average_seconds=3_600, p90_seconds=7_200)
    case = registered()
    (event,) = case.give(Forward(told=told), lima(1, 11), DESK)

    assert isinstance(event, IncidentForwarded)
    assert event.told == told
    assert case.state.holder == "tier2:seace"
    assert case.stage(StageName.FORWARD).standing is Standing.MET
    assert case.stage(StageName.SOLVE_L2).due_at == lima(8, *CLOSE)
    assert case.stage(StageName.SOLVE_L2).earliest_at == lima(2, 8, 30)
    assert case.stage(StageName.ELEVATE).due_at == lima(1, *CLOSE)


def test_taking_it_is_the_response_and_silences_the_elevation() -> None:
    case = at_tier_2()
    case.give(Take(), lima(1, 15), SECOND, "person:sol")

    assert case.state.holder == "person:sol"
    assert case.stage(StageName.RESPOND).standing is Standing.MET
    assert case.stage(StageName.ELEVATE).standing is Standing.WAITING
    with pytest.raises(Rejected, match=r"incident\.already_taken"):
        case.give(Take(), lima(1, 15, 1), SECOND, "person:sol")


def test_an_elevation_on_a_later_day_is_told_as_a_breach_once() -> None:
    case = at_tier_2()
    case.give(Take(), lima(1, 15))
    case.give(Elevate("Resultó técnico."), lima(3))

    assert case.stage(StageName.ELEVATE).standing is Standing.BREACHED
    assert [breach.stage for breach in case.all_of(IncidentBreached)] == ["elevate"]
    assert case.state.holder == "tier3:oti"
    # five business days from the receipt, whatever tier 2 has used
    assert case.stage(StageName.SOLVE_L3).due_at == lima(10, *CLOSE)
    assert case.stage(StageName.SOLVE_L2).standing is Standing.DROPPED


def test_the_golden_dates_of_tier_3_and_its_validation() -> None:
    case = at_tier_3(lima(27, 10))

    assert case.stage(StageName.SOLVE_L3).due_at == lima(5, *CLOSE, month=8)
    case.give(SOLUTION, lima(5, 16, month=8), THIRD)
    assert case.state.holder == "tier2:seace"
    assert case.stage(StageName.VALIDATE).due_at == lima(7, *CLOSE, month=8)


def test_the_answer_goes_through_tier_2_before_tier_1_sends_it() -> None:
    case = validating(lima(6))
    with pytest.raises(Rejected, match=r"incident\.not_validated"):
        case.give(Reply(), lima(6, 11), DESK)
    case.give(Validate(), lima(6, 12), SECOND)
    assert case.state.holder == "tier1:uaus"
    assert case.stage(StageName.REPLY).due_at == lima(6, *CLOSE)
    case.give(Reply(), lima(6, 13), DESK)

    (closed,) = case.all_of(IncidentClosed)
    assert (closed.solved_by, closed.message) == (3, "Reiniciar el servicio.")
    assert closed.routed_correctly
    assert closed.within_deadlines
    assert case.state.holder == "none"
    assert case.due is None


def test_nobody_validates_his_own_answer() -> None:
    case = validating(lima(6))
    before = case.state
    with pytest.raises(Rejected, match=r"incident\.own_answer"):
        case.give(Validate(), lima(6, 12), SECOND | THIRD, "person:tito")
    assert case.state == before
    case.give(Validate(), lima(6, 12), SECOND | THIRD, "person:sol")
    assert case.state.status == "answered"


def test_an_observed_answer_gives_tier_3_what_was_left_of_its_term() -> None:
    case = validating(lima(6))
    before = case.stage(StageName.SOLVE_L3).due_at
    case.give(Observe("Falta la causa."), lima(7), SECOND)

    assert case.state.holder == "person:tito"
    assert case.state.tier == 3
    # one working day of validation was not at the cost of tier 3
    assert case.stage(StageName.SOLVE_L3).due_at == before + timedelta(days=1)
    assert case.stage(StageName.VALIDATE).standing is Standing.MET


def test_tier_1_sends_back_what_does_not_answer_the_user() -> None:
    case = at_tier_2()
    case.give(Take(), lima(1, 12), SECOND, "person:sol")
    case.give(Solve("Listo."), lima(2), SECOND, "person:sol")
    case.give(Observe("Preguntó por otro registro."), lima(2, 15), DESK)

    assert (case.state.status, case.state.holder) == ("tier_2", "person:sol")
    assert case.state.solution is None
    assert (case.state.returns, case.state.routed_correctly) == (1, True)
    assert case.all_of(IncidentObserved)[-1].to_tier == 2
    assert case.stage(StageName.REPLY).standing is Standing.MET
    # half a working day at tier 1 was not at the cost of tier 2
    term, calendar = case.stage(StageName.SOLVE_L2), case.policy.calendar
    left = calendar.elapsed_business_time(lima(2), lima(8, *CLOSE))
    assert calendar.elapsed_business_time(lima(2, 15), term.due_at) == left
    assert case.state.running(StageName.ELEVATE) is None

    case.give(Elevate("Es técnica."), lima(3), SECOND, "person:sol")
    case.give(SOLUTION, lima(7), THIRD, "person:tito")
    case.give(Validate(), lima(7, 11), SECOND, "person:sol")
    case.give(Reply(), lima(7, 12), DESK)
    (closed,) = case.all_of(IncidentClosed)
    assert (closed.returns, closed.routed_correctly, closed.within_deadlines) == (1, True, True)
    assert (closed.solved_by, closed.message) == (3, SOLUTION.answer)


def test_only_tier_1_sends_back_and_not_its_own_answer() -> None:
    case, own = at_tier_2(), registered()
    case.give(Solve("Listo."), lima(2), SECOND)
    with pytest.raises(NotAllowed, match=r"incident\.not_your_tier"):
        case.give(Observe("No."), lima(2, 11), SECOND)
    own.give(Solve("Listo."), lima(1, 11), DESK)
    with pytest.raises(Rejected, match=r"incident\.answer_of_tier_1"):
        own.give(Observe("No."), lima(1, 12), DESK)


def test_what_is_sent_back_late_is_judged_and_a_later_date_is_to_be_told_again() -> None:
    case = at_tier_2()
    case.give(Take(), lima(1, 12), SECOND)
    case.give(Extend(2, "Falta un dato."), lima(7), SECOND)
    case.give(Solve("Listo."), lima(7, 11), SECOND)
    assert case.stage(StageName.EXTENSION).standing is Standing.DROPPED
    case.give(Observe("No responde."), lima(8), DESK)
    assert case.stage(StageName.REPLY).standing is Standing.BREACHED
    assert case.stage(StageName.EXTENSION).standing is Standing.RUNNING
    case.give(TellExtension("Será el viernes."), lima(8, 11), DESK)
    assert case.stage(StageName.EXTENSION).standing is Standing.MET


def test_an_answer_of_tier_3_needs_evidence() -> None:
    case = at_tier_3()
    with pytest.raises(Invalid, match=r"incident\.evidence_missing"):
        case.give(Solve("Ya está."), lima(3), THIRD)
    case.give(SOLUTION, lima(3), THIRD)
    assert case.state.solution is not None


def test_an_answer_is_supported_by_files_of_the_incident() -> None:
    case = at_tier_3()
    png = Attach("file-1", 7, "image/png", "ab" * 32)
    case.give(png, lima(2), THIRD, "person:tito")
    assert case.give(replace(png, file_id="file-2"), lima(2, 11), THIRD) == []
    assert [(one.id, one.by) for one in case.state.evidence_files] == [("file-1", "person:tito")]
    with pytest.raises(Invalid, match=r"incident\.unknown_evidence"):
        case.give(Solve("Ya está.", files=("file-2",)), lima(3), THIRD)
    case.give(Solve("Ya está.", files=("file-1",)), lima(3), THIRD)
    assert case.state.solution is not None
    assert case.state.solution.files == ("file-1",)


def test_an_incident_takes_as_many_files_as_the_account_says() -> None:
    case = registered()
    for number in range(case.policy.evidence.per_incident):
        case.give(Attach(f"file-{number}", 7, "image/png", f"{number:064}"), lima(1), DESK)
    with pytest.raises(Rejected, match=r"incident\.too_many_files"):
        case.give(Attach("one-more", 7, "image/png", "ab" * 32), lima(1), DESK)
    with pytest.raises(NotAllowed):
        case.give(Attach("one-more", 7, "image/png", "ab" * 32), lima(1), THIRD)


@pytest.mark.parametrize(("day", "fast"), [(1, [True]), (2, [False])])
def test_faster_than_the_minimum_is_a_warning_and_no_breach(day: int, fast: list[bool]) -> None:
    case = at_tier_2()
    case.give(Solve("Era la clave."), lima(day, 12), SECOND)

    assert [solved.too_fast for solved in case.all_of(IncidentSolved)] == fast
    assert case.stage(StageName.SOLVE_L2).standing is Standing.MET


def test_the_clock_of_tier_3_begins_at_the_providers_answer() -> None:
    case = at_tier_3(lima(1))
    case.give(QUESTION, lima(2), THIRD)
    assert case.state.holder == "provider:Telco"
    assert case.stage(StageName.SOLVE_L3).standing is Standing.WAITING
    assert case.due is None
    case.give(ANSWER, lima(20), frozenset({"provider"}), organisation="Telco")

    # five business days from the answer; 23 July is a holiday
    assert case.stage(StageName.SOLVE_L3).due_at == lima(30, *CLOSE)
    assert case.state.holder == "tier3:oti"


def test_a_second_question_stands_still_and_begins_nothing_anew() -> None:
    case = at_tier_3(lima(1))
    case.give(QUESTION, lima(2))
    case.give(ANSWER, lima(6))
    first = case.stage(StageName.SOLVE_L3).due_at
    case.give(QUESTION, lima(7))
    case.give(ANSWER, lima(9))

    assert first == lima(13, *CLOSE)
    assert case.stage(StageName.SOLVE_L3).due_at == lima(15, *CLOSE)


def test_a_broken_promise_is_not_made_anew_by_asking_a_provider() -> None:
    case = at_tier_3(lima(1))
    case.give(QUESTION, lima(10))
    case.give(ANSWER, lima(13))

    assert [b.stage for b in case.all_of(IncidentBreached)] == ["respond", "solve_l3"]
    assert case.stage(StageName.SOLVE_L3).due_at == lima(8, *CLOSE)
    assert case.stage(StageName.SOLVE_L3).broken


@pytest.mark.parametrize(("days", "due"), [(0, 0), (1, 0), (2, 3), (5, 8), (6, 0)])
def test_a_term_is_fixed_within_its_minimum_and_maximum(days: int, due: int) -> None:
    case = at_tier_3()
    if not due:
        with pytest.raises(Invalid) as refusal:
            case.give(Take("high", days), lima(1, 13), THIRD)
        assert refusal.value.code == "incident.term_out_of_range"
        assert refusal.value.fields == {"days": days, "minimum": 2, "maximum": 5}
        return
    case.give(Take("high", days), lima(1, 13), THIRD)
    assert case.stage(StageName.SOLVE_L3).due_at == lima(due, *CLOSE)
    assert case.state.complexity == "high"


def test_sideways_and_back_are_counted_and_renew_no_term() -> None:
    case = at_tier_2()
    promised = case.stage(StageName.SOLVE_L2).due_at
    case.give(Reroute("rnp", "Es de RNP."), lima(2), SECOND)
    assert case.state.holder == "tier2:rnp"
    assert case.stage(StageName.SOLVE_L2).due_at == promised
    assert case.stage(StageName.ELEVATE).due_at == lima(2, *CLOSE)
    case.give(Return("No es nuestra."), lima(2, 11), SECOND)
    assert case.state.holder == "tier1:uaus"
    assert case.stage(StageName.FORWARD).due_at == lima(2, *CLOSE)
    case.give(Forward("legal"), lima(2, 12), DESK)

    # an hour at tier 1 stood still: the term goes over the close by that hour
    assert case.stage(StageName.SOLVE_L2).due_at == lima(9, 9, 30)
    assert (case.state.reroutes, case.state.returns) == (1, 1)
    assert not case.state.routed_correctly


@pytest.mark.parametrize("leave", [Reroute("rnp", "Es de RNP."), Return("No es nuestra.")])
@pytest.mark.parametrize("taken", [False, True])
@pytest.mark.parametrize(
    ("at", "standing"),
    [(lima(1, *CLOSE), Standing.MET), (lima(2), Standing.BREACHED)],
)
def test_the_day_of_the_area_that_lets_it_go_is_judged(
    leave: Reroute | Return, at: datetime, standing: Standing, *, taken: bool
) -> None:
    """Whoever has it next has a day of his own, and the first one's is not forgotten for it."""
    case = at_tier_2()
    if taken:
        case.give(Take(), lima(1, 12), SECOND)
    case.give(leave, at, SECOND)
    (first, *_) = [one for one in case.state.stages if one.name is StageName.ELEVATE]
    assert first.standing is standing
    breaches = [one for one in case.all_of(IncidentBreached) if one.stage == "elevate"]
    assert len(breaches) == (standing is Standing.BREACHED)
    assert not breaches or breaches[0].holder == ("person:eva" if taken else "tier2:seace")


def test_the_next_area_has_a_day_of_its_own_to_elevate() -> None:
    case = at_tier_2()
    case.give(Reroute("rnp", "Es de RNP."), lima(2), SECOND)
    case.give(Elevate("Técnico."), lima(2, 15), SECOND)
    stood = [one.standing for one in case.state.stages if one.name is StageName.ELEVATE]
    assert stood == [Standing.BREACHED, Standing.MET]
    assert len(case.all_of(IncidentBreached)) == 1


def test_what_is_broken_stays_so_when_it_is_no_longer_owed() -> None:
    late = at_tier_2()
    late.give(Solve("Listo."), lima(2), SECOND)
    assert late.stage(StageName.ELEVATE).standing is Standing.BREACHED
    elevated = at_tier_2()
    elevated.give(Take(), lima(1, 12), SECOND)
    elevated.give(Elevate("Técnico."), lima(10), SECOND)
    assert elevated.stage(StageName.SOLVE_L2).standing is Standing.BREACHED
    elevated.give(Return("Es del negocio."), lima(13), THIRD)
    assert elevated.stage(StageName.SOLVE_L2).standing is Standing.RUNNING
    in_time = at_tier_2()
    in_time.give(Solve("Listo."), lima(1, 12), SECOND)
    assert in_time.stage(StageName.ELEVATE).standing is Standing.DROPPED


def test_what_tier_3_gives_back_is_with_who_had_it() -> None:
    case = at_tier_2()
    case.give(Take(), lima(1, 12), SECOND, "person:sol")
    case.give(Elevate("Técnico."), lima(1, 13), SECOND, "person:sol")
    case.give(Return("Es del negocio."), lima(2), THIRD)

    assert case.state.holder == "person:sol"
    assert case.stage(StageName.SOLVE_L3).standing is Standing.DROPPED
    assert case.stage(StageName.SOLVE_L2).standing is Standing.RUNNING


def test_a_functional_requirement_ends_the_terms_and_is_told_the_same_day() -> None:
    case = at_tier_3()
    case.give(Convert("RF-2026-000001", "Falta una regla.", "RNP"), lima(2), THIRD)

    assert (case.state.status, case.state.holder) == ("converted", "tier1:uaus")
    assert case.stage(StageName.SOLVE_L3).standing is Standing.DROPPED
    assert case.stage(StageName.REPLY).due_at == lima(2, *CLOSE)
    case.give(Reply(), lima(2, 15), DESK)
    (closed,) = case.all_of(IncidentClosed)
    assert (closed.outcome, closed.solved_by) == ("functional_requirement", 0)
    assert closed.message == "Falta una regla."


def test_an_extension_moves_the_term_and_is_to_be_told_the_same_day() -> None:
    case = at_tier_2()
    case.give(Extend(2, "Falta un dato."), lima(7), SECOND)

    assert case.stage(StageName.SOLVE_L2).due_at == lima(10, *CLOSE)
    assert case.stage(StageName.EXTENSION).due_at == lima(7, *CLOSE)
    with pytest.raises(NotAllowed):
        case.give(TellExtension("Será el viernes."), lima(7, 11), SECOND)
    case.give(TellExtension("Será el viernes."), lima(7, 11), DESK)
    assert case.stage(StageName.EXTENSION).standing is Standing.MET
    assert case.state.holder == "tier2:seace"
    with pytest.raises(Rejected, match=r"incident\.no_extension_untold"):
        case.give(TellExtension("Otra vez."), lima(7, 12), DESK)
    with pytest.raises(Invalid, match=r"incident\.extension_out_of_range"):
        case.give(Extend(6, "Mucho más."), lima(7, 13), SECOND)


@pytest.mark.parametrize("command", [Take(), QUESTION, SOLUTION, Convert("RF-1", "Regla.", "RNP")])
def test_it_is_attended_by_whatever_gives_the_response(command: Command) -> None:
    case = at_tier_3()
    case.give(command, lima(2), THIRD, "person:tito")

    assert case.stage(StageName.RESPOND).standing is Standing.MET
    assert case.state.attended_at == lima(2)


def test_a_term_that_was_extended_is_not_shortened_by_who_takes_it() -> None:
    case = at_tier_2()
    case.give(Take(days=2), lima(1, 12), SECOND)
    case.give(Extend(2, "Falta un dato."), lima(2), SECOND)
    before = case.stage(StageName.SOLVE_L2).due_at
    with pytest.raises(Rejected, match=r"incident\.term_extended"):
        case.give(Take(days=2), lima(2, 11), SECOND, "person:sol")
    case.give(Take(days=4), lima(2, 11), SECOND, "person:sol")
    assert case.stage(StageName.SOLVE_L2).due_at == before
    case.give(Elevate("Técnico."), lima(2, 12), SECOND)
    # the extension was tier 2's
    case.give(Take(days=2), lima(2, 13), THIRD)
    assert case.stage(StageName.SOLVE_L3).amount == 2


def test_an_extension_is_told_at_tier_1_too_and_not_owed_beside_an_answer() -> None:
    back, solved = at_tier_2(), at_tier_2()
    for case in (back, solved):
        case.give(Take(), lima(1, 12), SECOND)
        case.give(Extend(2, "Falta un dato."), lima(7), SECOND)
    back.give(Return("No es nuestra."), lima(7, 11), SECOND)
    back.give(TellExtension("Será el viernes."), lima(7, 12), DESK)
    assert back.stage(StageName.EXTENSION).standing is Standing.MET

    solved.give(Solve("Listo."), lima(7, 11), SECOND)
    assert solved.stage(StageName.EXTENSION).standing is Standing.DROPPED
    solved.give(Reply(), lima(7, 12), DESK)
    assert solved.all_of(IncidentClosed)[0].within_deadlines


def test_a_reopened_incident_goes_the_same_way_with_what_was_left() -> None:
    case = at_tier_2()
    case.give(Solve("Listo."), lima(2), SECOND)
    case.give(Reply(), lima(2, 11), DESK)
    case.give(Reopen("Sigue fallando."), lima(14), DESK)
    assert case.state.holder == "tier1:uaus"
    assert case.state.solution is None
    case.give(Forward(), lima(14, 11), DESK)

    stage = case.stage(StageName.SOLVE_L2)
    calendar = case.policy.calendar
    left = calendar.elapsed_business_time(lima(2), lima(8, *CLOSE))
    assert calendar.elapsed_business_time(lima(14, 11), stage.due_at) == left
    assert case.state.reopened == 1


def test_what_is_no_incident_owes_nothing() -> None:
    case = registered()
    case.give(Dismiss("Es una consulta."), lima(1, 11), DESK)

    assert (case.state.holder, case.due) == ("none", None)
    assert case.stage(StageName.RESPOND).standing is Standing.DROPPED


def test_what_was_no_incident_and_comes_back_is_owed_the_rest_of_the_response() -> None:
    case = registered(criticality="low")
    case.give(Dismiss("Es una consulta."), lima(1, 11), DESK)
    case.give(Reopen("No lo era."), lima(14), DESK)
    stage = case.stage(StageName.RESPOND)
    calendar = case.policy.calendar

    assert stage.standing is Standing.RUNNING
    left = calendar.elapsed_business_time(lima(1, 11), lima(3, *CLOSE))
    assert calendar.elapsed_business_time(lima(14), stage.due_at) == left
    case.give(Forward(), lima(14, 11), DESK)
    case.give(Take(), lima(14, 12), SECOND)
    assert case.stage(StageName.RESPOND).standing is Standing.MET


def test_an_attended_incident_that_comes_back_owes_no_second_response() -> None:
    case = at_tier_2()
    case.give(Take(), lima(1, 12), SECOND)
    case.give(Return("No es nuestra."), lima(1, 13), SECOND)
    case.give(Dismiss("Es una consulta."), lima(1, 14), DESK)
    case.give(Reopen("No lo era."), lima(14), DESK)

    assert case.stage(StageName.RESPOND).standing is Standing.MET


def test_the_time_that_it_was_closed_is_nobodys_work() -> None:
    case = at_tier_2()
    case.give(Solve("Listo."), lima(1, 12), SECOND)
    case.give(Reply(), lima(1, 13), DESK)
    case.give(Reopen("Sigue fallando."), lima(22), DESK)
    assert incident_view(
        Outcome("i", case.state, 5), case.policy, lima(22, 11)
    ).elapsed_seconds == (4 * HOUR)
    case.give(Solve("Ahora sí."), lima(22, 11), DESK)
    case.give(Reply(), lima(22, 12), DESK)

    first, second = (closed.elapsed_seconds for closed in case.all_of(IncidentClosed))
    assert (first, second) == (3 * HOUR, 5 * HOUR)
    assert case.state.elapsed_seconds == second


def test_reclassifying_moves_the_response_and_keeps_what_was_said() -> None:
    case = at_tier_2()
    case.give(Classify("Lo dijo SEACE.", criticality="low", kind="outage"), lima(1, 12), SECOND)

    assert case.stage(StageName.RESPOND).due_at == lima(3, *CLOSE)
    assert (case.state.kind, case.state.origin) == ("outage", "system")
    assert case.state.criticality_given
    with pytest.raises(Invalid, match=r"incident\.nothing_new"):
        case.give(Classify("Otra vez.", criticality="low"), lima(1, 13), SECOND)


def test_a_priority_does_not_change_the_term() -> None:
    """AMB-4: it is named and not defined."""
    plain, urgent = (
        registered(criticality="high"),
        registered(criticality="high", priority="urgent"),
    )
    due = [case.stage(StageName.RESPOND).due_at for case in (plain, urgent)]
    assert due[0] == due[1]


def test_what_it_was_is_said_also_when_its_answer_is_there() -> None:
    case = at_tier_2()
    case.give(Solve("Se corrigió."), lima(2), SECOND, "person:luz")
    case.give(Classify("Era el acceso.", kind="access-failure"), lima(2, 11), DESK)
    (closed,) = case.give(Reply(), lima(2, 12), DESK)

    assert isinstance(closed, IncidentClosed)
    assert closed.kind == "access-failure"
    with pytest.raises(Rejected, match=r"incident\.illegal_transition"):
        case.give(Classify("Era un error.", kind="error"), lima(3), DESK)


def test_coordination_is_recorded() -> None:
    case = at_tier_2()
    case.give(Coordinate(external=True, party="RENIEC", note="Se pidió el dato."), lima(1, 12))
    assert [made.external for made in case.state.coordinations] == [True]


@pytest.mark.parametrize(
    ("make", "command", "wrong"),
    [
        (registered, Forward(), SECOND),
        (registered, Dismiss("No."), THIRD),
        (at_tier_2, Take(), DESK),
        (at_tier_2, Elevate("Técnico."), THIRD),
        (at_tier_2, Solve("Ya."), THIRD),
        (at_tier_3, Take(), SECOND),
        (at_tier_3, QUESTION, SECOND),
        (at_tier_3, SOLUTION, SECOND),
        (lambda: validating(lima(6)), Validate(), THIRD),
    ],
)
def test_a_tier_that_does_not_have_it_may_not_act(
    make: object, command: object, wrong: object
) -> None:
    case: Case = make()  # type: ignore[operator]
    before = case.state
    with pytest.raises(NotAllowed, match=r"incident\.not_your_tier"):
        case.give(command, lima(6, 11), wrong)  # type: ignore[arg-type]
    assert case.state == before


@pytest.mark.parametrize(
    ("area", "code"),
    [("rnp", ""), ("RNP", ""), ("platform", "area_not_of_tier"), ("x", "unknown_area")],
)
def test_an_area_must_attend_the_tier(area: str, code: str) -> None:
    case = registered()
    if code:
        with pytest.raises(Invalid, match=rf"incident\.{code}"):
            case.give(Forward(area), lima(1, 11))
        return
    case.give(Forward(area), lima(1, 11))
    assert case.state.holder == "tier2:rnp"


@pytest.mark.parametrize(
    "changes",
    [
        {"origin": "x"},
        {"area": "x"},
        {"channel": "x"},
        {"criticality": "x"},
        {"priority": "x"},
        {"kind": "x"},
    ],
)
def test_what_is_not_in_the_classification_is_refused_with_the_list(
    changes: dict[str, str],
) -> None:
    with pytest.raises(Invalid) as refusal:
        registered(None, **changes)
    assert refusal.value.fields["known"]


def test_a_requirement_says_what_its_request_is_to_say() -> None:
    case = at_tier_3()
    (event,) = case.give(Convert("RF-1", "Falta una regla.", "RNP", "id-1"), lima(2), THIRD)

    assert isinstance(event, IncidentConverted)
    assert (event.request_id, event.request_type) == ("id-1", "system_change")
    assert (event.title, event.topic) == (case.state.summary, "Sin clasificar")
    assert event.description.startswith("Falta una regla.\n\nLa página")
    assert case.state.request_id == "id-1"


def test_an_account_without_such_requests_keeps_the_code_alone() -> None:
    case = at_tier_3()
    section = case.policy.section.model_copy(update={"requirement_type": None})
    case.policy = replace(case.policy, section=section)
    (event,) = case.give(Convert("RF-1", "Falta una regla.", "RNP", "id-1"), lima(2), THIRD)

    assert isinstance(event, IncidentConverted)
    assert (event.requirement, event.request_id, event.title) == ("RF-1", "", "")
