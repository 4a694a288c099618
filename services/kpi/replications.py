"""What is counted of who replicates: each person's part, and who trained (A:L1902-1932)."""

from typing import Final

from services.kpi.measures import PERSON_OF, Measure, Thing
from services.kpi.sources import Source

_OWN: Final = {"person": f"{PERSON_OF}person_id"}
_TRAINER: Final = {"person": f"{PERSON_OF}scheduled:trainer"}
_PRESENT: Final = {"person": f"{PERSON_OF}present"}
# a list of who was there is told again when it is corrected
_AGAIN: Final = ("attended", "cancelled")


def _own(name: str, event: str, *undone: str, **when: tuple[object, ...]) -> Measure:
    return Measure(name, "training_people", event, when=when, undone=undone, by=_OWN)


ENROLMENT: Final = Thing(
    source=Source("training", "enrolment", "enrolment"),
    attributes={},
    tiers={},
    started=("opened",),
    ended=("signed", "exempted", "released"),
    resumed=("reopened", "exemption_withdrawn"),
    measures=(
        _own("assigned", "opened", "released"),
        # for a version that was replaced it holds no more
        _own("signed", "signed", "reopened"),
        _own("exempt", "exempted", "exemption_withdrawn"),
        _own("taken", "quiz_taken"),
        _own("passed", "quiz_taken", passed=(True,)),
    ),
)

SESSION: Final = Thing(
    source=Source("training", "session", "session"),
    attributes={},
    tiers={},
    started=("scheduled",),
    ended=("attended", "cancelled"),
    measures=(
        Measure("attended", "training_people", "attended", undone=_AGAIN, by=_PRESENT),
        Measure("held", "session_people", "attended", undone=_AGAIN, by=_TRAINER),
    ),
)
