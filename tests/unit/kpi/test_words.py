"""What `/metrics` calls the codes that alerts are told by."""

import re

import pytest
from prometheus_client.metrics_core import Metric

from services.kpi.definitions import INDICATORS
from services.kpi.metrics import CLOSED
from services.kpi.policy import Counting
from services.kpi.words import CODES, named
from shared.i18n import load
from tests.support.promql import alerts, dashboards, panels

WORDS = load()


def rows(family: Metric, label: str) -> dict[str, dict[str, str]]:
    return {sample.labels[label]: sample.labels for sample in family.samples}


def test_every_code_has_a_name_in_both_languages(osinergmin: Counting) -> None:
    *families, indicators = named(WORDS, osinergmin.targets)
    told = {label: rows(family, label) for label, family in zip(CODES, families, strict=True)}
    assert {label: set(found) for label, found in told.items()} == {
        label: set(codes) for label, codes in CODES.items()
    }
    assert told["stage"]["solve_l2"]["stage_es"] == "solución del segundo nivel"
    assert told["stage"]["in_evaluation"]["stage_es"] == "en evaluación"
    assert told["holder"]["provider:training"]["holder_en"] == "replications"
    assert told["service"]["training"]["service_es"] == "réplicas"
    own = rows(indicators, "indicator")
    assert set(own) == set(osinergmin.targets)
    assert own["training.coverage"] == {
        "indicator": "training.coverage",
        "indicator_es": "Cobertura de la réplica (Réplicas)",
        "indicator_en": "Replication coverage (Replications)",
        "unit": "share",
    }
    spanish = {
        text
        for family in (*families, indicators)
        for one in family.samples
        for label, text in one.labels.items()
        if label.endswith("_es")
    }
    assert not [text for text in spanish if re.search(r"[._:]", text)]


@pytest.mark.parametrize("label", [*CODES, "indicator"])
def test_no_board_tells_a_code_that_has_a_name(label: str) -> None:
    """But the machine's, whose parts are called as they are."""
    legends = [
        target["legendFormat"]
        for name, board in dashboards().items()
        for panel in panels(board)
        for target in panel["targets"]
        if name != "health"
    ]
    assert not [one for one in legends if "{{" + label + "}}" in one]


def test_the_standing_figures_have_no_code_without_a_name() -> None:
    told = {label for label in CLOSED if label != "status"}
    assert told <= set(CODES)
    assert all(set(CLOSED[label]) <= set(CODES[label]) for label in told)
    assert set(CLOSED["status"]) <= set(CODES["stage"])


def test_indicators_that_are_called_alike_can_be_told_apart() -> None:
    *_, indicators = named(WORDS, INDICATORS)
    for language in ("es", "en"):
        names = [one.labels[f"indicator_{language}"] for one in indicators.samples]
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
