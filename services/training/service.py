"""Training, put together."""

from services.training.api import routes
from services.training.cases import ENROLMENT, MEMBER, PLAN, SESSION
from services.training.consumers import HEARS
from services.training.leavers import leavers_of
from services.training.policy import SECTION, TrainingSection, training_policy
from services.training.recounts import recounts_of
from services.training.rosters import Rosters
from shared.service import Service, Workshop


async def prepare(workshop: Workshop) -> None:
    """What the database needs beside the cases."""
    await Rosters(workshop.database).ensure_indexes()


SERVICE = Service(
    name="training",
    kinds=(PLAN, ENROLMENT, MEMBER, SESSION),
    hears=HEARS,
    sections={SECTION: TrainingSection},
    policy=training_policy,
    routes=routes,
    prepare=prepare,
    tasks=lambda workshop: [recounts_of(workshop).run, leavers_of(workshop).run],
)
