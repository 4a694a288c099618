"""Where incidents and what is known of them are kept."""

from typing import Final

from services.incidents.domain import RULES, Incident, article, meeting
from services.incidents.domain.article import Article
from services.incidents.domain.meeting import Meeting
from shared.decider import Decider
from shared.store import Kind, Promised

# what is closed has no promise and comes last
BY_WORDS: Final = ("state.words", "state.due_at", "_id")

# The queues are read through what is open, tier by tier or person by person, the tightest promise
# first; what comes after the id is filtered and counted by without reading the incidents. What is
# closed is read by its kind for the present averages.
INCIDENT: Final[Kind[Incident]] = Kind(
    "incidents",
    "incident",
    decider=RULES,
    indexes=(
        ("state.open", "state.tier", "state.due_at", "_id", "state.desk"),
        ("state.open", "state.holder", "state.due_at", "_id"),
        ("state.open", "state.due_at", "_id", "state.desk", "state.area"),
        ("state.open", "state.area", "state.kind", "state.closed_at"),
        ("state.open", "state.area", "state.closed_at"),
        # those of one person are few
        ("state.profile_id",),
        # what was announced and is closed by now is told apart without being read
        ("state.told_at", "state.open"),
        ("state.registered_at",),
        ("state.attended_at",),
        ("state.solution.at",),
        ("state.closed_at",),
        BY_WORDS,
    ),
    unique=(("state.ticket",),),
    promised=Promised(lambda policy: policy.calendar, where={"state.open": True}),
)

ARTICLE: Final[Kind[Article]] = Kind(
    "incidents",
    "article",
    decider=Decider(state=Article, initial=Article, decide=article.decide, evolve=article.evolve),
    indexes=(("state.standing", "state.changed_at", "_id"),),
)

MEETING: Final[Kind[Meeting]] = Kind(
    "incidents",
    "meeting",
    decider=Decider(
        state=Meeting,
        initial=Meeting,
        decide=meeting.decide,
        evolve=meeting.evolve,
        next_due=meeting.next_due,
        on_due=meeting.Pass,
    ),
    indexes=(("state.due_at", "_id"), ("_id",)),
)
