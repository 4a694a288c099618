"""People, put together."""

from typing import Final

from services.people.api import routes
from services.people.cases import PERSON, PROGRAM
from services.people.credentials.accounts import Accounts
from services.people.credentials.sessions import Sessions
from services.people.credentials.tries import TriesKept
from services.people.policy import SECTION, PeopleSection, people_policy
from shared.service import Service, Workshop


async def prepare(workshop: Workshop) -> None:
    """What the database needs beside the cases."""
    for kept in (Accounts, Sessions, TriesKept):
        await kept(workshop.database).ensure_indexes()


SERVICE: Final = Service(
    name="people",
    kinds=(PERSON, PROGRAM),
    sections={SECTION: PeopleSection},
    policy=people_policy,
    routes=routes,
    prepare=prepare,
)
