"""What `/metrics` calls the codes that alerts are told by."""

import re

from prometheus_client.metrics_core import Metric

from services.kpi.definitions import INDICATORS
from services.kpi.policy import OTHER, STAGES, Counting
from services.kpi.words import named
from shared.i18n import load
from tests.support.promql import alerts

WORDS = load()


def rows(family: Metric, label: str) -> dict[str, dict[str, str]]:
    return {sample.labels[label]: sample.labels for sample in family.samples}


def test_every_code_has_a_name_in_both_languages(osinergmin: Counting) -> None:
    stages, services, indicators = named(WORDS, osinergmin.targets)
    stage = rows(stages, "stage")
    assert set(stage) == {*STAGES, OTHER}
    assert stage["solve_l2"]["es"] == "solución del segundo nivel"
    assert stage["replication"] == {"stage": "replication", "es": "réplica", "en": "replication"}
    assert rows(services, "service")["training"]["es"] == "réplicas"
    indicator = rows(indicators, "indicator")
    assert set(indicator) == set(osinergmin.targets)
    assert indicator["training.coverage"] == {
        "indicator": "training.coverage",
        "es": "Cobertura de la réplica (Réplicas)",
        "en": "Replication coverage (Replications)",
        "unit": "share",
    }
    told = [one for family in (stages, services, indicators) for one in family.samples]
    assert not [one for one in told if re.search(r"[._]", one.labels["es"] + one.labels["en"])]


def test_indicators_that_are_called_alike_can_be_told_apart() -> None:
    *_, indicators = named(WORDS, INDICATORS)
    for language in ("es", "en"):
        names = [one.labels[language] for one in indicators.samples]
        assert len(set(names)) == len(names) == len(INDICATORS)


def test_what_an_account_is_told_names_no_code_that_has_a_name() -> None:
    """A code stands in a text only for want of its name."""
    for alert in alerts():
        if alert["labels"]["scope"] != "tenant":
            continue
        for key in ("summary", "summary_en"):
            text = alert["annotations"][key]
            for label in ("stage", "service", "indicator"):
                bare = text.count("{{ $labels." + label + " }}")
                assert bare == text.count(f"enlace_{label}_info"), alert["alert"]
