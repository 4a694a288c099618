"""Asks `enlace clock eval` in a process of its own, as a user would."""

import json
import subprocess
import sys
from collections.abc import Iterable
from typing import Any

from cli.clock import Evaluator

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")
OFFICE = {"tz": "America/Lima", "weekly": {day: [["08:30", "16:30"]] for day in WEEKDAYS}}


def eval_lines(lines: Iterable[object]) -> list[dict[str, Any]]:
    """The answers to questions, or to raw lines of text, of the command itself."""
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    done = subprocess.run(
        [sys.executable, "-m", "cli", "clock", "eval"],
        input=text.encode(),
        capture_output=True,
        check=True,
        timeout=60,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def ask(op: str, calendar: object = OFFICE, **arguments: object) -> dict[str, Any]:
    """One answer, without the process around it."""
    line = json.dumps({"id": 1, "op": op, "calendar": calendar, **arguments})
    return json.loads(Evaluator("en").answer(line.encode()))
