"""What the ladder announces of incidents, and how a letter tells of it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from services.incidents.cases import INCIDENT
from services.incidents.domain.stages import Standing
from services.incidents.policy import IncidentPolicy
from shared.contracts.incidents import IncidentBreached, IncidentWarned
from shared.mail import (
    Announced,
    Composed,
    Composer,
    Ladder,
    Letter,
    Now,
    Unsendable,
    compose_digest,
)
from shared.service import Workshop


def _minutes(policy: IncidentPolicy) -> int:
    return policy.section.digest.minutes


_NOW: Final = {Standing.RUNNING.value: Now.RUNNING, Standing.WAITING.value: Now.WAITING}


def _standing(stages: Sequence[Mapping[str, Any]], said: Mapping[str, Any]) -> Now:
    """Of the newest promise of that name: the only one that can still run."""
    newest = [stage for stage in stages if stage["name"] == said["stage"]][-1]
    return _NOW.get(newest["standing"], Now.SETTLED)


LADDER: Final = Ladder(
    name="digest",
    template="incident_digest",
    announced=(
        Announced(
            INCIDENT,
            (IncidentWarned.event_type, IncidentBreached.event_type),
            facts={"ticket": "state.ticket", "tier": "state.tier"},
            words={"stage": "incident.stage.{stage}"},
            promises="state.stages",
            standing=_standing,
        ),
    ),
    minutes=_minutes,
)


def composer(workshop: Workshop) -> Composer:
    """Composes a digest when it is sent."""

    async def compose(letter: Letter) -> Composed:
        if letter.template != LADDER.template:
            raise Unsendable("unknown_template")
        return await compose_digest(workshop, LADDER, letter)

    return compose
