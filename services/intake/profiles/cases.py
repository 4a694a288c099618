"""Where profiles are kept."""

from typing import Final

from services.intake.profiles.domain import RULES, Profile
from shared.store import Kind

PROFILE: Final[Kind[Profile]] = Kind("intake", "profile", RULES, indexes=(("state.into", "_id"),))
