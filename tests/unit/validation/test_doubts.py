"""What is decided about doubts of the operation and the gate they can close: given, when, then."""

from collections.abc import Callable
from datetime import datetime

import pytest

from services.validation.domain import (
    AnswerDoubt,
    AnswerQuery,
    Approve,
    Deploy,
    MergeDoubt,
    Observe,
    RaiseDoubt,
    Refuse,
    Share,
    Status,
    Withdraw,
)
from services.validation.domain.doubt import normal
from shared.contracts.validation import (
    AskersAnswered,
    DoubtAnswered,
    DoubtMerged,
    DoubtRaised,
    DoubtsGathered,
    EvaluationAnswered,
    EvaluationDeploymentBlocked,
    EvaluationDeploymentStarted,
    EvaluationDeploymentUnblocked,
    EvaluationObserved,
    EvaluationShared,
    EvaluationWithdrawn,
    GatheredDoubt,
    Question,
)
from shared.decider import Invalid, Rejected, Unknown
from tests.support.evaluations import Case, lima

Opened = Callable[..., Case]
NOON = lima(1, 12)
ALL = ("other_requests", "resources", "areas")


def refusal(case: Case, command: object, at: datetime = NOON) -> Rejected:
    with pytest.raises(Rejected) as found:
        case.give(command, at)  # type: ignore[arg-type]
    return found.value


def approved(case: Case) -> Case:
    case.give(Approve(ALL), NOON)
    return case


def test_a_doubt_keeps_its_first_words_and_who_asked(opened: Opened) -> None:
    case = opened()
    assert case.give(RaiseDoubt("ana", "¿Desde cuándo?"), NOON) == [
        DoubtRaised(doubt_id="1", asker="ana", text="¿Desde cuándo?")
    ]
    assert case.give(RaiseDoubt("ana", "¿desde CUANDO?"), NOON) == []


@pytest.mark.parametrize(
    "text", ["desde cuando", "  ¿DESDE   CUÁNDO? ", "¿Desde cua\u0301ndo?", "desde, cuándo…"]
)
def test_the_same_words_join(opened: Opened, text: str) -> None:
    case = opened()
    case.give(RaiseDoubt("ana", "¿Desde cuándo?"), NOON)

    assert case.give(RaiseDoubt("beto", text), NOON) == [DoubtRaised(doubt_id="1", asker="beto")]
    assert [doubt.askers for doubt in case.state.doubts] == [("ana", "beto")]


def test_another_letter_or_number_is_another_doubt() -> None:
    assert len({normal(text) for text in ("¿Año 1?", "¿Ano 1?", "¿Año 2?", "¿?", "!")}) == 5


def test_merged_doubts_are_answered_together_and_late_askers_too(opened: Opened) -> None:
    case = opened()
    case.give(RaiseDoubt("ana", "¿Desde cuándo?"), NOON)
    case.give(RaiseDoubt("beto", "¿Qué día empieza?"), NOON)
    case.give(RaiseDoubt("caro", "¿Cuál es la fecha?"), NOON)
    assert case.give(MergeDoubt("3", "2"), NOON) == [DoubtMerged(doubt_id="3", into="2")]
    assert case.give(MergeDoubt("2", "1"), NOON) == [DoubtMerged(doubt_id="2", into="1")]
    assert case.give(MergeDoubt("3", "1"), NOON) == []  # it is there already
    case.give(RaiseDoubt("dana", "¿cual es la fecha?"), NOON)

    assert case.give(AnswerDoubt("1", "El lunes."), NOON) == [
        DoubtAnswered(doubt_id="1", text="El lunes."),
        AskersAnswered(
            doubt_id="1", askers=("ana", "beto", "caro", "dana"), answered_by="provider"
        ),
    ]
    assert case.give(RaiseDoubt("eli", "¿Qué día empieza?"), NOON) == [
        DoubtRaised(doubt_id="2", asker="eli"),
        AskersAnswered(doubt_id="1", askers=("eli",), answered_by="provider"),
    ]


def test_merging_into_what_was_answered_answers_at_once(opened: Opened) -> None:
    case = opened()
    case.give(RaiseDoubt("ana", "¿Desde cuándo?"), NOON)
    case.give(AnswerDoubt("1", "El lunes."), NOON)
    case.give(RaiseDoubt("beto", "¿Qué día?"), NOON)

    assert case.give(MergeDoubt("2", "1"), NOON) == [
        DoubtMerged(doubt_id="2", into="1"),
        AskersAnswered(doubt_id="1", askers=("beto",), answered_by="provider"),
    ]


