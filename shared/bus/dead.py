"""Dead letters: looked at without being lost, replayed into the queue they came from, or dropped.

Whoever looks holds the messages unacknowledged and gives them back; only a replay (after the
broker confirmed it) and a drop take one out. A replayed message carries a header that lets it in
although its place in the stream has been passed over.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage
from aio_pika.exceptions import ChannelNotFoundEntity

from shared.bus.delivery import REPLAY_HEADER
from shared.bus.publisher import Message, Publisher
from shared.bus.topology import INBOX
from shared.contracts import MalformedEnvelope, decode
from shared.decider import Transient

MAX_LOOK = 10_000
LOOK_SECONDS = 30.0


@dataclass(frozen=True)
class DeadLetter:
    """One message of a dead-letter queue; `id` is the letter's own, not the event's."""

    id: str
    service: str
    reason: str
    detail: str
    body: bytes
    event_id: str
    event_type: str
    tenant: str
    subject: str
    message: AbstractIncomingMessage

    @classmethod
    def of(cls, service: str, message: AbstractIncomingMessage) -> "DeadLetter":
        headers = dict(message.headers)
        try:
            event = decode(message.body)
            about = (event.id, event.type, event.tenant, event.subject)
        except MalformedEnvelope:
            about = ("", "", "", "")
        return cls(
            message.message_id or "",
            service,
            str(headers.get("x-enlace-reason", "unknown")),
            str(headers.get("x-enlace-detail", "")),
            message.body,
            *about,
            message,
        )

    def summary(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "service": self.service,
            "reason": self.reason,
            "detail": self.detail,
            "type": self.event_type,
            "event_id": self.event_id,
            "tenant": self.tenant,
            "subject": self.subject,
        }


class DeadLetters:
    """The dead-letter queues, with an administrator's address."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._publisher = Publisher(url, "dead letters")

    @asynccontextmanager
    async def look(self, service: str) -> AsyncIterator[list[DeadLetter]]:
        """The letters of a service; those not acknowledged inside go back when it ends.

        A service that hears nothing has no such queue, and no letters.
        """
        connection = await aio_pika.connect(self._url)
        try:
            channel = await connection.channel()
            yield await _letters(channel, service)
        finally:
            await connection.close()
            await self._publisher.close()

    async def replay(self, letter: DeadLetter) -> None:
        """Give the message back to its service; it leaves here once the broker has it there."""
        message = Message(
            INBOX,
            letter.service,
            letter.body,
            letter.event_id or letter.id,
            letter.event_type,
            {REPLAY_HEADER: letter.id},
        )
        if verdict := (await self._publisher.publish([message]))[0]:
            msg = f"the replay was not confirmed: {verdict}"
            raise Transient(msg)
        await letter.message.ack()

    async def drop(self, letter: DeadLetter) -> None:
        await letter.message.ack()


async def _letters(channel: AbstractChannel, service: str) -> list[DeadLetter]:
    queue = await channel.get_queue(f"{service}.dead", ensure=False)
    letters: list[DeadLetter] = []
    while len(letters) < MAX_LOOK:
        try:
            message = await queue.get(fail=False, timeout=LOOK_SECONDS)
        except ChannelNotFoundEntity:
            break
        if message is None:
            break
        letters.append(DeadLetter.of(service, message))
    return letters
