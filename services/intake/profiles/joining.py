"""What a join leads to, also when whoever asked for it was cut off before."""

from collections.abc import Iterable

from services.intake.following import follows
from services.intake.private import Private
from services.intake.profiles.cases import PROFILE
from services.intake.profiles.domain import Prefer
from services.intake.profiles.meeting import Meeting
from shared.bus.hears import Heard, Send
from shared.contracts.profiles import ProfileJoined
from shared.service import Workshop


@follows(ProfileJoined)
async def on_profile_joined(heard: Heard[ProfileJoined], workshop: Workshop) -> Iterable[Send]:
    """The contacts of one are the other's from now on; who goes first on a ground still does."""
    meeting, private = Meeting(workshop), Private(workshop.database)
    await meeting.hand_over(heard.tenant, heard.subject, heard.body.into)
    ground = await private.ground(heard.tenant, heard.subject)
    other = await meeting.last(heard.tenant, heard.body.into)
    if not ground or other.state.preferential:
        return []
    await private.change_ground(heard.tenant, other.id, ground)
    return [Send(PROFILE.stream, other.id, Prefer(ground))]
