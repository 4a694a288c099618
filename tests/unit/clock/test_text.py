"""The catalogues: complete, compiled, and in step with each other."""

import gettext
import string
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from shared.clock import ClockError, Side, Step, Unit, errors, message, sentence
from shared.clock.text import DOMAIN, FOLDER, LANGUAGES


def _path(language: str, ending: str) -> Path:
    return FOLDER / language / "LC_MESSAGES" / f"{DOMAIN}.{ending}"


def _messages(language: str) -> dict[str, list[str]]:
    with _path(language, "po").open("rb") as file:
        found = {}
        for entry in read_po(file):
            if entry.id:
                keys = entry.id if isinstance(entry.id, tuple) else (entry.id,)
                said = entry.string if isinstance(entry.string, tuple) else (entry.string,)
                found[keys[0]] = list(said)
        return found


def _errors() -> list[type[ClockError]]:
    return [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, ClockError) and kind is not ClockError
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalogue_is_the_written_one(language: str) -> None:
    with _path(language, "mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    for key, said in _messages(language).items():
        plural = f"{key}.plural"
        found = [compiled.ngettext(key, plural, n) for n in (1, 2)]
        told = found if len(said) > 1 else [compiled.gettext(key)]
        assert told == said, "run msgfmt on the .po file"


def test_both_languages_say_the_same_things_of_the_same_facts() -> None:
    spanish, english = (_messages(language) for language in LANGUAGES)
    assert spanish.keys() == english.keys()
    for key, said in spanish.items():
        assert _fields(said) == _fields(english[key]), key


def _fields(said: list[str]) -> set[str | None]:
    return {name for text in said for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", _errors(), ids=lambda kind: kind.code)
def test_every_refusal_has_words(kind: type[ClockError], language: str) -> None:
    said = message(kind("a.field"), language)
    assert said.startswith("a.field: ")
    assert f"error.{kind.code}" not in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_unit_and_side_has_words(language: str) -> None:
    for unit in Unit:
        for amount in (0, 1, 2):
            said = sentence(Step("term", {"amount": amount, "unit": unit.value}), language)
            assert said.startswith(f"{amount} ")
            assert "step." not in said
    for side in Side:
        assert f"side.{side}" in _messages(language)


def test_seconds_show_where_they_matter() -> None:
    step = Step("due", {"at": "2026-07-24T16:30:05-05:00"})
    assert sentence(step) == "vence vie 24 jul 2026 16:30:05"


@pytest.mark.parametrize(
    ("dates", "said"),
    [
        (("2026-07-28",), "feriado mar 28 jul 2026"),
        (("2026-07-28", "2026-07-29"), "feriado mar 28 jul 2026 y mié 29 jul 2026"),
        (
            ("2026-07-23", "2026-07-28", "2026-07-29"),
            "feriado jue 23 jul 2026, mar 28 jul 2026 y mié 29 jul 2026",
        ),
    ],
)
def test_days_are_listed_as_people_do(dates: tuple[str, ...], said: str) -> None:
    assert sentence(Step("holidays", {"dates": dates})) == said


def test_an_unknown_step_shows_itself_and_breaks_nothing() -> None:
    assert sentence(Step("invented", {"a": 1})) == "step.invented {'a': '1'}"


def test_an_unknown_language_is_spanish() -> None:
    step = Step("due", {"at": "2026-07-24T16:30:00-05:00"})
    assert sentence(step, "quechua") == sentence(step, "es")


def test_the_technical_form_of_a_refusal_names_field_code_and_facts() -> None:
    assert str(errors.NegativeAmount("seconds", value=-1)) == "seconds: negative_amount (value=-1)"
