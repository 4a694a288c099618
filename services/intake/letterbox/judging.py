"""Whether a message is somebody's word, a machine's answer, a message that came back, or a loop."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from email.message import EmailMessage
from enum import StrEnum
from typing import Final

from services.intake.letterbox.policy import Limits
from services.intake.letterbox.reading import header, references
from services.intake.letterbox.reading import message_id as id_of

_BULK: Final = frozenset({"bulk", "junk", "list", "auto_reply", "auto-reply"})
_STATUS: Final = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")


class Nature(StrEnum):
    """What a message is."""

    WORD = "word"
    AUTO_REPLY = "auto_reply"
    BOUNCE = "bounce"
    REPORT = "report"
    LOOP = "loop"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a message is; of one that came back, which, and the status it came back with."""

    nature: Nature
    returned: tuple[str, ...] = ()
    status: str = ""


def judge(
    message: EmailMessage, envelope_sender: str, limits: Limits, own: Collection[str]
) -> Judgement:
    """Tell what a message is, by RFC 3464, RFC 3834 and the ways of older machines.

    `own` are the addresses that the account itself writes from and receives at.
    """
    hops = sum(key.lower() == "received" for key, _ in message.raw_items())
    sender = header(message, "from").lower()
    if hops > limits.hops or any(f"<{one}>" in sender or one == sender for one in own):
        return Judgement(Nature.LOOP)
    if message.get_content_type() == "multipart/report":
        return _report(message)
    if _is_machine(message) or not envelope_sender:
        return Judgement(Nature.AUTO_REPLY, references(message))
    return Judgement(Nature.WORD)


def _is_machine(message: EmailMessage) -> bool:
    said = header(message, "auto-submitted").partition(";")[0].strip().lower()
    if said not in ("", "no"):
        return True
    precedence = header(message, "precedence").strip().lower()
    return precedence in _BULK or any(name in message for name in ("x-autoreply", "x-autorespond"))


def _report(message: EmailMessage) -> Judgement:
    status, failed = "", False
    returned = list(references(message))
    for part in message.walk():
        match part.get_content_type():
            case "message/delivery-status":
                text = part.as_string().lower()
                failed = failed or "action: failed" in text
                found = _STATUS.search(text)
                status = found[0] if found else status
            case "message/rfc822" | "text/rfc822-headers":
                returned += _returned(part)
    nature = Nature.BOUNCE if failed else Nature.REPORT
    return Judgement(nature, tuple(dict.fromkeys(returned)), status or "5.0.0")


def _returned(part: EmailMessage) -> list[str]:
    inner = part.get_payload(0) if part.is_multipart() else None
    if isinstance(inner, EmailMessage):
        return [one for one in (id_of(inner),) if one]
    payload = part.get_payload(decode=True)
    text = payload.decode("ascii", "replace") if isinstance(payload, bytes) else ""
    found = re.search(r"(?im)^message-id:\s*<([^<>\s]{1,250})>", text)
    return [found[1]] if found else []
