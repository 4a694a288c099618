"""`enlace clock eval`: its operations, definitions, errors and streaming."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from cli.clock import Evaluator
from tests.unit.clock.asking import OFFICE, ask, eval_lines

FRIDAY = "2026-07-24T16:30:00-05:00"


@pytest.mark.parametrize(
    ("op", "arguments", "result"),
    [
        (
            "add_business_time",
            {"start": "2026-07-24T16:00:00-05:00", "seconds": 1800},
            {"at": "2026-07-24T21:30:00Z"},
        ),
        (
            "add_business_time",
            {"start": "2026-07-24T16:00:00-05:00", "seconds": 1801},
            {"at": "2026-07-27T13:30:01Z"},
        ),
        (
            "add_business_time",
            {"start": "2026-07-25T11:00:00-05:00", "seconds": 0},
            {"at": "2026-07-25T16:00:00Z"},
        ),
        (
            "subtract_business_time",
            {"start": "2026-07-27T09:00:00-05:00", "seconds": 1800},
            {"at": "2026-07-27T13:30:00Z"},
        ),
        (
            "subtract_business_time",
            {"start": "2026-07-27T09:00:00-05:00", "seconds": 1801},
            {"at": "2026-07-24T21:29:59Z"},
        ),
        (
            "elapsed_business_time",
            {"from": FRIDAY, "to": "2026-07-27T09:00:00-05:00"},
            {"seconds": 1800},
        ),
        (
            "elapsed_business_time",
            {"from": "2026-07-27T09:00:00-05:00", "to": FRIDAY},
            {"seconds": 0},
        ),
        ("is_open", {"at": FRIDAY}, {"open": False, "next_open": "2026-07-27T13:30:00Z"}),
        (
            "is_open",
            {"at": "2026-07-24T16:29:59-05:00"},
            {"open": True, "next_open": "2026-07-24T21:29:59Z"},
        ),
        ("add_business_days", {"date": "2026-07-25", "days": 0}, {"date": "2026-07-27"}),
        ("add_business_days", {"date": "2026-07-25", "days": 1}, {"date": "2026-07-28"}),
        ("add_business_days", {"date": "2026-07-25", "days": -1}, {"date": "2026-07-23"}),
        (
            "add_business_days_keep_time",
            {"start": "2026-07-24T11:15:00-05:00", "days": 1},
            {"at": "2026-07-27T16:15:00Z"},
        ),
        (
            "add_business_days_keep_time",
            {"start": FRIDAY, "days": 1},
            {"at": "2026-07-28T13:30:00Z"},
        ),
        (
            "add_business_days_keep_time",
            {"start": "2026-07-24T11:15:00-05:00", "days": -1},
            {"at": "2026-07-23T16:15:00Z"},
        ),
        (
            "due_end_of_business_day",
            {"received": FRIDAY, "days": 1},
            {"received_on": "2026-07-24", "due": "2026-07-27T21:30:00Z"},
        ),
        (
            "due_end_of_business_day",
            {"received": "2026-07-24T16:30:01-05:00", "days": 1},
            {"received_on": "2026-07-27", "due": "2026-07-28T21:30:00Z"},
        ),
        (
            "due_end_of_business_day",
            {"received": "2026-07-25T10:00:00-05:00", "days": 0},
            {"received_on": "2026-07-27", "due": "2026-07-27T21:30:00Z"},
        ),
        (
            "elapsed_with_pauses",
            {
                "from": "2026-07-24T09:00:00-05:00",
                "to": "2026-07-24T12:00:00-05:00",
                "pauses": [
                    ["2026-07-24T10:00:00-05:00", "2026-07-24T11:00:00-05:00"],
                    ["2026-07-24T10:30:00-05:00", "2026-07-24T11:15:00-05:00"],
                ],
            },
            {"seconds": 6300},
        ),
        (
            "deadline_with_pauses",
            {
                "start": "2026-07-24T16:00:00-05:00",
                "seconds": 3600,
                "pauses": [["2026-07-24T16:15:00-05:00", "2026-07-27T09:00:00-05:00"]],
            },
            {"at": "2026-07-27T14:45:00Z"},
        ),
    ],
)
def test_each_operation(op: str, arguments: dict[str, Any], result: dict[str, Any]) -> None:
    assert ask(op, **arguments) == {"id": 1, "result": result}


def test_the_op_keeps_the_local_time_even_where_that_is_closed() -> None:
    short_saturday = {**OFFICE, "weekly": {**OFFICE["weekly"], "sat": [["08:30", "12:00"]]}}
    answer = ask(
        "add_business_days_keep_time", short_saturday, start="2026-07-24T15:00:00-05:00", days=1
    )
    assert answer["result"] == {"at": "2026-07-25T20:00:00Z"}


@pytest.mark.parametrize(
    ("code", "field", "question"),
    [
        (
            "naive_instant",
            "start",
            {"op": "add_business_time", "start": "2026-07-24T16:30:00", "seconds": 1},
        ),
        ("invalid_field", "start", {"op": "add_business_time", "start": "tomorrow", "seconds": 1}),
        ("invalid_field", "start", {"op": "add_business_time", "start": 5, "seconds": 1}),
        ("missing_field", "start", {"op": "add_business_time", "seconds": 1}),
        ("negative_amount", "seconds", {"op": "add_business_time", "start": FRIDAY, "seconds": -1}),
        (
            "negative_amount",
            "seconds",
            {"op": "subtract_business_time", "start": FRIDAY, "seconds": -1},
        ),
        ("invalid_field", "seconds", {"op": "add_business_time", "start": FRIDAY, "seconds": 1.5}),
        ("invalid_field", "seconds", {"op": "add_business_time", "start": FRIDAY, "seconds": True}),
        ("invalid_field", "seconds", {"op": "add_business_time", "start": FRIDAY, "seconds": 1e30}),
        (
            "beyond_horizon",
            "seconds",
            {"op": "add_business_time", "start": FRIDAY, "seconds": 10**12},
        ),
        (
            "beyond_horizon",
            "start",
            {"op": "add_business_time", "start": "9999-12-31T00:00:00Z", "seconds": 1},
        ),
        (
            "beyond_horizon",
            "from",
            {"op": "elapsed_business_time", "from": "0001-01-01T00:00:00Z", "to": FRIDAY},
        ),
        (
            "beyond_horizon",
            "days",
            {"op": "add_business_days", "date": "2026-07-24", "days": 10**9},
        ),
        ("beyond_horizon", "date", {"op": "add_business_days", "date": "1800-01-01", "days": 1}),
        ("invalid_field", "date", {"op": "add_business_days", "date": "2026-02-30", "days": 1}),
        ("invalid_field", "date", {"op": "add_business_days", "date": FRIDAY, "days": 1}),
        (
            "negative_amount",
            "days",
            {"op": "due_end_of_business_day", "received": FRIDAY, "days": -1},
        ),
        (
            "endless_pause",
            "pauses[0]",
            {"op": "deadline_with_pauses", "start": FRIDAY, "seconds": 1, "pauses": [[FRIDAY]]},
        ),
        (
            "endless_pause",
            "pauses[0]",
            {
                "op": "deadline_with_pauses",
                "start": FRIDAY,
                "seconds": 1,
                "pauses": [[FRIDAY, None]],
            },
        ),
        (
            "reversed_span",
            "pauses[0]",
            {
                "op": "elapsed_with_pauses",
                "from": FRIDAY,
                "to": FRIDAY,
                "pauses": [[FRIDAY, "2026-07-24T16:00:00-05:00"]],
            },
        ),
        (
            "invalid_field",
            "pauses",
            {"op": "elapsed_with_pauses", "from": FRIDAY, "to": FRIDAY, "pauses": 3},
        ),
        (
            "invalid_field",
            "pauses[1]",
            {
                "op": "elapsed_with_pauses",
                "from": FRIDAY,
                "to": FRIDAY,
                "pauses": [[FRIDAY, FRIDAY], [1, 2, 3]],
            },
        ),
        (
            "naive_instant",
            "pauses[0]",
            {
                "op": "elapsed_with_pauses",
                "from": FRIDAY,
                "to": FRIDAY,
                "pauses": [[FRIDAY, "2026-07-25T00:00:00"]],
            },
        ),
        ("unknown_operation", "op", {"op": "guess"}),
        ("unknown_operation", "op", {"op": ["is_open"]}),
        ("missing_field", "op", {}),
        ("unknown_calendar", "calendar", {"op": "is_open", "at": FRIDAY, "calendar": "nowhere"}),
        ("invalid_field", "calendar", {"op": "is_open", "at": FRIDAY, "calendar": 7}),
    ],
)
def test_bad_input_is_an_error_with_the_field(
    code: str, field: str, question: dict[str, Any]
) -> None:
    answer = json.loads(
        Evaluator().answer(json.dumps({"id": "q", "calendar": OFFICE} | question).encode())
    )
    assert answer["id"] == "q"
    assert answer["error"]["code"] == code
    assert answer["error"]["message"].startswith(f"{field}: ")


def test_definitions_and_errors_keep_their_place_among_the_answers() -> None:
    open_now = {"op": "is_open", "at": "2026-07-24T15:00:00Z"}
    answers = eval_lines(
        [
            {"id": 1, "calendar": "office", **open_now},
            {"define": "office", "calendar": OFFICE},
            {"id": 2, "calendar": "office", **open_now},
            "{not json",
            "[]",
            "",
            {"id": {"any": "json"}, "calendar": "office", **open_now},
            {"id": 5, "define": "", "calendar": OFFICE},
        ]
    )
    opened = {"open": True, "next_open": "2026-07-24T15:00:00Z"}
    assert [answer.get("result", answer.get("error", {}).get("code")) for answer in answers] == [
        "unknown_calendar",
        {"defined": "office"},
        opened,
        "invalid_json",
        "invalid_json",
        opened,
        "invalid_field",
    ]
    assert [answer["id"] for answer in answers] == [1, None, 2, None, None, {"any": "json"}, 5]


def test_a_definition_that_fails_leaves_the_former_one() -> None:
    evaluator = Evaluator()
    evaluator.answer(json.dumps({"define": "office", "calendar": OFFICE}).encode())
    evaluator.answer(json.dumps({"define": "office", "calendar": {}}).encode())
    question = {"id": 1, "op": "is_open", "calendar": "office", "at": "2026-07-24T15:00:00Z"}
    assert json.loads(evaluator.answer(json.dumps(question).encode()))["result"]["open"]


def test_messages_come_in_both_languages() -> None:
    line = json.dumps(
        {"id": 1, "op": "is_open", "calendar": OFFICE, "at": "2026-01-01T10:00"}
    ).encode()
    said = {
        language: json.loads(Evaluator(language).answer(line))["error"] for language in ("es", "en")
    }
    assert "añada el desfase" in said["es"]["message"]
    assert "add the offset" in said["en"]["message"]
    assert said["es"]["code"] == said["en"]["code"]


def test_an_answer_comes_before_the_next_question_is_asked() -> None:
    question = {"id": 1, "op": "is_open", "calendar": OFFICE, "at": "2026-07-24T15:00:00Z"}
    command = [sys.executable, "-m", "cli", "clock", "eval"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for number in (1, 2):
            half, other = (
                json.dumps(question | {"id": number})[:20],
                json.dumps(question | {"id": number})[20:],
            )
            os.write(process.stdin.fileno(), half.encode())
            os.write(process.stdin.fileno(), f"{other}\n".encode())
            assert json.loads(process.stdout.readline())["id"] == number
        process.stdin.close()
    assert process.returncode == 0


def test_a_last_line_without_its_end_is_answered() -> None:
    assert eval_lines([{"define": "x", "calendar": OFFICE}])[0]["result"] == {"defined": "x"}


def test_a_tenants_promise_is_explained_on_the_command_line() -> None:
    command = [sys.executable, "-m", "cli", "clock", "explain", "request.evaluate"]
    asked = [*command, "2026-07-24T16:31:00-05:00", "--channel", "mail"]
    said = subprocess.run(asked, capture_output=True, check=True, text=True, timeout=60)
    assert said.stdout.splitlines() == [
        "recibido vie 24 jul 2026 16:31",
        "corte 16:30 → cuenta desde lun 27 jul 2026 08:30",
        "1 día hábil",
        "feriado mar 28 jul 2026 y mié 29 jul 2026",
        "vence jue 30 jul 2026 16:30",
        "A:L1867",
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["request.evaluate", "2026-07-24T16:31:00"], "received: "),
        (["request.nothing", "2026-07-24T16:31:00Z"], "no deadline 'request.nothing'"),
        (["request.evaluate", "2026-07-24T16:31:00Z", "--tenant", "x"], "no tenant is called 'x'"),
        (["request.evaluate", "2026-07-24T16:31:00Z", "--channel", "fax"], "no channel 'fax'"),
    ],
)
def test_a_mistake_on_the_command_line_is_one_line(arguments: list[str], said: str) -> None:
    command = [sys.executable, "-m", "cli", "clock", "explain", *arguments]
    done = subprocess.run(command, capture_output=True, check=False, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("depth", [300, 900, 5000])
def test_what_is_nested_too_deep_is_an_answer_too(depth: int) -> None:
    deep = "[" * depth + "]" * depth
    asked = f'{{"id": {deep}, "op": "is_open", "at": "{FRIDAY}", "calendar": {deep}}}'
    answer = json.loads(Evaluator().answer(asked.encode()))
    assert answer["id"] is None
    assert answer["error"]["code"] in {"invalid_json", "invalid_field"}


def test_a_message_quotes_no_more_than_a_line() -> None:
    answer = ask("is_open", at="x" * 10**6)
    assert len(answer["error"]["message"]) < 400


def test_a_line_longer_than_a_read_is_one_line() -> None:
    padded = {"id": "x" * 600_000, "op": "is_open", "calendar": OFFICE, "at": FRIDAY}
    first, second = eval_lines([padded, padded | {"id": 2}])
    assert (len(first["id"]), second["id"]) == (600_000, 2)
