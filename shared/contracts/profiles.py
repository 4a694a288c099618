"""What intake says about a person of the public; the subject is the profile's id (B:L879-892).

Addresses and names stay in intake: an event knows by which kind of contact somebody is reached.
"""

from shared.contracts.events import EventBody


class ProfileOpened(EventBody, event_type="intake.profile.opened.v1"):
    """Somebody wrote for the first time; `contact` is `email`, `phone` or `handle`."""

    contact: str


class ProfileLinked(EventBody, event_type="intake.profile.linked.v1"):
    """The same person is reached by another kind of contact too."""

    contact: str


class ProfilePreferred(EventBody, event_type="intake.profile.preferred.v1"):
    """The person is attended before others: `ground` is `granted`, and empty for no longer."""

    ground: str


class ProfileJoined(EventBody, event_type="intake.profile.joined.v1"):
    """It is another profile's person: what is known of it is the other's from now on."""

    into: str
