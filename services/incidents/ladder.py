"""What the ladder announces of incidents, and how a letter tells of it."""

from typing import Final

from services.incidents.cases import INCIDENT
from services.incidents.policy import IncidentPolicy
from shared.contracts.incidents import IncidentBreached, IncidentWarned
from shared.mail import Announced, Composed, Composer, Ladder, Letter, Unsendable, compose_digest
from shared.service import Workshop


def _minutes(policy: IncidentPolicy) -> int:
    return policy.section.digest.minutes


LADDER: Final = Ladder(
    name="digest",
    template="incident_digest",
    announced=(
        Announced(
            INCIDENT,
            (IncidentWarned.event_type, IncidentBreached.event_type),
            facts={"ticket": "state.ticket", "tier": "state.tier"},
            words={"stage": "incident.stage.{stage}"},
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
