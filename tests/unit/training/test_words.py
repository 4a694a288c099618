"""Every refusal of validation and training has its two sentences in both languages."""

import re
from pathlib import Path

import pytest

from shared import i18n

ROOT = Path(__file__).resolve().parents[3]
CODE = re.compile(
    r'"((?:evaluation|query|plan|enrolment|signature|doubt|quiz|roster|leader|acta|evidence|exemption|material|validation|training|session|application)'
    r'\.[a-z_]+)"'
)
FILES = [
    path for name in ("validation", "training") for path in ROOT.glob(f"services/{name}/**/*.py")
]
CODES = sorted(
    {code for path in FILES for code in CODE.findall(path.read_text(encoding="utf-8"))}
    | {"evaluation.unknown", "plan.unknown", "enrolment.unknown"}
)
CATALOGUE = i18n.load()


def test_the_codes_are_found() -> None:
    assert {"evaluation.query_open", "signature.leaders_first", "plan.no_material"} <= set(CODES)


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_a_refusal_is_told_in_words(code: str, language: str) -> None:
    for part in ("title", "detail"):
        assert CATALOGUE.find(language, f"problem.{code}.{part}")
