"""Which events lead to a letter to the client, and that there are words for each."""

from dataclasses import replace
from datetime import timedelta
from string import Formatter
from typing import Any

import pytest

from services.intake.domain import Action, Advance, Coverage, Receive, Request, Withdraw
from services.intake.notices import KIND, TEMPLATES, notice_id, notice_of, words_for
from services.intake.policy import LetterOccasion
from shared import i18n
from shared.contracts import EventBody
from shared.contracts.terms import Deadline
from shared.contracts.validation import EvaluationObserved, QueryReminded, Question
from tests.unit.intake.bench import AT, POLICY
from tests.unit.intake.test_requests import told

ROW = POLICY.section.letters
DAY = timedelta(days=1)
DUE = Deadline(stage="x", due_at=AT + DAY, effective_at=AT)
RECEIVE = Receive("SOL-2026-000001", "information", "t", "s", "d")


def cover(signed: int) -> Advance:
    return Advance(Action.COVER, AT, coverage=Coverage(signed, 0, 100))


def written(*events: EventBody) -> list[tuple[str, str]]:
    assert ROW is not None
    notices = [notice_of(event, ROW, "es") for event in events]
    return [(one.template, one.key) for one in notices if one is not None]


def lived(*commands: Any) -> list[tuple[str, str]]:
    _, events = told(Request(), *commands)
    return list(dict.fromkeys(written(*events)))


def test_a_whole_life_is_told_at_its_stations_and_not_between() -> None:
    assert lived(
        RECEIVE,
        Advance(Action.EVALUATE, AT),
        Advance(Action.APPROVE, AT, deadline=DUE),
        Advance(Action.PREPARE, AT, deadline=DUE),
        Advance(Action.LAUNCH, AT, coverage=Coverage(eligible=100)),
        *(cover(signed) for signed in range(1, 3)),
        Advance(Action.CASCADE, AT),
        *(cover(signed) for signed in range(3, 100)),
        Advance(Action.COMPLETE, AT, coverage=Coverage(100, 0, 100)),
    ) == [
        ("request_received", "receipt"),
        ("request_approved", "approval"),
        ("request_started", "start"),
        ("request_progressed", "25 %"),
        ("request_progressed", "50 %"),
        ("request_progressed", "75 %"),
        ("request_deployed", "close"),
    ]


def test_an_end_without_deployment_has_words_of_its_own() -> None:
    assert lived(RECEIVE, Withdraw("ya no"))[-1] == ("request_withdrawn", "close")
    assert lived(RECEIVE, Advance(Action.REFUSE, AT, "no"))[-1] == ("request_not_viable", "close")


def test_a_clock_that_stands_still_and_goes_on_is_no_start_and_no_approval() -> None:
    commands = [
        RECEIVE,
        Advance(Action.APPROVE, AT, deadline=DUE),
        Advance(Action.SHUT, AT, query_id="q"),
        Advance(Action.REOPEN, AT + DAY, deadline=DUE.model_copy(update={"due_at": AT + 2 * DAY})),
    ]
    assert lived(*commands) == [("request_received", "receipt"), ("request_approved", "approval")]


def test_a_query_is_one_letter_with_all_its_questions_and_each_reminder_another() -> None:
    assert ROW is not None
    questions = (Question(id="1", text="¿Desde cuándo?"), Question(id="2", text="¿Dónde?"))
    observed = EvaluationObserved(query_id="q", questions=questions, round_trip=1)
    notice = notice_of(observed, ROW, "es")
    assert notice is not None
    assert notice.facts["questions"] == "1. ¿Desde cuándo?\n2. ¿Dónde?"
    reminder = QueryReminded(evaluation_id="e", number=2, due_at=AT, next_at=AT + DAY)
    reminded = notice_of(reminder, ROW, "es")
    assert reminded is not None
    assert (reminded.occasion, reminded.facts) == (LetterOccasion.REMINDER, {"number": 2})


def test_a_verbal_instruction_goes_back_in_the_accounts_language() -> None:
    assert ROW is not None
    verbal = Receive("SOL-2026-000001", "information", "t", "s", "d", verbal=True)
    _, (_, asked) = told(Request(), verbal)
    for language, word in (("es", "Confirmación"), ("en", "Confirmation"), ("qu", "Confirmación")):
        notice = notice_of(asked, ROW, language)
        assert notice is not None
        assert str(notice.facts["note"]).startswith(word)


def test_the_same_occasion_is_the_same_letter() -> None:
    ids = {notice_id(t, r, k) for t in "ab" for r in "ab" for k in ("start", "close") for _ in "ab"}
    assert len(ids) == 8


def test_no_date_is_shown_where_none_was_promised() -> None:
    request, _ = told(Request(), RECEIVE)
    calendar = POLICY.calendar
    assert "2026" in words_for(request, {}, calendar, "es")["due"]
    unpromised = replace(request, stages=())
    assert words_for(unpromised, {}, calendar, "es")["due"] == "no tiene fecha fijada"
    assert words_for(unpromised, {}, calendar, "en")["due"] == "no date is promised"


KNOWN = {
    "account", "area", "code", "coverage", "covered", "due", "eligible", "note", "number",
    "percent", "questions", "reason", "received", "replaced_by", "subject", "topic",
}  # fmt: skip


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_each_letter_has_words_that_name_known_facts(template: str, language: str) -> None:
    catalogue = i18n.load()
    for part in ("subject", "text"):
        text = catalogue.find(language, f"letter.{template}.{part}")
        assert text
        assert {name for _, name, _, _ in Formatter().parse(text) if name} <= KNOWN
    assert KIND == "request"
