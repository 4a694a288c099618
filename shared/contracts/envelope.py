"""The envelope of every event: CloudEvents 1.0 attributes with Enlace's extensions, as JSON.

`sequence` counts 1, 2, 3 … within one case, so that a reader can tell a repeated event, a late one
and a missing one apart. `id` is also the AMQP message id.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from shared.contracts.events import EventBody, TypeName, body_of

SPEC_VERSION = "1.0"
MAX_ID = 128
_REQUIRED = ("specversion", "id", "source", "type", "subject", "time", "tenant", "sequence", "data")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)")


class MalformedEnvelope(ValueError):
    """The bytes are not an event of Enlace."""

    reason = "malformed"


@dataclass(frozen=True, slots=True)
class Envelope:
    """One event as it travels; `data` is the body as JSON, read with `body()`."""

    id: str
    type: str
    subject: str
    time: datetime
    tenant: str
    sequence: int
    data: dict[str, Any]
    actor: str = ""
    correlationid: str = ""
    causationid: str = ""
    traceparent: str = ""

    @property
    def name(self) -> TypeName:
        return TypeName.parse(self.type)

    @property
    def stream(self) -> str:
        """What its order is kept within: one case of one service."""
        service, thing, _ = self.type.split(".", 2)
        return f"{service}/{thing}:{self.subject}"

    def body(self) -> EventBody:
        return body_of(self.type, self.data)


def encode(event: Envelope) -> bytes:
    """Structured CloudEvents JSON (`application/json`)."""
    service = event.type.partition(".")[0]
    attributes: dict[str, Any] = {
        "specversion": SPEC_VERSION,
        "id": event.id,
        "source": f"/enlace/{service}",
        "type": event.type,
        "subject": event.subject,
        "time": event.time,
        "datacontenttype": "application/json",
        "dataschema": f"urn:enlace:schema:{event.type}",
        "tenant": event.tenant,
        "sequence": event.sequence,
        "correlationid": event.correlationid,
        "causationid": event.causationid,
        "actor": event.actor,
        "data": event.data,
    }
    if event.traceparent:
        attributes["traceparent"] = event.traceparent
    return orjson.dumps(attributes, option=orjson.OPT_UTC_Z)


def decode(content: bytes) -> Envelope:
    """Read an envelope; the body stays unread until `body()` is asked for.

    Raises:
        MalformedEnvelope: with what is wrong.
    """
    try:
        raw = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        msg = f"not JSON: {error}"
        raise MalformedEnvelope(msg) from error
    if not isinstance(raw, dict):
        raise MalformedEnvelope("not a JSON object")
    if missing := [name for name in _REQUIRED if name not in raw]:
        msg = f"missing: {', '.join(missing)}"
        raise MalformedEnvelope(msg)
    return _checked(raw)


def _checked(raw: dict[str, Any]) -> Envelope:
    texts = ("id", "type", "subject", "tenant")
    if raw["specversion"] != SPEC_VERSION:
        raise MalformedEnvelope("specversion is not 1.0")
    if any(not isinstance(raw[name], str) or not 0 < len(raw[name]) <= MAX_ID for name in texts):
        msg = f"{', '.join(texts)} must be texts of 1 to {MAX_ID} characters"
        raise MalformedEnvelope(msg)
    if type(raw["sequence"]) is not int or raw["sequence"] < 1:
        raise MalformedEnvelope("sequence must be a whole number from 1")
    if not isinstance(raw["data"], dict):
        raise MalformedEnvelope("data must be an object")
    try:
        TypeName.parse(raw["type"])
    except ValueError as error:
        raise MalformedEnvelope(str(error)) from error
    return Envelope(
        id=raw["id"],
        type=raw["type"],
        subject=raw["subject"],
        time=_instant(raw["time"]),
        tenant=raw["tenant"],
        sequence=raw["sequence"],
        data=raw["data"],
        actor=str(raw.get("actor", "")),
        correlationid=str(raw.get("correlationid", "")),
        causationid=str(raw.get("causationid", "")),
        traceparent=str(raw.get("traceparent", "")),
    )


def _instant(text: object) -> datetime:
    if not isinstance(text, str) or not _INSTANT.fullmatch(text):
        raise MalformedEnvelope("time must be an RFC 3339 instant")
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        msg = f"time: {error}"
        raise MalformedEnvelope(msg) from error
