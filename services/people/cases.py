"""The kind of case that people keeps."""

from typing import Final

from services.people.domain import DECIDER, Person
from shared.store import Kind

PERSON: Final[Kind[Person]] = Kind(
    "people", "person", DECIDER, indexes=(("_id",), ("state.roles", "_id"))
)