def test_a_merge_never_goes_round(opened: Opened) -> None:
    case = opened()
    for name, text in (("ana", "¿a?"), ("beto", "¿b?")):
        case.give(RaiseDoubt(name, text), NOON)
    case.give(MergeDoubt("1", "2"), NOON)

    assert refusal(case, MergeDoubt("2", "2")).code == "doubt.merged_into_itself"
    assert refusal(case, MergeDoubt("2", "1")).code == "doubt.merged_into_itself"
    assert isinstance(refusal(case, MergeDoubt("2", "9")), Unknown)


def test_doubts_become_questions_of_the_one_query(opened: Opened) -> None:
    case = opened()
    for name, text in (("ana", "¿a?"), ("beto", "¿b?"), ("caro", "¿c?")):
        case.give(RaiseDoubt(name, text), NOON)
    case.give(MergeDoubt("3", "1"), NOON)
    events = case.give(Observe("q1", ("¿mía?",), ("2", "1")), NOON)

    assert events == [
        EvaluationObserved(
            query_id="q1",
            questions=(
                Question(id="1", text="¿mía?"),
                Question(id="2", text="¿b?"),
                Question(id="3", text="¿a?"),
            ),
            round_trip=1,
        ),
        DoubtsGathered(
            query_id="q1",
            doubts=(
                GatheredDoubt(doubt_id="2", question_id="2"),
                GatheredDoubt(doubt_id="1", question_id="3"),
            ),
        ),
    ]
    answered, *told = case.give(
        AnswerQuery("q1", (("1", "mi"), ("2", "be"), ("3", "a"))), lima(1, 13)
    )
    assert isinstance(answered, EvaluationAnswered)
    assert told == [
        AskersAnswered(doubt_id="1", askers=("ana", "caro"), answered_by="client", query_id="q1"),
        AskersAnswered(doubt_id="2", askers=("beto",), answered_by="client", query_id="q1"),
    ]
    assert [doubt.answer for doubt in case.state.doubts] == ["a", "be", ""]
    assert case.state.docket.final(case.state.doubts[2]).answer == "a"


def test_who_asks_while_the_client_has_it_is_answered_too(opened: Opened) -> None:
    case = opened()
    case.give(RaiseDoubt("ana", "¿a?"), NOON)
    case.give(Observe("q1", (), ("1",)), NOON)
    case.give(RaiseDoubt("beto", "¿A?"), NOON)
    *_, told = case.give(AnswerQuery("q1", (("1", "sí"),)), lima(1, 13))

    assert told == AskersAnswered(
        doubt_id="1", askers=("ana", "beto"), answered_by="client", query_id="q1"
    )


@pytest.mark.parametrize(
    ("prepare", "code"),
    [
        (Observe("q1", (), ("1",)), "doubt.with_client"),
        (AnswerDoubt("1", "sí"), "doubt.already_answered"),
        (MergeDoubt("1", "2"), "doubt.merged"),
    ],
)
def test_a_doubt_that_is_no_longer_open_says_where_it_went(
    opened: Opened, prepare: object, code: str
) -> None:
    case = opened()
    for name, text in (("ana", "¿a?"), ("beto", "¿b?")):
        case.give(RaiseDoubt(name, text), NOON)
    case.give(prepare, NOON)  # type: ignore[arg-type]

    assert refusal(case, AnswerDoubt("1", "no")).code == code
    if case.state.status is Status.EVALUATING:
        assert refusal(case, Observe("q2", (), ("1",))).code == code


def test_a_query_takes_a_doubt_once_and_only_a_known_one(opened: Opened) -> None:
    case = opened()
    case.give(RaiseDoubt("ana", "¿a?"), NOON)

    assert refusal(case, Observe("q1", (), ("1", "1"))).code == "doubt.gathered_twice"
    assert refusal(case, Observe("q1", (), ("7",))).code == "doubt.unknown"
    assert refusal(case, Observe("q1", ("¿?",) * 50, ("1",))).code == "query.too_many_questions"
    assert case.state.status is Status.EVALUATING


@pytest.mark.parametrize("end", [Refuse("No."), Withdraw("Anulada.", undeployed=True)])
def test_a_request_that_is_over_takes_no_doubts(opened: Opened, end: object) -> None:
    case = opened()
    case.give(end, NOON)  # type: ignore[arg-type]
    assert refusal(case, RaiseDoubt("ana", "¿a?")).code == "doubt.request_over"


def test_doubts_have_a_limit_and_joining_a_known_one_does_not_count(opened: Opened) -> None:
    case = opened()
    for number in range(case.policy.doubts.max_open):
        case.give(RaiseDoubt("ana", f"¿{number}?"), NOON)

    full = refusal(case, RaiseDoubt("ana", "¿otra?"))
    assert (full.code, full.fields) == ("doubt.too_many", {"limit": 100})
    assert len(case.give(RaiseDoubt("beto", "¿7?"), NOON)) == 1


