"""What is counted of the public's ways in, and of the meetings where it is spoken of."""

from typing import Any, Final

from services.kpi.measures import ACTOR, BUSINESS, CASE, CLIENT, PROVIDER, Measure, Thing
from services.kpi.sources import Source

_ASKED: Final = ("received", "continued")
_SETTLED: Final = ("answered", "discarded", "heeded", "continued")
_STAGE: Final = {"stage": CASE}
_OPEN: Final = "desks_open"
_OWNER: Final = {"person": "owner"}
_ATTENDED: Final = {"person": "invited:attended_by"}


def _seconds(family: str, event: str, *, since: tuple[str, ...] = ()) -> tuple[Measure, ...]:
    """Working time until an event, whole and by whose turn it was."""
    return (
        Measure("seconds", family, event, BUSINESS, since=since),
        Measure("client_seconds", family, event, CLIENT, since=since),
        Measure("provider_seconds", family, event, PROVIDER, since=since),
    )


def _promised(family: str, *events: str) -> tuple[Measure, ...]:
    """Each promise by the day it is due and the version of the policy that gave it."""
    by = {"policy": "deadline/policy"}
    return tuple(Measure("promised", family, e, day="deadline/due_at", by=by) for e in events)


def _judged(
    family: str, begins: tuple[str, ...], ends: tuple[str, ...], undone: tuple[str, ...]
) -> tuple[Measure, ...]:
    """Promises kept and missed at their end, and those that have passed without one.

    The same once more as they stand now, with those that still run.
    """
    over = (*ends, *undone)
    return (
        *(Measure("kept", family, event, when={"on_time": (True,)}) for event in ends),
        *(Measure("late", family, event, when={"on_time": (False,)}) for event in ends),
        Measure("overdue", family, "deadline_breached", day="due_at", undone=over),
        *(
            Measure(how, "stages", event, when={"on_time": (how == "met",)}, by=_STAGE)
            for how in ("met", "breached")
            for event in ends
        ),
        Measure("breached", "stages", "deadline_breached", undone=over, by=_STAGE),
        *(_running(event, *over, day="deadline/due_at") for event in begins),
    )


def _running(event: str, *over: str, **more: Any) -> Measure:  # noqa: ANN401 - a measure's own
    """A promise that this gave, until it is kept, missed or called off."""
    undone = (*over, "deadline_breached")
    return Measure("running", "stages", event, undone=undone, by=_STAGE, **more)


CONSULTATION: Final = Thing(
    source=Source("intake", "consultation", "consultation"),
    attributes={
        "folder": ("folder", ("distributed", "answered")),
        "channel": ("channel", ("received",)),
    },
    tiers={},
    started=("received",),
    ended=("answered", "discarded", "heeded"),
    resumed=("continued",),
    reinstated=("heeded",),
    standing=_OPEN,
    code="code",
    measures=(
        Measure("received", "consultations", "received", day="received_at"),
        Measure("continued", "consultations", "continued"),
        # each word of the user that waits for an answer: at most one of a consultation does
        Measure("in_process", "consultations", "received", day="received_at", undone=_SETTLED),
        Measure("in_process", "consultations", "continued", undone=_SETTLED),
        Measure("answered", "consultations", "answered"),
        Measure("on_time", "consultations", "answered", when={"on_time": (True,)}),
        *_seconds("consultations", "answered", since=_ASKED),
        Measure("escalated", "consultations", "escalated"),
        Measure("observed", "consultations", "observed"),
        Measure("discarded", "consultations", "discarded"),
        Measure("undelivered", "consultations", "undelivered"),
        Measure("answered", "consultation_people", "answered", by={"person": ACTOR}),
        Measure(
            "seconds",
            "consultation_people",
            "answered",
            BUSINESS,
            since=_ASKED,
            by={"person": ACTOR},
        ),
        Measure("answered", "consultation_reasons", "answered", by={"reason": "labels"}),
        Measure("channelled", "consultations", "channelled"),
        Measure("channelled_on_time", "consultations", "channelled", when={"on_time": (True,)}),
        *_judged(
            "consultations",
            (*_ASKED, "resumed"),
            ("answered", "channelled"),
            ("discarded", "heeded"),
        ),
        *_promised("consultation_policies", "received", "continued", "resumed"),
    ),
)

