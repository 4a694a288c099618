"""Intake, put together."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from services.intake.api import routes
from services.intake.cases import ATTACHMENT, DELIVERY, GRANT, PROCEDURE, REQUEST, SUBSCRIPTION
from services.intake.clearing import Clearing
from services.intake.consumers import hears
from services.intake.following import follows
from services.intake.letters import composer
from services.intake.policy import SECTION, IntakeSection, intake_policy
from services.intake.postman import Postman
from services.intake.public import KINDS, SECTIONS, prepare, public_tasks
from services.intake.secrets import Secrets
from shared import mail
from shared.files import GridFiles
from shared.service import Service, Workshop


def _tasks(workshop: Workshop) -> Sequence[Callable[[], Awaitable[None]]]:
    clearing = Clearing(workshop, GridFiles(workshop.database))
    letters = mail.Letters(workshop.database, workshop.now)
    return (
        clearing.watch,
        Postman(workshop, Secrets(workshop.database)).watch,
        mail.Postman(workshop, letters, composer(workshop)).watch,
        *public_tasks(workshop),
    )


SERVICE: Final = Service(
    name="intake",
    kinds=(REQUEST, ATTACHMENT, SUBSCRIPTION, DELIVERY, PROCEDURE, GRANT, *KINDS),
    hears=hears,
    follows=follows,
    sections={SECTION: IntakeSection, mail.SECTION: mail.MailSection, **SECTIONS},
    policy=intake_policy,
    routes=routes,
    prepare=prepare,
    tasks=_tasks,
)
