"""`enlace clock`: business time on the command line."""

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import orjson
import typer

from cli.errors import USAGE, UserError
from shared.clock import Calendar, ClockError, message, sentence
from shared.clock.errors import (
    EndlessPause,
    InvalidField,
    InvalidJson,
    MissingField,
    UnknownCalendar,
    UnknownOperation,
)
from shared.clock.instants import parse_date, parse_instant
from shared.clock.text import SPANISH

Json = Mapping[str, object]
app = typer.Typer(help="Business time: deadlines, elapsed time, openings.")

TENANTS = Path(__file__).resolve().parents[1] / "deploy" / "tenants"
_CHUNK = 1 << 18
_CALENDARS_KEPT = 1024


@app.callback()
def group() -> None:
    """Business time."""


@app.command("eval")
def evaluate(
    language: Annotated[
        str, typer.Option(help="Language of messages: es or en.", envvar="ENLACE_LANGUAGE")
    ] = SPANISH,
) -> None:
    """Answer questions in JSON lines, one answer a line, in order.

    Example: echo '{"id": 1, "op": "is_open", "at": "2026-07-24T15:00:00Z", "calendar": {"tz":
    "America/Lima", "weekly": {"fri": [["08:30", "16:30"]]}}}' | enlace clock eval
    """
    evaluator = Evaluator(language)
    for lines in _chunks(sys.stdin.fileno()):
        sys.stdout.buffer.write(b"".join(evaluator.answer(line) for line in lines))
        sys.stdout.buffer.flush()


@app.command()
def explain(
    term: Annotated[
        str, typer.Argument(help="A deadline of the tenant, such as request.evaluate.")
    ],
    received: Annotated[str, typer.Argument(help="When it was received, RFC 3339 with an offset.")],
    tenant: Annotated[str, typer.Option(help="The account.")] = "osinergmin",
    channel: Annotated[str | None, typer.Option(help="How it came in, such as mail.")] = None,
    directory: Annotated[
        Path, typer.Option("--tenants", help="Folder of policies.", show_default="deploy/tenants")
    ] = TENANTS,
    language: Annotated[
        str, typer.Option(help="Language of the steps: es or en.", envvar="ENLACE_LANGUAGE")
    ] = SPANISH,
) -> None:
    """Say which date a tenant's term promises, and by which steps.

    Example: enlace clock explain request.evaluate 2026-07-24T16:31:00-05:00 --channel mail
    """
    # half a second that `eval` shouldn't wait for
    from shared.policy import PolicyError, UnknownKey, load_tenants

    try:
        account = load_tenants(directory)[tenant]
        promise = account.promise(term, parse_instant(received, "received"), channel=channel)
    except ClockError as error:
        raise UserError(message(error, language), USAGE) from None
    except PolicyError as error:
        raise UserError(error.findings[0].reason(language)) from None
    except KeyError:
        raise UserError(f"no tenant is called {tenant!r}; see {directory}", USAGE) from None
    except UnknownKey as error:
        raise UserError(str(error), USAGE) from None
    for step in promise.steps:
        typer.echo(sentence(step, language))


class Evaluator:
    """Answers lines one by one; calendars are kept by their definition."""

    def __init__(self, language: str = SPANISH) -> None:
        self._language = language
        self._defined: dict[str, Calendar] = {}
        self._parsed: dict[bytes, Calendar] = {}

    def answer(self, line: bytes) -> bytes:
        """One line of JSON for one line of JSON; an error is an answer too."""
        identity: object = None
        try:
            question = _question(line)
            identity = question.get("id")
            result = self._result(question)
        except ClockError as error:
            complaint = {"code": error.code, "message": message(error, self._language)}
            return _line({"id": identity, "error": complaint})
        return _line({"id": identity, "result": result})

    def _result(self, question: Json) -> Json:
        if "define" in question:
            name = question["define"]
            if not isinstance(name, str) or not name:
                raise InvalidField("define", value=name, expected='"…"')
            self._defined[name] = self._parse(_given(question, "calendar"))
            return {"defined": name}
        operation = _given(question, "op")
        answer = _OPERATIONS.get(operation) if isinstance(operation, str) else None
        if answer is None:
            raise UnknownOperation("op", value=operation, known=", ".join(_OPERATIONS))
        return answer(self._calendar(_given(question, "calendar")), question)

    def _calendar(self, raw: object) -> Calendar:
        if not isinstance(raw, str):
            return self._parse(raw)
        try:
            return self._defined[raw]
        except KeyError:
            raise UnknownCalendar("calendar", value=raw) from None

    def _parse(self, raw: object) -> Calendar:
        try:
            key = orjson.dumps(raw)
        except TypeError as error:
            raise InvalidField("calendar", value=str(error), expected="{}") from None
        calendar = self._parsed.get(key)
        if calendar is None:
            if len(self._parsed) >= _CALENDARS_KEPT:
                self._parsed.pop(next(iter(self._parsed)))
            calendar = self._parsed[key] = Calendar.parse(raw)
        return calendar


