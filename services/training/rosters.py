"""Who is to sign a plan: the people on duty at its launch, written down once, in pieces.

Written before the launch is decided and read by its consequence. So a launch enrols the same people
however late or often its event is handled, and neither case nor event grows with their number.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime
from typing import Final

from pymongo.asynchronous.database import AsyncDatabase

from services.training.domain.plan_state import Leader
from services.training.policy import TrainingPolicy
from shared.ids import new_id
from shared.store.document import CODEC
from shared.store.group import Collection, Document, transient_when_away

PIECE: Final = 1_000


class Rosters:
    """The rosters of all plans, beside the cases."""

    def __init__(self, database: AsyncDatabase[Document]) -> None:
        self._members: Collection = database.get_collection("members", codec_options=CODEC)
        self._pieces: Collection = database.get_collection("rosters", codec_options=CODEC)

    async def ensure_indexes(self) -> None:
        await self._pieces.create_index(["roster", "piece"], unique=True)

    async def on_duty(
        self, tenant: str, policy: TrainingPolicy, today: date
    ) -> tuple[list[Leader], list[str]]:
        """Leaders and advisers of a date; who leads is not counted as an adviser as well."""
        where = _active(tenant, [*policy.leaders, *policy.learners], today)
        leaders: list[Leader] = []
        advisers: list[str] = []
        with transient_when_away():
            members = await self._members.find(where, {"state.roles": 1}).to_list()
        for member in members:
            roles = member["state"]["roles"]
            led = tuple(role for role in policy.leaders if role in roles)
            if led:
                leaders.append(Leader(member["_id"], led))
            else:
                advisers.append(member["_id"])
        return leaders, advisers

    async def number(self, tenant: str, role: str, today: date) -> int:
        """How many hold a role and work here on a date."""
        with transient_when_away():
            return await self._members.count_documents(_active(tenant, [role], today))

    async def came_later(
        self, tenant: str, policy: TrainingPolicy, today: date, launched_at: datetime
    ) -> list[str]:
        """Who got a role that is to be trained only after a launch, and works today."""
        where = _active(tenant, list(policy.learners), today)
        later = self._members.find({**where, "state.since": {"$gt": launched_at}}, {"_id": 1})
        with transient_when_away():
            return [member["_id"] async for member in later]

    async def write(self, tenant: str, leaders: Sequence[Leader], advisers: Sequence[str]) -> str:
        """Keep a list under a new name; leaders first, so that they are enrolled first."""
        roster = new_id()
        people = [*leaders, *(Leader(one, ()) for one in advisers)]
        pieces = [people[start : start + PIECE] for start in range(0, len(people), PIECE)]
        documents = [
            {
                "_id": new_id(),
                "tenant": tenant,
                "roster": roster,
                "piece": number,
                "people": [one.person_id for one in piece],
                "leads": [[one.person_id, one.roles] for one in piece if one.roles],
            }
            for number, piece in enumerate(pieces)
        ]
        if documents:
            with transient_when_away():
                await self._pieces.insert_many(documents)
        return roster

    async def read(self, roster: str) -> AsyncIterator[Leader]:
        """Everybody on a list, in its order."""
        with transient_when_away():
            async for piece in self._pieces.find({"roster": roster}).sort("piece", 1):
                leads = dict(piece["leads"])
                for person in piece["people"]:
                    yield Leader(person, tuple(leads.get(person, ())))

    async def listed(self, rosters: Sequence[str], people: Sequence[str]) -> list[str]:
        """Who of some people is on one of the lists."""
        wanted = {"roster": {"$in": list(rosters)}, "people": {"$in": list(people)}}
        asked = set(people)
        with transient_when_away():
            pieces = await self._pieces.find(wanted, {"people": 1}).to_list()
        return sorted(asked & {person for piece in pieces for person in piece["people"]})

    async def drop(self, roster: str) -> None:
        """Forget a list that no launch uses."""
        with transient_when_away():
            await self._pieces.delete_many({"roster": roster})


def _active(tenant: str, roles: list[str], today: date) -> Document:
    day = today.isoformat()
    return {
        "tenant": tenant,
        "state.roles": {"$in": roles},
        "state.starts_on": {"$lte": day},
        "$or": [{"state.last_on": None}, {"state.last_on": {"$gte": day}}],
    }
