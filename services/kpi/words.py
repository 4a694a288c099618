"""What codes among the labels are called, so that an alert is told in words.

One series of value 1 a code, with its name in each language: alerts look names up and keep the
codes as their labels.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from services.kpi.definitions import INDICATORS
from services.kpi.policy import OTHER, STAGES
from shared.i18n import LANGUAGES, Catalogue

PROMISING: Final = ("incidents", "intake", "training", "validation")
"""The services whose promises Prometheus watches."""


def named(words: Catalogue, targets: Iterable[str]) -> Sequence[Metric]:
    """Names of stages, of services, and of the indicators that have a target."""
    return (
        _family(
            "stage",
            "What a stage with a promise is called",
            {one: [_stage(words, language, one) for language in LANGUAGES] for one in _STAGES},
        ),
        _family(
            "service",
            "What a service's promises are about",
            {
                one: [words.text(language, f"value.service.{one}") for language in LANGUAGES]
                for one in PROMISING
            },
        ),
        _family(
            "indicator",
            "What an indicator with a target is called, and its unit",
            {
                one: [
                    *(_indicator(words, language, one) for language in LANGUAGES),
                    INDICATORS[one].unit.value,
                ]
                for one in sorted(targets)
            },
            "unit",
        ),
    )


_STAGES: Final = (*STAGES, OTHER)


def _family(label: str, text: str, rows: Mapping[str, Sequence[str]], *more: str) -> Metric:
    family = GaugeMetricFamily(f"enlace_{label}_info", text, labels=(label, *LANGUAGES, *more))
    for code, names in rows.items():
        family.add_metric((code, *names), 1)
    return family


def _stage(words: Catalogue, language: str, stage: str) -> str:
    places = ("value.stage", "incident.stage", "value.any")
    found = (words.find(language, f"{place}.{stage}") for place in places)
    return next(filter(None, found), stage)


def _indicator(words: Catalogue, language: str, indicator: str) -> str:
    """With its subject, since several are called alike."""
    subject = words.text(language, f"report.group.{INDICATORS[indicator].report}")
    return f"{words.text(language, f'indicator.{indicator}.name')} ({subject})"
