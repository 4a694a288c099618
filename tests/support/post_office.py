"""A real SMTP server on loopback that keeps what it is given, or answers as a test wants."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from email.utils import getaddresses

from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class PostOffice:
    """`letters` in the order they were taken; `answers` are given first, one a message.

    Whoever is `gone` has no mailbox here; no sender is taken while there is a `refused_sender`.
    """

    port: int = 0
    letters: list[EmailMessage] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    refused_sender: str = ""

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def to(self, address: str) -> list[EmailMessage]:
        """What came for one address."""
        found = [(one, getaddresses([str(one["to"])])) for one in self.letters]
        return [one for one, boxes in found if address in {box for _, box in boxes}]

    async def handle_MAIL(  # noqa: N802 - the server's own
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.refused_sender:
            return self.refused_sender
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 - the server's own
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.startswith("gone"):
            return "550 nobody of that name"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - the server's name for it
        if self.answers and not (answer := self.answers.pop(0)).startswith("250"):
            return answer
        content = envelope.content
        assert isinstance(content, bytes)
        message = message_from_bytes(content, policy=WIRE)
        assert isinstance(message, EmailMessage)
        self.letters.append(message)
        return "250 OK"


@asynccontextmanager
async def post_office(port: int = 0) -> AsyncIterator[PostOffice]:
    """An open post office; on a `port` of its own, or one that was free a moment ago."""
    office = PostOffice()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(office, enable_SMTPUTF8=True, loop=loop), "127.0.0.1", port
    )
    office.port = server.sockets[0].getsockname()[1]
    try:
        yield office
    finally:
        server.close()