def test_approved_content_is_information_until_the_deployment_starts(opened: Opened) -> None:
    case = opened()
    assert (case.state.use, refusal(case, Share("x")).code) == ("none", "evaluation.not_approved")
    approved(case)
    assert case.state.use == "information_only"

    assert case.give(Share("Viene un cambio."), NOON) == [
        EvaluationShared(content="Viene un cambio.")
    ]
    assert case.give(Share("Viene un cambio."), NOON) == []
    assert (case.state.status, case.state.use) == (Status.INFORMATIVE, "information_only")
    assert case.give(Deploy(), NOON) == [EvaluationDeploymentStarted()]
    assert case.give(Deploy(), NOON) == []
    assert case.state.use == "deploying"
    assert refusal(case, Share("Otra.")).code == "evaluation.deployment_started"


def test_a_query_after_the_approval_closes_the_gate_until_it_is_answered(opened: Opened) -> None:
    case = approved(opened())
    promised = case.state.deadline
    case.give(RaiseDoubt("ana", "¿a?"), NOON)
    *_, blocked = case.give(Observe("q1", (), ("1",)), NOON)
    assert blocked == EvaluationDeploymentBlocked(query_id="q1")
    assert (case.state.status, case.state.holder) == (Status.CONSULTING, "client")
    assert case.state.use == "information_only"
    assert refusal(case, Observe("q2", ("¿?",))).code == "evaluation.query_open"

    answered, told, unblocked = case.give(AnswerQuery("q1", (("1", "sí"),)), lima(9))
    assert answered == EvaluationAnswered(query_id="q1", answers=answered.answers)  # type: ignore[attr-defined]
    assert isinstance(told, AskersAnswered)
    assert isinstance(unblocked, EvaluationDeploymentUnblocked)
    assert (case.state.status, case.state.deadline) == (Status.CLARIFIED, promised)
    assert case.state.promised == unblocked.deadline
    assert case.state.open_query is None


@pytest.mark.parametrize(
    ("asked", "answered", "due"),
    [
        # approved on Wednesday the 1st at noon: one business day, Thursday 16:30
        (lima(1, 12), lima(1, 12), lima(2, 16, 30)),
        (lima(1, 12), lima(1, 15), lima(3, 11, 30)),
        (lima(1, 12), lima(9, 12), lima(10, 16, 30)),
        (lima(2, 16), lima(10, 16), lima(10, 16, 30)),
        (lima(2, 17), lima(10, 16), None),
    ],
)
def test_what_the_client_takes_moves_the_term_of_attention(
    opened: Opened, asked: datetime, answered: datetime, due: datetime | None
) -> None:
    case = approved(opened())
    case.give(Observe("q1", ("¿a?",)), asked)
    *_, unblocked = case.give(AnswerQuery("q1", (("1", "sí"),)), answered)
    assert isinstance(unblocked, EvaluationDeploymentUnblocked)
    assert (unblocked.deadline and unblocked.deadline.due_at) == due
    assert case.state.promised is not None


def test_after_the_launch_there_is_no_query_but_the_crossing_one_is_answered(
    opened: Opened,
) -> None:
    launched, crossing = approved(opened()), approved(opened())
    launched.give(Deploy(), NOON)
    crossing.give(Observe("q1", ("¿a?",)), NOON)
    crossing.give(Deploy(), NOON)

    assert refusal(launched, Observe("q1", ("¿?",))).code == "evaluation.deployment_started"
    assert crossing.state.open_query is not None
    *_, unblocked = crossing.give(AnswerQuery("q1", (("1", "sí"),)), lima(1, 13))
    assert isinstance(unblocked, EvaluationDeploymentUnblocked)
    assert crossing.state.status is Status.DEPLOYING
    assert refusal(crossing, AnswerQuery("q9", (("1", "sí"),))).code == "query.unknown"


def test_the_answer_to_a_query_that_was_withdrawn(opened: Opened) -> None:
    case = approved(opened())
    case.give(Observe("q1", ("¿a?",)), NOON)
    assert case.give(Withdraw("Anulada.", undeployed=True), NOON) == [
        EvaluationWithdrawn(reason="Anulada.")
    ]
    assert refusal(case, AnswerQuery("q1", (("1", "sí"),))).code == "query.withdrawn"


def test_what_is_not_well_formed_is_told_apart(opened: Opened) -> None:
    case = opened()
    case.give(RaiseDoubt("ana", "¿a?"), NOON)
    assert isinstance(refusal(case, MergeDoubt("1", "1")), Invalid)
