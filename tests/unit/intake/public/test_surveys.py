"""Surveys and care: asked once, answered by the six drivers, and grounds that the policy knows."""

import pytest
from pydantic import ValidationError

from services.intake.care import SurveyRow
from services.intake.surveys.domain import (
    LIFECYCLE,
    RULES,
    Action,
    Answer,
    Invite,
    Lapse,
    Status,
    Survey,
)
from shared.contracts.surveys import SurveyAnswered, SurveyLapsed
from shared.decider import Invalid
from tests.support.diagrams import diagram
from tests.unit.intake.public.bench import PAGE, WORDS, Case, lima, policy_of

INVITE = Invite("intake.consultation", "c-1", "person:ana")
DRIVERS = ("treatment", "information", "time", "result", "accessibility", "trust")
EIGHT_TENTHS = dict.fromkeys(DRIVERS, 4)


def invited() -> Case[Survey]:
    """Asked on Wednesday 1 July at ten."""
    case = Case(RULES, Survey())
    case.give(INVITE, lima(1))
    return case


LINKS = ("https://x.example/{survey}", "https://x.example:8443/encuestas?de={survey}&l=es")


@pytest.mark.parametrize("link", LINKS)
def test_a_letter_leads_to_the_page_of_its_survey(link: str) -> None:
    row = policy_of().public.care.survey.model_dump()
    made = SurveyRow.model_validate({**row, "link": link})
    assert made.address("s-1") == link.replace("{survey}", "s-1")


@pytest.mark.parametrize(
    "link",
    [
        "https://x.example/{otra}",
        "https://x.example/",
        "https://x.example{survey}",
        "http://x.example/{survey}",
        "https://x.example/{survey!r}",
    ],
)
def test_a_link_that_leads_nowhere_is_refused(link: str) -> None:
    row = policy_of().public.care.survey.model_dump()
    with pytest.raises(ValidationError):
        SurveyRow.model_validate({**row, "link": link})


def test_without_a_link_the_letter_has_the_id() -> None:
    row = policy_of().public.care.survey.model_copy(update={"link": None})
    assert row.address("s-1") == "s-1"


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("action", Action)
def test_every_status_with_every_command(status: Status, action: Action) -> None:
    commands = {
        Action.INVITE: INVITE,
        Action.ANSWER: Answer(EIGHT_TENTHS),
        Action.LAPSE: Lapse(lima(15, 16, 30)),
    }
    case = Case(RULES, Survey())
    if status is not Status.NEW:
        case = invited()
    if status in (Status.ANSWERED, Status.LAPSED):
        case.give(commands[Action.ANSWER if status is Status.ANSWERED else Action.LAPSE])
    end = LIFECYCLE.steps.get((status, action))
    if end is None and action is Action.ANSWER:
        assert case.refusal(commands[action]) == "survey.illegal_transition"
        return
    # asking again, or an end that comes late, changes nothing
    assert len(case.give(commands[action])) == (0 if end is None else 1)
    assert case.state.status == (end or status)


@pytest.mark.parametrize(
    ("scores", "satisfied"),
    [
        (EIGHT_TENTHS, True),
        ({**EIGHT_TENTHS, "time": 3}, False),
        ({**EIGHT_TENTHS, "time": 3, "trust": 5}, True),
    ],
)
def test_satisfied_is_the_average_of_the_policy_or_more(
    scores: dict[str, int],
    satisfied: bool,  # noqa: FBT001 - a row of the table
) -> None:
    case = invited()
    case.give(Answer(scores, WORDS))
    (answered,) = case.all_of(SurveyAnswered)
    assert (answered.satisfied, answered.scale) == (satisfied, 5)
    assert case.state.text == WORDS.id


@pytest.mark.parametrize(
    "scores",
    [
        {},
        {name: 4 for name in DRIVERS if name != "time"},
        {**EIGHT_TENTHS, "otro": 4},
        {**EIGHT_TENTHS, "time": 0},
        {**EIGHT_TENTHS, "time": 6},
    ],
    ids=["none", "one missing", "one too many", "below", "above"],
)
def test_scores_are_those_of_the_policy(scores: dict[str, int]) -> None:
    assert invited().refusal(Answer(scores)) == "survey.scores"


def test_who_does_not_answer_in_time_is_not_asked_again() -> None:
    case = invited()
    assert case.state.expires_at == lima(15, 16, 30)
    (lapsed,) = case.wake()
    assert isinstance(lapsed, SurveyLapsed)
    assert RULES.next_due(case.state) is None


def test_a_ground_for_attention_before_others_is_one_of_the_laws() -> None:
    care = policy_of().public.care
    with pytest.raises(Invalid, match=r"desk\.unknown_choice"):
        care.preferential("prisa")
    # which of them it is stays with the person's own data
    assert (care.preferential("elderly"), care.preferential("")) == ("granted", "")


def test_an_account_without_care_asks_nobody() -> None:
    with pytest.raises(Invalid, match=r"survey\.not_taken"):
        _ = policy_of("comteco").public.care.survey


def test_the_page_shows_the_table() -> None:
    assert diagram(LIFECYCLE.steps) in PAGE.read_text(encoding="utf-8")
