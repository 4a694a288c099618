"""What codes among the labels are called, so that alerts and boards are told in words.

One series of value 1 a code, with its name in each language: queries look names up, and the codes
stay the labels of what is measured.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from services.kpi.definitions import INDICATORS
from services.kpi.metrics import PLANS
from services.kpi.policy import DESKS, HOLDERS, OTHER, SIDES, STAGES, STATUSES, TIERS
from shared.i18n import LANGUAGES, Catalogue

PROMISING: Final = ("incidents", "intake", "training", "validation")
"""The services whose promises Prometheus watches."""
CODES: Final[Mapping[str, Sequence[str]]] = {
    "stage": (*STATUSES, *STAGES, OTHER),
    "holder": (*HOLDERS, OTHER),
    "desk": (*DESKS, OTHER),
    "side": (*SIDES, OTHER),
    "tier": (*TIERS, OTHER),
    "outcome": PLANS,
    "service": PROMISING,
}
"""The closed sets of labels; where a request stands is its `stage` too."""


def named(words: Catalogue, targets: Iterable[str]) -> Sequence[Metric]:
    """Names of all these, and of the indicators that have a target, with their units."""
    indicators = {one: (INDICATORS[one].unit.value,) for one in sorted(targets)}
    return (
        *(
            _family(label, dict.fromkeys(codes, ()), _code_of(words, label))
            for label, codes in CODES.items()
        ),
        _family("indicator", indicators, _indicator_of(words), "unit"),
    )


Namer = Callable[[str, str], str]
"""What a code is called in a language."""


def _family(label: str, codes: Mapping[str, Sequence[str]], name: Namer, *more: str) -> Metric:
    labels = (label, *(f"{label}_{language}" for language in LANGUAGES), *more)
    text = f"What each {label} is called"
    family = GaugeMetricFamily(f"enlace_{label}_info", text, labels=labels)
    for code, facts in codes.items():
        family.add_metric((code, *(name(language, code) for language in LANGUAGES), *facts), 1)
    return family


def _code_of(words: Catalogue, label: str) -> Namer:
    def name(language: str, code: str) -> str:
        keys = (f"value.{label}.{code}", f"incident.{label}.{code}", f"report.status.{code}")
        found = (words.find(language, key) for key in (*keys, f"value.any.{code}"))
        return next(filter(None, found), code)

    return name


def _indicator_of(words: Catalogue) -> Namer:
    def name(language: str, code: str) -> str:
        """With its subject, since several are called alike."""
        subject = words.text(language, f"report.group.{INDICATORS[code].report}")
        return f"{words.text(language, f'indicator.{code}.name')} ({subject})"

    return name
