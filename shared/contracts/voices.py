"""What intake says about suggestions and claims; the subject is the case's id (B:L1376-1422).

Both go the same way: checked by their responsible, referred to the organ that knows, evaluated
there, and the result told to the user. What was written and by whom stays in intake.
"""

from datetime import datetime

from shared.contracts.consultations import EnclosureRef, TextRef
from shared.contracts.events import EventBody
from shared.contracts.stages import StageDeadline


class VoiceReceived(EventBody):
    """Somebody's suggestion or claim came in; a claim with its term.

    `forwarded_from` is the case that it was taken for at first.
    """

    code: str
    channel: str
    received_at: datetime
    text: TextRef
    deadline: StageDeadline | None = None
    enclosures: tuple[EnclosureRef, ...] = ()
    profile_id: str = ""
    anonymous: bool = False
    preferential: str = ""
    forwarded_from: str = ""


class VoiceReferred(EventBody):
    """Its responsible found it to be one, and sent it to the organ with that order (proveído)."""

    unit: str
    order: str


class VoiceEvaluated(EventBody):
    """The organ evaluated it; `outcome` is one of the account's."""

    unit: str
    outcome: str
    text: TextRef


class VoiceInformed(EventBody):
    """The user was told the result; `on_time` where there is a term."""

    unit: str
    outcome: str
    text: TextRef
    informed_at: datetime
    on_time: bool | None = None


class VoiceImplemented(EventBody):
    """The organ did what it led to; what, for the yearly report."""

    unit: str
    action: str


class VoiceDismissed(EventBody):
    """It is none; `forwarded_to` is the way in that it belongs to.

    `forwarded_case` is the case that is opened there from it.
    """

    reason: str
    forwarded_to: str = ""
    forwarded_case: str = ""


class VoiceAdded(EventBody):
    """The user wrote more about it."""

    text: TextRef
    enclosures: tuple[EnclosureRef, ...] = ()


class VoiceHeeded(EventBody):
    """What the user wrote after the end was read, and nothing more is to be done."""


class VoiceUndelivered(EventBody):
    """What was sent to the user came back; `reason` is the server's status, such as 5.1.1."""

    reason: str


class VoiceWarned(EventBody):
    """This percent of the budget is used up; the roles named are told."""

    warns = True
    share: int
    due_at: datetime
    holder: str
    notify: tuple[str, ...] = ()


class VoiceDeadlineBreached(EventBody):
    """The promised instant has passed and the user was told nothing."""

    due_at: datetime
    holder: str
    notify: tuple[str, ...] = ()


class SuggestionReceived(VoiceReceived, event_type="intake.suggestion.received.v1"):
    """`VoiceReceived`, of a suggestion."""


class SuggestionReferred(VoiceReferred, event_type="intake.suggestion.referred.v1"):
    """`VoiceReferred`, of a suggestion."""


class SuggestionEvaluated(VoiceEvaluated, event_type="intake.suggestion.evaluated.v1"):
    """`VoiceEvaluated`, of a suggestion."""


class SuggestionInformed(VoiceInformed, event_type="intake.suggestion.informed.v1"):
    """`VoiceInformed`, of a suggestion."""


class SuggestionImplemented(VoiceImplemented, event_type="intake.suggestion.implemented.v1"):
    """`VoiceImplemented`, of a suggestion."""


class SuggestionDismissed(VoiceDismissed, event_type="intake.suggestion.dismissed.v1"):
    """`VoiceDismissed`, of a suggestion."""


class SuggestionAdded(VoiceAdded, event_type="intake.suggestion.added.v1"):
    """`VoiceAdded`, of a suggestion."""


class SuggestionHeeded(VoiceHeeded, event_type="intake.suggestion.heeded.v1"):
    """`VoiceHeeded`, of a suggestion."""


class SuggestionUndelivered(VoiceUndelivered, event_type="intake.suggestion.undelivered.v1"):
    """`VoiceUndelivered`, of a suggestion."""


class SuggestionWarned(VoiceWarned, event_type="intake.suggestion.warned.v1"):
    """`VoiceWarned`, of a suggestion."""


class SuggestionDeadlineBreached(
    VoiceDeadlineBreached, event_type="intake.suggestion.deadline_breached.v1"
):
    """`VoiceDeadlineBreached`, of a suggestion."""


class ClaimReceived(VoiceReceived, event_type="intake.claim.received.v1"):
    """`VoiceReceived`, of a claim."""


class ClaimReferred(VoiceReferred, event_type="intake.claim.referred.v1"):
    """`VoiceReferred`, of a claim."""


class ClaimEvaluated(VoiceEvaluated, event_type="intake.claim.evaluated.v1"):
    """`VoiceEvaluated`, of a claim."""


class ClaimInformed(VoiceInformed, event_type="intake.claim.informed.v1"):
    """`VoiceInformed`, of a claim."""


class ClaimImplemented(VoiceImplemented, event_type="intake.claim.implemented.v1"):
    """`VoiceImplemented`, of a claim."""


class ClaimDismissed(VoiceDismissed, event_type="intake.claim.dismissed.v1"):
    """`VoiceDismissed`, of a claim."""


class ClaimAdded(VoiceAdded, event_type="intake.claim.added.v1"):
    """`VoiceAdded`, of a claim."""


class ClaimHeeded(VoiceHeeded, event_type="intake.claim.heeded.v1"):
    """`VoiceHeeded`, of a claim."""


class ClaimUndelivered(VoiceUndelivered, event_type="intake.claim.undelivered.v1"):
    """`VoiceUndelivered`, of a claim."""


class ClaimWarned(VoiceWarned, event_type="intake.claim.warned.v1"):
    """`VoiceWarned`, of a claim."""


class ClaimDeadlineBreached(VoiceDeadlineBreached, event_type="intake.claim.deadline_breached.v1"):
    """`VoiceDeadlineBreached`, of a claim."""
