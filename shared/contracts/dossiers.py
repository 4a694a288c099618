"""What intake says about a file of the documents desk; the subject is its id (B:L764-830).

Who presented it, the names of documents and whoever signed a receipt stay in intake.
"""

from datetime import datetime
from operator import not_

from pydantic import Field

from shared.contracts.consultations import EnclosureRef, TextRef
from shared.contracts.events import EventBody
from shared.contracts.stages import StageDeadline


class DossierReceived(EventBody, event_type="intake.dossier.received.v1"):
    """Documents were presented for a service of the catalogue; `code` is the file's number.

    `forwarded_from` is the case that it was taken for at first, `channel` the way that they came
    by.
    """

    code: str
    service: str
    area: str
    received_at: datetime
    effective_received_at: datetime
    deadline: StageDeadline
    text: TextRef
    documents: tuple[EnclosureRef, ...] = ()
    profile_id: str = ""
    preferential: str = ""
    for_entity: bool = False
    forwarded_from: str = Field("", exclude_if=not_)
    channel: str = Field("", exclude_if=not_)


class DossierAccepted(EventBody, event_type="intake.dossier.accepted.v1"):
    """It meets the requirements and went to the area that attends it."""

    area: str


class DossierObserved(EventBody, event_type="intake.dossier.observed.v1"):
    """Something is missing; the user has until the deadline to put it right.

    `paused` is whether the term of the answer stands still until he does.
    """

    reason: str
    deadline: StageDeadline
    paused: bool = False


class DossierRequired(EventBody, event_type="intake.dossier.required.v1"):
    """The area asks the user for more; `paused` as when something is observed."""

    reason: str
    paused: bool = False


class DossierAdded(EventBody, event_type="intake.dossier.added.v1"):
    """The user added documents or words to a file that is open.

    `deadline` is the date of the answer without the time that he had the file, when it stood still.
    """

    text: TextRef
    documents: tuple[EnclosureRef, ...] = ()
    received_at: datetime
    effective_received_at: datetime
    deadline: StageDeadline | None = None


class DossierRejected(EventBody, event_type="intake.dossier.rejected.v1"):
    """It is not attended; `lapsed` when what was observed was not put right in time."""

    reason: str
    lapsed: bool = False


class DossierResolved(EventBody, event_type="intake.dossier.resolved.v1"):
    """The area gave its answer; it is still to be notified."""

    text: TextRef
    resolved_at: datetime
    on_time: bool


class DossierNotified(EventBody, event_type="intake.dossier.notified.v1"):
    """The answer was sent for the `number`th time, by mail, electronic box or to an entity."""

    number: int
    means: str
    sent_at: datetime
    text: TextRef


class DossierAcknowledged(EventBody, event_type="intake.dossier.acknowledged.v1"):
    """There is proof of reception: which, when, under which file number; `person` who took it."""

    number: int
    proof: str
    file_number: str
    acknowledged_at: datetime
    person: TextRef


class DossierUndelivered(EventBody, event_type="intake.dossier.undelivered.v1"):
    """What was sent to the user came back; `reason` is the server's status, such as 5.1.1."""

    reason: str


class DossierWarned(EventBody, event_type="intake.dossier.warned.v1"):
    """This percent of the budget is used up; the roles named are told."""

    warns = True
    share: int
    due_at: datetime
    holder: str
    notify: tuple[str, ...] = ()


class DossierDeadlineBreached(EventBody, event_type="intake.dossier.deadline_breached.v1"):
    """The promised instant has passed without an answer."""

    due_at: datetime
    holder: str
    notify: tuple[str, ...] = ()
