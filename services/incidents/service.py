"""Incidents, put together."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from services.incidents.api import routes
from services.incidents.cases import ARTICLE, INCIDENT, MEETING
from services.incidents.consumers import FOLLOWS, HEARS
from services.incidents.forgetting import Forgetting, kept_for
from services.incidents.knowledge import prepare
from services.incidents.ladder import LADDER, composer
from services.incidents.policy import SECTION, IncidentSection, incident_policy
from shared import mail
from shared.mail import Announcer, Letters, Postman
from shared.service import Service, Workshop


def _tasks(workshop: Workshop) -> Sequence[Callable[[], Awaitable[None]]]:
    letters = Letters(workshop.database, workshop.now)
    postman = Postman(workshop, letters, composer(workshop))
    forgetting = Forgetting(workshop, kept_for(workshop))
    return Announcer(workshop, letters, LADDER).watch, postman.watch, forgetting.watch


SERVICE: Final = Service(
    name="incidents",
    kinds=(INCIDENT, ARTICLE, MEETING),
    hears=HEARS,
    follows=FOLLOWS,
    sections={SECTION: IncidentSection, mail.SECTION: mail.MailSection},
    policy=incident_policy,
    routes=routes,
    prepare=prepare,
    tasks=_tasks,
)
