"""Intake, put together."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from services.intake.api import routes
from services.intake.cases import ATTACHMENT, REQUEST
from services.intake.clearing import Clearing
from services.intake.consumers import hears
from services.intake.policy import SECTION, IntakeSection, intake_policy
from shared.files import GridFiles
from shared.service import Service, Workshop


def _tasks(workshop: Workshop) -> Sequence[Callable[[], Awaitable[None]]]:
    return (Clearing(workshop, GridFiles(workshop.database)).watch,)


SERVICE: Final = Service(
    name="intake",
    kinds=(REQUEST, ATTACHMENT),
    hears=hears,
    sections={SECTION: IntakeSection},
    policy=intake_policy,
    routes=routes,
    tasks=_tasks,
)
