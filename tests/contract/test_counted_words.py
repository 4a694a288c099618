"""The words of other services that the figures know are those of these services, all of them."""

from itertools import chain

import pytest

from services.incidents.domain.stages import StageName
from services.intake.domain import stages
from services.intake.domain.lifecycle import TERMINAL, Holder, Status
from services.intake.surveys.writing import KNOWN
from services.kpi.domain import AT_WORK, DEPLOYED, EVALUATION, GIVEN_UP, RECEIVED, REGISTER
from services.kpi.measures import Thing
from services.kpi.policy import ABOUT, DESKS, HOLDERS, STAGES, STATUSES
from services.kpi.stories import _fields
from services.kpi.things import THINGS
from shared.contracts.events import REGISTRY
from shared.contracts.stages import StageDeadline

PROMISED = (stages.EVALUATION, stages.ATTENTION, stages.REPLICATION, stages.REGISTER)


def test_an_open_request_stands_where_intake_says() -> None:
    assert set(STATUSES) == set(Status) - TERMINAL - {Status.NEW}
    assert set(HOLDERS) == set(Holder) - {Holder.NOBODY}
    assert {RECEIVED, DEPLOYED} | AT_WORK | GIVEN_UP <= set(Status)


def test_stages_are_those_of_requests_and_incidents_and_the_desks() -> None:
    assert (EVALUATION, REGISTER) == (stages.EVALUATION, stages.REGISTER)
    ways = [name for name in DESKS if f"intake.{name}.received.v1" in REGISTRY]
    assert ways == list(DESKS)
    # what is suggested has no term
    assert (*PROMISED, *StageName, *(one for one in ways if one != "suggestion")) == STAGES


def test_what_is_asked_about_is_what_intake_asks_about() -> None:
    assert set(ABOUT) == set(KNOWN)


@pytest.mark.parametrize("thing", THINGS.values(), ids=THINGS)
def test_what_is_counted_is_published(thing: Thing) -> None:
    """A misspelt event or field would count nothing for ever, in figure and recount alike."""
    published = {
        name.split(".")[2]: set(body.model_fields)
        for name, body in REGISTRY.items()
        if name.startswith(f"{thing.source.stream}.")
    }
    named = {
        *(one.event for one in thing.measures),
        *chain.from_iterable((*one.undone, *one.followed, *one.since) for one in thing.measures),
        *chain.from_iterable(events for _, events in thing.attributes.values()),
        *(*thing.tiers, *thing.started, *thing.ended, *thing.resumed, *thing.turns),
    }
    assert named <= set(published)
    for event in named:
        for field in _fields(thing, event):
            outer, _, inner = field.partition("/")
            assert outer in published[event] | {"holder"}, event
            assert not inner or inner in StageDeadline.model_fields, event
