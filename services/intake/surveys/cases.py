"""Where surveys are kept."""

from typing import Final

from services.intake.surveys.domain import RULES, Survey
from shared.store import Kind

SURVEY: Final[Kind[Survey]] = Kind(
    "intake", "survey", RULES, indexes=(("state.status", "_id"), ("state.case_id", "_id"))
)
