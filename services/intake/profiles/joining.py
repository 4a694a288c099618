"""What a join leads to, also when whoever asked for it was cut off before."""

from collections.abc import Iterable

from services.intake.following import follows
from services.intake.profiles.meeting import Meeting
from shared.bus.hears import Heard, Send
from shared.contracts.profiles import ProfileJoined
from shared.service import Workshop


@follows(ProfileJoined)
async def on_profile_joined(heard: Heard[ProfileJoined], workshop: Workshop) -> Iterable[Send]:
    """The contacts of one are the other's from now on."""
    await Meeting(workshop).hand_over(heard.tenant, heard.subject, heard.body.into)
    return []
