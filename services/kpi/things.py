"""The kinds of cases that are counted by declaration alone: a new measure is a row here.

A row reaches the past by `enlace kpi rebuild`; `recount_things` recounts it by other code.
"""

from typing import Final

from services.kpi.measures import (
    ACTOR,
    CLIENT,
    PROVIDER,
    THIRD,
    TIER,
    Below,
    Clocks,
    Measure,
    Thing,
    Told,
)
from services.kpi.public import CLAIM, CONSULTATION, DOSSIER, MEETING, SUGGESTION, SURVEY
from services.kpi.replications import ENROLMENT, SESSION
from services.kpi.sources import Source

_TIER: Final = {"tier": TIER}
_SOLVED: Final = {"tier": "solved_by"}
_SOLVER: Final = {"tier": "solved:tier"}
_IN: Final = "incidents"
_ALL: Final = "incidents_all"
_PEOPLE: Final = "incident_people"


def _closing(name: str, amount: str = "", **more: tuple[object, ...]) -> tuple[Measure, ...]:
    """Of the closing that stands: a reopening takes it back; in days and, counted, of all time."""
    rest = {"amount": amount, "when": more, "undone": ("reopened",), "by": _SOLVED}
    families = (_IN,) if amount else (_IN, _ALL)
    return tuple(Measure(name, family, "closed", **rest) for family in families)  # type: ignore[arg-type]


def _moved(name: str, event: str) -> tuple[Measure, ...]:
    return tuple(Measure(name, family, event, by=_TIER) for family in (_IN, _ALL))


def _back(name: str, event: str, **more: tuple[object, ...]) -> tuple[Measure, ...]:
    """Of an end without an answer, until a reopening."""
    return tuple(
        Measure(name, family, event, when=more, undone=("reopened",), by=_TIER)
        for family in (_IN, _ALL)
    )


def _past(name: str, amount: str = "", day: str = "closed_at") -> tuple[Measure, ...]:
    """Of an older register's incident, as it was."""
    families = (_IN,) if amount else (_IN, _ALL)
    by = _SOLVED if day == "closed_at" else {"tier": "first_tier"}
    return tuple(Measure(name, family, "imported", amount, day=day, by=by) for family in families)


def _person(name: str, event: str, *undone: str) -> Measure:
    return Measure(name, _PEOPLE, event, undone=undone, by={"tier": "tier", "person": ACTOR})


INCIDENT: Final = Thing(
    source=Source("incidents", "incident", "incident"),
    attributes={
        "type": ("kind", ("registered", "imported", "classified")),
        "channel": ("channel", ("registered", "imported")),
        "area": ("area", ("registered", "imported", "classified")),
        "origin": ("origin", ("registered", "imported", "classified")),
        "line": ("line", ("registered",)),
        "point": ("point", ("registered",)),
        "region": ("region", ("registered",)),
    },
    tiers={
        "registered": 1,
        "imported": "tier",
        "forwarded": 2,
        "elevated": 3,
        "returned": "to_tier",
        "rerouted": "tier",
        "taken": "tier",
        # tier 2 validates what tier 3 has solved, and tier 1 tells the user all else (B:L613-672)
        "solved": Below("tier"),
        "observed": Told("to_tier", 3),
        "validated": 1,
        "converted": 1,
        "reopened": 1,
    },
    started=("registered",),
    ended=("closed", "dismissed"),
    resumed=("reopened",),
    standing="incidents_open",
    code="ticket",
    clocks=Clocks(
        "incident_stages",
        "incident_stage_people",
        "incident_policies",
        "breached",
        {"respond": "response", "solve_l2": "solution", "solve_l3": "solution"},
    ),
    measures=(
        *_moved("registered", "registered"),
        *_past("registered", day="registered_at"),
        Measure("reported", "incident_origins", "registered"),
        Measure("reported", "incident_origins", "imported", day="registered_at"),
        *(
            Measure("reported", "incident_regions", event, day=day)
            for event, day in (("registered", ""), ("imported", "registered_at"))
        ),
        *_moved("elevated", "elevated"),
        *(Measure("reopened", family, "reopened", by=_SOLVER) for family in (_IN, _ALL)),
        Measure("dismissed", _IN, "dismissed", undone=("reopened",), by=_TIER),
        Measure("converted", _IN, "converted", undone=("reopened",), by=_TIER),
        Measure("coordinated_outside", _IN, "coordinated", when={"external": (True,)}, by=_TIER),
        Measure("attended", _IN, "taken", by=_TIER),
        *_closing("closed"),
        *_closing("solved", outcome=("solved",)),
        *_closing("judged"),
        *_closing("within", within_deadlines=(True,)),
        *_closing("routed", routed=(True,)),
        *_closing("routed_correctly", routed=(True,), routed_correctly=(True,)),
        # what tier 1 dismisses after it was forwarded came back as not theirs
        *_back("routed", "dismissed", routed=(True,)),
        *_closing("returns", "returns"),
        *_closing("reroutes", "reroutes"),
        *_closing("elapsed_seconds", "elapsed_seconds"),
        *_closing("contractual_seconds", "contractual_seconds"),
        *_closing("client_seconds", CLIENT),
        *_closing("provider_seconds", PROVIDER),
        *_closing("third_seconds", THIRD),
        *_closing("sided"),
        Measure(
            "elapsed",
            _IN,
            "closed",
            "elapsed_seconds",
            undone=("reopened",),
            scaled=True,
            by=_SOLVED,
        ),
        *_past("closed"),
        *_past("solved"),
        *_past("unjudged"),
        *_past("returns", "returns"),
        *_past("reroutes", "reroutes"),
        *_past("elapsed_seconds", "elapsed_seconds"),
        *_past("contractual_seconds", "contractual_seconds"),
        Measure(
            "elapsed",
            _IN,
            "imported",
            "elapsed_seconds",
            day="closed_at",
            scaled=True,
            by=_SOLVED,
        ),
        _person("taken", "taken"),
        # what was sent back or came back solved nothing (B:L1660, B:L1690-1708)
        _person("solved", "solved", "observed", "reopened"),
        Measure("closed", _PEOPLE, "closed", by={"tier": TIER, "person": ACTOR}),
    ),
)

THINGS: Final[dict[str, Thing]] = {
    thing.name: thing
    for thing in (
        INCIDENT,
        CONSULTATION,
        DOSSIER,
        SUGGESTION,
        CLAIM,
        MEETING,
        SURVEY,
        ENROLMENT,
        SESSION,
    )
}
"""By the name of their fact."""
