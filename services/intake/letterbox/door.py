"""The SMTP door: a message is answered 250 when it is stored, and not before.

It is meant to stand behind the institution's own mail server, which knows about spam and TLS and
hands over what is addressed to the account. Whoever gets no 250 keeps the message and comes again.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session

from services.intake.letterbox.mails import Arrived, Mails
from services.intake.letterbox.metrics import MailMetrics
from services.intake.letterbox.policy import Place, largest
from services.intake.letterbox.reading import Unreadable, digest, message_id, parse
from shared.decider import Transient

log = structlog.get_logger()
MAX_RECIPIENTS: Final = 50
TIMEOUT: Final = 120.0
TAKEN: Final = "250 2.0.0 stored"
AGAIN: Final = "451 4.3.0 not stored, try again later"
NOT_HERE: Final = "550 5.1.1 no such mailbox here"
TOO_MANY: Final = "452 4.5.3 too many recipients"
TOO_LARGE: Final = "552 5.3.4 message too big for this mailbox"
NOBODY: Final = "<>"
"""What the library makes of the empty sender, by which machines tell what came back."""


class Session_(SMTP):  # noqa: N801 - the protocol of one session
    """As the library's, but lines that are too long for the letter of RFC 5321 still come in."""

    line_length_limit = 64 * 1024


@dataclass(frozen=True)
class Door:
    """Takes messages for the addresses it knows."""

    places: Mapping[str, Place]
    mails: Mails
    metrics: MailMetrics
    knock: Callable[[], None]

    async def handle_RCPT(  # noqa: N802 - the library's name for it
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        if address.lower() not in self.places:
            return NOT_HERE
        if len(envelope.rcpt_tos) >= MAX_RECIPIENTS:
            return TOO_MANY
        envelope.rcpt_tos.append(address.lower())
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802 - the library's name for it
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        content = envelope.content
        if not isinstance(content, bytes):
            return AGAIN
        places = [self.places[one] for one in dict.fromkeys(envelope.rcpt_tos)]
        if any(len(content) > place.section.limits.max_bytes for place in places):
            return TOO_LARGE
        # a large message is not taken apart between two turns of everybody else's work
        arrived = await asyncio.to_thread(arrived_of, content, envelope.mail_from or "")
        try:
            for place in places:
                fresh = await self.mails.keep(place, arrived)
                self.metrics.count(place.tenant, "stored" if fresh else "repeated")
        except Transient as error:
            log.warning("mail_not_stored", reason=str(error)[:200])
            return AGAIN
        self.knock()
        return TAKEN

    async def handle_exception(self, error: Exception) -> str:
        """Whatever goes wrong here, the sender keeps the message."""
        log.error("mail_session_failed", exc_info=error)
        return AGAIN


def arrived_of(content: bytes, sender: str) -> Arrived:
    """A message at the door, by its name and digest."""
    try:
        name = message_id(parse(content))
    except Unreadable:
        name = ""
    return Arrived("" if sender == NOBODY else sender.lower(), name, digest(content), content)


async def stand(door: Door, listen: str, opened: Callable[[int], None]) -> None:
    """Listen at `host:port` until cancelled; `opened` is told the port (0 takes a free one)."""
    host, _, port = listen.rpartition(":")
    loop = asyncio.get_running_loop()
    limit = largest(list(door.places.values()))

    def session() -> SMTP:
        return Session_(
            door,
            data_size_limit=limit,
            enable_SMTPUTF8=True,
            hostname="enlace",
            ident="ESMTP",
            timeout=TIMEOUT,
            loop=loop,
        )

    server = await loop.create_server(session, host.strip("[]"), int(port))
    try:
        opened(server.sockets[0].getsockname()[1])
        log.info("mail_door_open", addresses=len(door.places))
        await asyncio.Event().wait()
    finally:
        server.close()