def _add(calendar: Calendar, question: Json) -> Json:
    return _at(calendar.add_business_time(_instant(question, "start"), _int(question, "seconds")))


def _subtract(calendar: Calendar, question: Json) -> Json:
    seconds = _int(question, "seconds")
    return _at(calendar.subtract_business_time(_instant(question, "start"), seconds))


def _elapsed(calendar: Calendar, question: Json) -> Json:
    start, end = _instant(question, "from"), _instant(question, "to")
    return {"seconds": calendar.elapsed_business_time(start, end)}


def _is_open(calendar: Calendar, question: Json) -> Json:
    opening = calendar.is_open(_instant(question, "at"))
    return {"open": opening.open, "next_open": _utc(opening.next_open)}


def _add_days(calendar: Calendar, question: Json) -> Json:
    day = calendar.add_business_days(_date(question, "date"), _int(question, "days"))
    return {"date": day.isoformat()}


def _add_days_keep_time(calendar: Calendar, question: Json) -> Json:
    days = _int(question, "days")
    return _at(calendar.add_business_days_keep_time(_instant(question, "start"), days))


def _due(calendar: Calendar, question: Json) -> Json:
    received = _instant(question, "received")
    found = calendar.due_end_of_business_day(received, _int(question, "days"))
    return {"received_on": found.received_on.isoformat(), "due": _utc(found.due)}


def _elapsed_with_pauses(calendar: Calendar, question: Json) -> Json:
    start, end = _instant(question, "from"), _instant(question, "to")
    return {"seconds": calendar.elapsed_with_pauses(start, end, _pauses(question))}


def _deadline_with_pauses(calendar: Calendar, question: Json) -> Json:
    start, seconds = _instant(question, "start"), _int(question, "seconds")
    return _at(calendar.deadline_with_pauses(start, seconds, _pauses(question)))


_OPERATIONS: Mapping[str, Callable[[Calendar, Json], Json]] = {
    "add_business_time": _add,
    "subtract_business_time": _subtract,
    "elapsed_business_time": _elapsed,
    "is_open": _is_open,
    "add_business_days": _add_days,
    "add_business_days_keep_time": _add_days_keep_time,
    "due_end_of_business_day": _due,
    "elapsed_with_pauses": _elapsed_with_pauses,
    "deadline_with_pauses": _deadline_with_pauses,
}

_LINE = orjson.OPT_APPEND_NEWLINE


def _line(answer: dict[str, object]) -> bytes:
    try:
        return orjson.dumps(answer, option=_LINE)
    except TypeError:  # an id nested deeper than can be written
        return orjson.dumps({**answer, "id": None}, option=_LINE)


def _question(line: bytes) -> Json:
    try:
        question = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise InvalidJson("line", value=str(error)) from None
    if not isinstance(question, dict):
        raise InvalidJson("line", value=type(question).__name__)
    return question


def _given(question: Json, field: str) -> object:
    try:
        return question[field]
    except KeyError:
        raise MissingField(field) from None


def _instant(question: Json, field: str) -> datetime:
    return parse_instant(_given(question, field), field)


def _date(question: Json, field: str) -> date:
    return parse_date(_given(question, field), field)


def _int(question: Json, field: str) -> int:
    value = _given(question, field)
    if type(value) is not int:
        raise InvalidField(field, value=value, expected="3600")
    return value


def _pauses(question: Json) -> list[list[datetime]]:
    raw = _given(question, "pauses")
    if not isinstance(raw, list):
        raise InvalidField("pauses", value=raw, expected="[[start, end], …]")
    return [_pause(item, f"pauses[{place}]") for place, item in enumerate(raw)]


def _pause(raw: object, field: str) -> list[datetime]:
    if not isinstance(raw, list) or not 1 <= len(raw) <= 2:  # noqa: PLR2004  a start and an end
        raise InvalidField(field, value=raw, expected="[start, end]")
    if len(raw) == 1 or raw[1] is None:
        raise EndlessPause(field)
    return [parse_instant(end, field) for end in raw]


def _at(at: datetime) -> Json:
    return {"at": _utc(at)}


def _utc(at: datetime) -> str:
    return at.isoformat()[:19] + "Z"


def _chunks(descriptor: int) -> Iterator[list[bytes]]:
    """Whole lines as they arrive: one by one for who waits for answers, many at once for a file."""
    begun: list[bytes] = []
    while chunk := os.read(descriptor, _CHUNK):
        begun.append(chunk)
        if b"\n" in chunk:
            *lines, rest = b"".join(begun).split(b"\n")
            begun = [rest]
            yield [line for line in lines if line.strip()]
    if (rest := b"".join(begun)).strip():
        yield [rest]
