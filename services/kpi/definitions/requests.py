"""Indicators of the client's requests and their replication."""

from dataclasses import replace
from typing import Final

from services.kpi.definitions.model import Good, Unit, average, by_policy, count, share

_IN: Final = "requests"
_STAGES: Final = "deadlines"
_PEOPLE: Final = "training_people"
_COVERAGE: Final = share(
    "training.coverage",
    "training",
    "signed",
    ("eligible",),
    "A:L2193-2203",
    excluded=("exempt",),
)


REQUESTS: Final = (
    count("requests.received", _IN, "received", "A:L1457-1461"),
    count("requests.closed", _IN, "closed", "A:L1457-1461"),
    share("requests.on_time", _IN, "on_time", ("judged",), "A:L2231", excluded=("unjudged",)),
    share(
        "requests.stages_met",
        _STAGES,
        "met",
        ("met", "breached"),
        "A:L2063-2073",
        excluded=("running",),
        split="stage",
    ),
    count(
        "requests.stages_breached",
        _STAGES,
        "breached",
        "A:L2063-2073",
        good=Good.LOWER,
        split="stage",
    ),
    *(
        replace(
            average(
                f"requests.stage_{side}_time",
                _STAGES,
                (f"{side}_seconds",),
                "sided",
                source,
                split="stage",
            ),
            version=2,
        )
        for side, source in (("client", "A:L999-1011"), ("provider", "A:L1867-1899"))
    ),
    *(
        average(
            f"requests.{side}_time",
            _IN,
            (f"{side}_seconds",),
            "sided",
            source,
            excluded=("unsided",),
        )
        for side, source in (("client", "A:L999-1011"), ("provider", "A:L1867-1899"))
    ),
    average(
        "requests.round_trips",
        _IN,
        ("round_trips",),
        "sided",
        "A:L2150",
        excluded=("unsided",),
        unit=Unit.PER_CASE,
    ),
    share(
        "requests.short_notice",
        _IN,
        "short_notice",
        ("dated",),
        "A:L180, A:L987, A:L2249-2257",
        excluded=("undated",),
        good=Good.LOWER,
    ),
    count("requests.queries_by", "request_people", "queried", "A:L2150", split="person"),
    count("requests.verbal", _IN, "verbal", "A:L2285", good=Good.LOWER),
    share(
        "requests.verbal_unconfirmed",
        _IN,
        "lapsed",
        ("confirmed", "lapsed"),
        "A:L2285, A:L2351",
        excluded=("unconfirmed",),
        good=Good.LOWER,
    ),
    replace(_COVERAGE, id="requests.coverage", same_as=_COVERAGE.id),
    by_policy("requests", "policies"),
    count("training.opened", "training", "opened", "A:L2227"),
    count("training.completed", "training", "completed", "A:L2231"),
    share("training.on_time", "training", "completed_on_time", ("completed",), "A:L2231"),
    *(
        average(f"training.{side}_time", "training", (f"{side}_seconds",), "sided", source)
        for side, source in (("client", "A:L999-1011"), ("provider", "A:L1867-1899"))
    ),
    _COVERAGE,
    count("training.cancelled", "training", "cancelled", "derived: A:L2227"),
    by_policy("training", "training_policies"),
    *(
        count(f"training.{name}", family, measure, source, split="person")
        for name, family, measure, source in (
            ("assigned_to", _PEOPLE, "assigned", "A:L2193-2203"),
            ("signed_by", _PEOPLE, "signed", "A:L2205"),
            ("exempted", _PEOPLE, "exempt", "derived: AMB-2"),
            ("attended_by", _PEOPLE, "attended", "A:L2209"),
            ("sessions_by", "session_people", "held", "A:L2209"),
        )
    ),
    share("training.quizzes_passed_by", _PEOPLE, "passed", ("taken",), "A:L2217", split="person"),
)
