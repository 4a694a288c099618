"""The kinds of cases that people keeps."""

from typing import Final

from services.people.domain import program
from services.people.domain.person import DECIDER, Person
from services.people.domain.program import Program
from shared.store import Kind

PERSON: Final[Kind[Person]] = Kind(
    "people", "person", DECIDER, indexes=(("_id",), ("state.roles", "_id"))
)
# the second: one of a provider was registered with what programs of the house may read
PROGRAM: Final[Kind[Program]] = Kind(
    "people", "program", program.DECIDER, shape=2, indexes=(("_id",),)
)
