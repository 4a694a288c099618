"""Every problem has its words in every language, with the same facts in them."""

import ast
from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from string import Formatter
from zoneinfo import ZoneInfo

import orjson
import pytest

import services
from services.incidents.domain.meeting import Standing
from services.intake.domain.lifecycle import Holder
from shared import i18n
from shared.decider import Invalid, moment
from shared.http.problems import STATUS, Problems, Refused, refusal_of
from shared.mail.letters import LetterStatus
from shared.security import Role

CATALOGUE = i18n.load()
ROOT = Path(__file__).parents[3]
FAMILIES = {
    "Rejected",
    "Invalid",
    "NotAllowed",
    "Unknown",
    "Stale",
    "Conflict",
    "Reused",
    "Refused",
}


def facts_of(language: str, key: str) -> set[str]:
    text = CATALOGUE.text(language, key)
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("code", sorted(STATUS))
@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_a_problem_has_title_and_detail(language: str, code: str) -> None:
    for part in ("title", "detail"):
        assert CATALOGUE.find(language, f"problem.{code}.{part}")


def test_both_languages_say_the_same_things() -> None:
    keys = CATALOGUE.keys(i18n.SPANISH)

    assert keys == CATALOGUE.keys(i18n.ENGLISH)
    for key in keys:
        assert facts_of(i18n.SPANISH, key) == facts_of(i18n.ENGLISH, key), key


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_what_is_said_of_one_names_no_other_fact(language: str) -> None:
    for key in CATALOGUE.keys(language):
        ones = dict.fromkeys(facts_of(language, key), 1)
        assert "{" not in CATALOGUE.text(language, key, ones), key


def test_a_missing_fact_shows_as_its_name() -> None:
    catalogue = i18n.Catalogue({"es": {"k": "hasta {limit}, {other}"}})

    assert catalogue.find("es", "k", {"limit": 5}) == "hasta 5, {other}"


@pytest.mark.parametrize(
    ("known", "said"),
    [(["uaus", "seace"], "uaus, seace"), (("uaus",), "uaus"), ([], "—"), ("uaus", "uaus")],
)
def test_a_fact_of_several_shows_as_a_list_for_people(known: object, said: str) -> None:
    catalogue = i18n.Catalogue({"es": {"k": "elija: {known}"}})

    assert catalogue.find("es", "k", {"known": known}) == f"elija: {said}"


CHOICES = (
    *("service", "area", "means", "proof", "channel", "folder", "unit", "forwarded_to", "label"),
    *("origin", "outcome", "about", "preferential"),
    *("organisation", "roles", "languages", "channels", "shifts"),
)


@pytest.mark.parametrize("choice", CHOICES)
@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_what_was_chosen_wrongly_has_a_name(language: str, choice: str) -> None:
    assert CATALOGUE.find(language, f"name.choice.{choice}")


@pytest.mark.parametrize(
    ("language", "said"), [("es", "01/07/2026 08:00:30"), ("en", "2026-07-01 08:00:30")]
)
def test_an_instant_is_told_on_the_clock_of_who_reads_it(language: str, said: str) -> None:
    at = moment(datetime(2026, 7, 1, 13, 0, 30, 125_000, tzinfo=UTC), ZoneInfo("America/Lima"))
    refused = refusal_of(Invalid("dossier.receipt_time", sent_at=at, now=at))
    assert refused is not None
    told = orjson.loads(Problems(CATALOGUE).render(refused, language=language, correlation_id="c"))
    assert f"({said})" in told["detail"]
    assert told["fields"]["now"] == "2026-07-01T13:00:30.125000+00:00"


def test_a_missing_message_shows_as_its_key() -> None:
    assert i18n.Catalogue({}).text("es", "nothing") == "nothing"


@pytest.mark.parametrize(
    ("number", "said"), [(0, "0 letras"), (1, "1 letra"), (2, "2 letras"), ("1", "1 letras")]
)
def test_one_is_not_several(number: object, said: str) -> None:
    catalogue = i18n.Catalogue({"es": {"k": ("{left} letra", "{left} letras")}})

    assert catalogue.find("es", "k", {"left": number}) == said


@pytest.mark.parametrize(
    ("language", "said"),
    [("es", "Debe tener al menos 1 carácter."), ("en", "Must have at least 1 character.")],
)
def test_the_shipped_catalogues_have_plurals(language: str, said: str) -> None:
    assert CATALOGUE.find(language, "invalid.string_too_short", {"min_length": 1}) == said


def codes_told() -> set[tuple[str, str]]:
    """What a refusal may tell of where something stands, and of what was asked."""
    modules = [one.name for one in walk_packages(services.__path__, "services.")]
    own = [kind for name in modules for kind in vars(import_module(name)).values()]
    kinds = [kind for kind in own if isinstance(kind, type) and issubclass(kind, StrEnum)]
    named = [(word, kind) for word in ("Status", "Action") for kind in kinds if word in str(kind)]
    rest = [("Status", Standing), ("Status", LetterStatus), ("Holder", Holder), ("Role", Role)]
    return {(word.lower(), str(one)) for word, kind in [*named, *rest] for one in members(kind)}


def members(kind: type[StrEnum]) -> Iterable[StrEnum]:
    return kind


@pytest.mark.parametrize(("kind", "code"), sorted(codes_told()))
@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_what_a_refusal_tells_has_a_name(language: str, kind: str, code: str) -> None:
    assert CATALOGUE.find(language, f"name.{kind}.{code}")


@pytest.mark.parametrize(
    ("code", "fields", "said"),
    [
        (
            "incident.tier_jumped",
            {"status": "tier_1", "action": "elevate"},
            "Su estado es «nivel 1»: pase por el nivel siguiente antes de «elevar al nivel 3».",
        ),
        (
            "dossier.illegal_transition",
            {"status": "received", "action": "notify"},
            (
                "Su estado es «recibido» y se pidió «notificar»: "
                "léalo y elija un paso que le corresponda."
            ),
        ),
        (
            "incident.not_your_tier",
            {"tier": 2, "roles": ["specialist_l2", "somebody"]},
            "La incidencia está en el nivel 2; actúan: especialista del nivel 2, somebody.",
        ),
    ],
)
def test_codes_are_told_in_words_and_stay_in_fields(
    code: str, fields: dict[str, object], said: str
) -> None:
    refused = Refused(code, status=409, fields=fields)
    body = orjson.loads(Problems(CATALOGUE).render(refused, language="es", correlation_id="c"))

    assert (body["detail"], body["fields"]) == (said, fields)


def refusals() -> set[str]:
    """The codes of every refusal that is raised anywhere, read off the source."""
    codes = set()
    for path in (*ROOT.glob("services/**/*.py"), *ROOT.glob("shared/**/*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
                name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
                first = node.args[0] if node.args else None
                if name in FAMILIES and isinstance(first, ast.Constant):
                    codes.add(str(first.value))
    return codes


@pytest.mark.parametrize("code", sorted(refusals()))
@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_every_refusal_in_the_source_has_words(language: str, code: str) -> None:
    for part in ("title", "detail"):
        assert CATALOGUE.find(language, f"problem.{code}.{part}")
