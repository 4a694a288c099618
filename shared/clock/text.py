"""Steps and refusals in words, Spanish or English, from the catalogues in `locale/`."""

import gettext
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Final

from .errors import ClockError
from .steps import Param, Step

SPANISH: Final = "es"
ENGLISH: Final = "en"
LANGUAGES: Final = (SPANISH, ENGLISH)
DOMAIN: Final = "clock"
FOLDER: Final = Path(__file__).resolve().parent / "locale"

_LONGEST: Final = 200
"""What a message quotes of a value: somebody's megabyte stays out of the answer."""


def explain(steps: Iterable[Step], language: str = SPANISH) -> str:
    """All steps in one line."""
    return "; ".join(sentence(step, language) for step in steps)


def sentence(step: Step, language: str = SPANISH) -> str:
    """One step. A code without a sentence shows its parameters, never an error."""
    texts = _texts(language)
    told = {name: _told(name, value, texts) for name, value in step.params.items()}
    key = f"step.{step.code}"
    if "amount" in step.params:
        key += f".{step.params['unit']}"
        text = texts.ngettext(key, f"{key}.plural", _number(step.params["amount"]))
    else:
        text = texts.gettext(key)
    return _filled(key, text, told)


def message(error: ClockError, language: str = SPANISH) -> str:
    """What is wrong with which field, and what to write instead."""
    key = f"error.{error.code}"
    facts = {name: _short(str(value)) for name, value in error.facts.items()}
    return f"{error.field}: " + _filled(key, _texts(language).gettext(key), facts)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _filled(key: str, text: str, facts: Mapping[str, str]) -> str:
    if text == key:
        return f"{key} {dict(facts)}"
    return text.format_map(_Known(facts))


class _Known(dict[str, str]):
    """A fact that nobody gave shows as its name."""

    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


def _told(name: str, value: Param, texts: gettext.NullTranslations) -> str:
    if isinstance(value, tuple):
        return _joined([_day(day, texts) for day in value] if name == "dates" else [*value], texts)
    match name:
        case "at" | "from" | "to":
            return _moment(datetime.fromisoformat(str(value)), texts)
        case "date":
            return _day(str(value), texts)
        case "seconds":
            return _duration(_number(value))
        case "side":
            return texts.gettext(f"side.{value}")
        case _:
            return str(value)


def _moment(at: datetime, texts: gettext.NullTranslations) -> str:
    clock = f"{at:%H:%M:%S}" if at.second else f"{at:%H:%M}"
    return f"{_day(at.date().isoformat(), texts)} {clock}"


def _day(iso: str, texts: gettext.NullTranslations) -> str:
    day = date.fromisoformat(iso)
    weekday = texts.gettext(f"weekday.{day.isoweekday()}")
    return f"{weekday} {day.day} {texts.gettext(f'month.{day.month}')} {day.year}"


def _joined(parts: list[str], texts: gettext.NullTranslations) -> str:
    *most, last = parts or [""]
    return f"{', '.join(most)} {texts.gettext('and')} {last}" if most else last


def _duration(seconds: int) -> str:
    hours, rest = divmod(seconds, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}"


def _number(value: Param) -> int:
    return value if isinstance(value, int) else 0


@cache
def _texts(language: str) -> gettext.NullTranslations:
    chosen = language if language in LANGUAGES else SPANISH
    return gettext.translation(DOMAIN, FOLDER, [chosen])
