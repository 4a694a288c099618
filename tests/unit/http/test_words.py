"""Every problem has its words in every language, with the same facts in them."""

import ast
from pathlib import Path
from string import Formatter

import pytest

from shared import i18n
from shared.http.problems import STATUS

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


def test_a_missing_message_shows_as_its_key() -> None:
    assert i18n.Catalogue({}).text("es", "nothing") == "nothing"


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
