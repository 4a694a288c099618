"""What the values of figures are called in reports, and how durations are told."""

from pathlib import Path

import pytest

from services.intake.domain.lifecycle import Status
from services.kpi.definitions import INDICATORS, Unit
from services.kpi.lists import Labels
from services.kpi.policy import counting
from services.kpi.reports.numbers import number
from shared.i18n import LANGUAGES, load
from shared.policy import load_tenants

WORDS = load()
TENANTS = load_tenants(Path("deploy/tenants"))


@pytest.mark.parametrize(
    ("tenant", "dimension", "value", "spanish", "english"),
    [
        ("osce", "origin", "data", "Datos o registros", "Data or records"),
        ("osce", "area", "development", "Desarrollo OTI", "OTI development"),
        ("osce", "line", "614-3636", "Línea de consultas (01) 614-3636", None),
        ("osce", "type", "norm-opinion", None, "Opinion on the meaning of a rule"),
        ("osinergmin", "type", "system_change", "Cambio de sistemas", "System change"),
        ("osinergmin", "stage", "solve_l2", "solución del segundo nivel", "solution of tier 2"),
        ("osinergmin", "stage", "evaluation", "evaluación", "evaluation"),
        ("osinergmin", "tier", "2", "nivel 2", "tier 2"),
        ("osinergmin", "outcome", "other", "otros", "others"),
        ("osce", "unit", "other", "sin derivar u otras", "not referred, or others"),
        ("osce", "folder", "other", "sin distribuir u otras", "not distributed, or others"),
        ("osce", "region", "regiones", "Demás regiones", "Other regions"),
        ("osce", "region", "other", "sin región dicha", "region not told"),
        ("osinergmin", "policy", "2026-07", "2026-07", "2026-07"),
    ],
)
def test_a_value_is_called_by_the_account_or_by_the_catalogue_or_itself(
    tenant: str, dimension: str, value: str, spanish: str | None, english: str | None
) -> None:
    for language, wanted in (("es", spanish), ("en", english)):
        told = Labels(TENANTS[tenant], WORDS, language).of(dimension, value)
        if wanted is not None:
            assert told == wanted


@pytest.mark.parametrize("status", [one for one in Status if one is not Status.NEW])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_request_stands_in_words(status: str, language: str) -> None:
    assert WORDS.find(language, f"report.status.{status}")


@pytest.mark.parametrize("tenant", TENANTS)
def test_whatever_a_report_splits_by_has_a_spanish_name(tenant: str) -> None:
    """But persons and versions of the policy, which are their own."""
    labels = Labels(TENANTS[tenant], WORDS, "es")
    splits = {one.split for one in INDICATORS.values()} - {"", "person", "policy", "area"}
    for dimension in splits:
        for value in counting(TENANTS[tenant]).values[dimension]:
            assert labels.of(dimension, value) != value, (dimension, value)


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0.0, "0 s"),
        (59.4, "59 s"),
        (60.0, "1 min"),
        (3_599.0, "1 h 00 min"),
        (27_431.0, "7 h 37 min"),
        (360_000.0, "100 h 00 min"),
        (-90.0, "-2 min"),
    ],
)
def test_seconds_are_told_as_a_duration(seconds: float, told: str) -> None:
    assert number(seconds, Unit.SECONDS, "es") == number(seconds, Unit.SECONDS, "en") == told
