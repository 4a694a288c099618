"""A document on its way in: declared, sent in parts, complete or refused (A24).

Its bytes lie in the file store; the case knows which parts have arrived, so that a sender who was
cut off goes on where he stopped.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from services.intake.policy import AttachmentRow, IntakePolicy
from shared.contracts import EventBody
from shared.contracts.intake import (
    AttachmentCleared,
    AttachmentCompleted,
    AttachmentDeclared,
    AttachmentRefused,
    AttachmentStored,
)
from shared.decider import Decider, Given, Invalid, Rejected, Stamp


class AttachmentStatus(StrEnum):
    NEW = "new"
    RECEIVING = "receiving"
    COMPLETE = "complete"
    REFUSED = "refused"


class Reason(StrEnum):
    """Why a document is not kept."""

    SHA256 = "sha256"
    TYPE = "type"
    QUOTA = "quota"
    ABANDONED = "abandoned"


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes that arrived together."""

    offset: int
    size: int
    file_id: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """What is known of a document."""

    status: AttachmentStatus = AttachmentStatus.NEW
    request_id: str = ""
    name: str = ""
    size: int = 0
    sha256: str = ""
    media_type: str = ""
    expires_at: datetime | None = None
    parts: tuple[Part, ...] = ()
    reason: str = ""

    @property
    def received(self) -> int:
        """Bytes that are here: where the next part begins."""
        return sum(part.size for part in self.parts)


@dataclass(frozen=True, slots=True)
class Declare:
    """Somebody announces a document with its size and hash."""

    request_id: str
    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class StorePart:
    """A part is in the file store."""

    part: Part


@dataclass(frozen=True, slots=True)
class Judge:
    """All is here: what its hash and type turned out to be."""

    sha256: str
    media_type: str


@dataclass(frozen=True, slots=True)
class Refuse:
    """It is not kept."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Clear:
    """The parts of a refused document are deleted."""


@dataclass(frozen=True, slots=True)
class Expire:
    """The time to send it is over."""

    due_at: datetime


Command = Declare | StorePart | Judge | Refuse | Clear | Expire
_RECEIVING: Final = AttachmentStatus.RECEIVING


def decide(
    attachment: Attachment, command: Command, given: Given[IntakePolicy]
) -> Sequence[EventBody]:
    """The events that a command leads to."""
    match command:
        case Declare():
            return [_declared(attachment, command, given)]
        case StorePart(part):
            check_offset(attachment, part.offset)
            return [AttachmentStored(offset=part.offset, size=part.size, file_id=part.file_id)]
        case Judge():
            return _judged(attachment, command, given.policy.attachments)
        case Clear():
            return [AttachmentCleared()] if attachment.parts else []
        case Refuse(reason):
            return _refused(attachment, reason)
        case Expire():
            return _refused(attachment, Reason.ABANDONED)


def check_offset(attachment: Attachment, offset: int) -> None:
    """A part is taken only where the last one ended.

    Raises:
        Rejected: it begins elsewhere (tells where to go on), or nothing more is taken.
    """
    if attachment.status is not _RECEIVING:
        raise Rejected("attachment.not_receiving", status=attachment.status)
    if offset != attachment.received:
        raise Rejected("attachment.offset", expected=attachment.received, given=offset)


def _declared(
    attachment: Attachment, command: Declare, given: Given[IntakePolicy]
) -> AttachmentDeclared:
    if attachment.status is not AttachmentStatus.NEW:
        raise Rejected("attachment.not_receiving", status=attachment.status)
    row = given.policy.attachments
    if command.size > row.max_bytes:
        raise Invalid("attachment.too_large", limit=row.max_bytes, size=command.size)
    return AttachmentDeclared(
        request_id=command.request_id,
        name=command.name,
        size=command.size,
        sha256=command.sha256,
        expires_at=given.at + row.patience,
    )


def _judged(attachment: Attachment, command: Judge, row: AttachmentRow) -> Sequence[EventBody]:
    if attachment.status is not _RECEIVING or attachment.received != attachment.size:
        return []
    if command.sha256 != attachment.sha256:
        return [AttachmentRefused(reason=Reason.SHA256, found=command.sha256)]
    if command.media_type not in row.types:
        return [AttachmentRefused(reason=Reason.TYPE, found=command.media_type)]
    return [
        AttachmentCompleted(
            request_id=attachment.request_id,
            name=attachment.name,
            size=attachment.size,
            sha256=attachment.sha256,
            media_type=command.media_type,
        )
    ]


def _refused(attachment: Attachment, reason: Reason) -> Sequence[EventBody]:
    return [AttachmentRefused(reason=reason)] if attachment.status is _RECEIVING else []


def evolve(attachment: Attachment, event: EventBody, _stamp: Stamp) -> Attachment:
    """What an event changes."""
    match event:
        case AttachmentDeclared():
            return Attachment(
                status=_RECEIVING,
                request_id=event.request_id,
                name=event.name,
                size=event.size,
                sha256=event.sha256,
                expires_at=event.expires_at,
            )
        case AttachmentStored():
            part = Part(event.offset, event.size, event.file_id)
            return replace(attachment, parts=(*attachment.parts, part))
        case AttachmentCompleted():
            status = AttachmentStatus.COMPLETE
            return replace(attachment, status=status, media_type=event.media_type)
        case AttachmentRefused():
            return replace(attachment, status=AttachmentStatus.REFUSED, reason=event.reason)
        case AttachmentCleared():
            return replace(attachment, parts=())
    return attachment


def next_due(attachment: Attachment) -> datetime | None:
    """When a document that nobody finishes sending is given up."""
    return attachment.expires_at if attachment.status is _RECEIVING else None


DECIDER: Final[Decider[Attachment, Any, IntakePolicy]] = Decider(
    state=Attachment,
    initial=Attachment,
    decide=decide,
    evolve=evolve,
    next_due=next_due,
    on_due=Expire,
)