DOSSIER: Final = Thing(
    source=Source("intake", "dossier", "dossier"),
    attributes={
        "area": ("area", ("received", "accepted")),
        "type": ("service", ("received",)),
        "channel": ("channel", ("received",)),
    },
    tiers={},
    started=("received",),
    ended=("resolved", "rejected"),
    resumed=("observed", "accepted"),
    standing=_OPEN,
    code="code",
    turns={"observed": CLIENT, "required": CLIENT, "added": PROVIDER, "accepted": PROVIDER},
    measures=(
        Measure("received", "dossiers", "received", day="received_at"),
        Measure("observed", "dossiers", "observed"),
        # a correction that had come in time takes up what the clock ended
        Measure("rejected", "dossiers", "rejected", undone=("added",)),
        Measure("lapsed", "dossiers", "rejected", when={"lapsed": (True,)}, undone=("added",)),
        Measure("resolved", "dossiers", "resolved"),
        Measure("on_time", "dossiers", "resolved", when={"on_time": (True,)}),
        *_seconds("dossiers", "resolved"),
        Measure("notified", "dossiers", "notified", when={"number": (1,)}),
        # on the day of what it proves, or a month could have more proofs than answers
        Measure(
            "acknowledged",
            "dossiers",
            "notified",
            when={"number": (1,)},
            followed=("acknowledged",),
        ),
        Measure("undelivered", "dossiers", "undelivered"),
        *_judged("dossiers", ("received",), ("resolved",), ("rejected",)),
        # what the clock ended and a correction took up runs again
        _running("rejected", "resolved", "rejected", when={"lapsed": (True,)}, followed=("added",)),
        *_promised("dossier_policies", "received"),
    ),
)


def _voice(name: str, *more: Measure) -> Thing:
    family, outcomes = f"{name}s", f"{name}_outcomes"
    return Thing(
        source=Source("intake", name, name),
        attributes={
            "unit": ("unit", ("referred", "evaluated", "informed", "implemented")),
            "channel": ("channel", ("received",)),
        },
        tiers={},
        started=("received",),
        ended=("informed", "dismissed"),
        standing=_OPEN,
        code="code",
        measures=(
            Measure("received", family, "received", day="received_at"),
            Measure("dismissed", family, "dismissed"),
            Measure("referred", family, "referred"),
            Measure("informed", family, "informed"),
            Measure("judged", family, "informed", when={"on_time": (True, False)}),
            Measure("on_time", family, "informed", when={"on_time": (True,)}),
            *_seconds(family, "informed"),
            Measure("implemented", family, "implemented"),
            Measure("evaluated", outcomes, "evaluated", by={"outcome": "outcome"}),
            *more,
        ),
    )


MEETING: Final = Thing(
    source=Source("incidents", "meeting", "meeting"),
    attributes={"team": ("team", ("planned",))},
    tiers={},
    started=("planned",),
    ended=("held", "cancelled"),
    measures=(
        Measure("planned", "meetings", "planned", day="due_at"),
        Measure("held", "meetings", "held"),
        # one that was held is told of late at times
        Measure("missed", "meetings", "missed", day="due_at", undone=("held", "cancelled")),
        Measure("cancelled", "meetings", "cancelled"),
        Measure("committed", "meetings", "committed", by={"area": "area"}),
        Measure("fulfilled", "meetings", "fulfilled"),
        Measure("in_time", "meetings", "fulfilled", when={"in_time": (True,)}),
        Measure("overdue", "meetings", "overdue", day="due_at"),
        Measure("committed", "meeting_people", "committed", by=_OWNER | {"area": "area"}),
        Measure("in_time", "meeting_people", "fulfilled", when={"in_time": (True,)}, by=_OWNER),
        Measure("overdue", "meeting_people", "overdue", day="due_at", by=_OWNER),
    ),
)

SURVEY: Final = Thing(
    source=Source("intake", "survey", "survey"),
    attributes={"about": ("about", ("invited", "answered", "lapsed"))},
    tiers={},
    started=("invited",),
    ended=("answered", "lapsed"),
    measures=(
        Measure("invited", "surveys", "invited"),
        Measure("lapsed", "surveys", "lapsed"),
        Measure("answered", "surveys", "answered"),
        Measure("satisfied", "surveys", "answered", when={"satisfied": (True,)}),
        Measure("scored", "survey_drivers", "answered", by={"driver": "scores"}),
        Measure("points", "survey_drivers", "answered", "scores", by={"driver": "scores"}),
        Measure("answered", "survey_people", "answered", by=_ATTENDED),
        Measure(
            "satisfied", "survey_people", "answered", when={"satisfied": (True,)}, by=_ATTENDED
        ),
    ),
)

SUGGESTION: Final = _voice("suggestion")
CLAIM: Final = _voice(
    "claim",
    *_judged("claims", ("received",), ("informed",), ("dismissed",)),
    *_promised("claim_policies", "received"),
)
