"""People, put together."""

from typing import Final

from services.people.api import routes
from services.people.cases import PERSON
from services.people.policy import SECTION, PeopleSection, people_policy
from shared.service import Service

SERVICE: Final = Service(
    name="people",
    kinds=(PERSON,),
    sections={SECTION: PeopleSection},
    policy=people_policy,
    routes=routes,
)
