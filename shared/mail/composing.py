"""What a letter says, made when it is sent."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final

from .letters import Letter
from .policy import MailSection

MAX_ENCLOSED: Final = 20 * 1024 * 1024
"""Bytes of all enclosures of a letter: what common servers take, with base64's third on top."""


class Unsendable(Exception):
    """This letter can never be sent; the reason is a stable code for the log, without addresses."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file that goes with a letter; `media_type` such as `application/pdf`."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Composed:
    """A letter's addresses and words. `headers` are further ones, such as `In-Reply-To`."""

    to: tuple[str, ...]
    subject: str
    text: str
    enclosures: tuple[Enclosure, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


Composer = Callable[[Letter], Awaitable[Composed]]


def message_of(
    letter: Letter, composed: Composed, mail: MailSection, written_at: datetime
) -> EmailMessage:
    """The message, the same at each try: its Message-ID is the letter's id at the sender's domain.

    Raises:
        Unsendable: nobody to send it to, an address that is none, or enclosures beyond the limit.
    """
    if not composed.to:
        raise Unsendable("no_address")
    if sum(len(one.content) for one in composed.enclosures) > MAX_ENCLOSED:
        raise Unsendable("too_large")
    message = EmailMessage(policy=SMTP)
    try:
        message["From"] = Address(mail.sender_name, addr_spec=mail.sender)
        message["To"] = [Address(addr_spec=address) for address in composed.to]
        message["Subject"] = " ".join(composed.subject.split())
        message["Date"] = format_datetime(written_at)
        message["Message-ID"] = f"<{letter.id}@{mail.sender.rpartition('@')[2]}>"
        # RFC 3834: no out-of-office answers to a machine
        message["Auto-Submitted"] = "auto-generated"
        for name, value in composed.headers.items():
            del message[name]
            message[name] = value
    except (ValueError, IndexError) as error:
        raise Unsendable("bad_header") from error
    message.set_content(composed.text)
    for one in composed.enclosures:
        main, _, sub = one.media_type.partition("/")
        message.add_attachment(one.content, maintype=main, subtype=sub, filename=one.name)
    return message
