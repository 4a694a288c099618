"""Whether a message is somebody's word, a machine's answer, a message that came back, or a loop."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import parseaddr
from enum import StrEnum
from typing import Final

from services.intake.letterbox.policy import Limits
from services.intake.letterbox.reading import MAX_REFERENCES, header, references
from services.intake.letterbox.reading import message_id as id_of

_BULK: Final = frozenset({"bulk", "junk", "list", "auto_reply", "auto-reply"})
_STATUS: Final = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_SERVERS: Final = ("", "mailer-daemon", "postmaster")
_EXCHANGE: Final = "microsoftexchange"
"""How the address begins of which only the rest is a server's own."""
_BY_SERVERS: Final = ("x-failed-recipients", "x-ms-exchange-message-is-ndr")
# it is still being tried; what follows in the subject may be our own
_LATE: Final = re.compile(r"(?i)(warning|(delivery |entrega )?(delay|retras))|.*\(delay\)")
_QUOTED: Final = re.compile(r"(?:<|&lt;)([^<>&\s]{1,200}@[^<>&\s]{1,100})(?:>|&gt;)")
# no part of an address of the network, and no version of a program such as 4.94.2
_FAILED: Final = re.compile(r"(?<![\d.])[45]\.[0-7]\.\d{1,3}(?!\.?\d)")
_LOOKED_AT: Final = 64 * 1024
"""Characters of what came back in which our letter is looked for."""
UNKNOWN: Final = "5.0.0"
"""It did not arrive, and that is all that is known."""


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

    What a server returns in plain words is known by the letter that it names.

    `own` are the addresses that the account itself writes from and receives at.
    """
    hops = sum(key.lower() == "received" for key, _ in message.raw_items())
    sender = header(message, "from").lower()
    if hops > limits.hops or any(f"<{one}>" in sender or one == sender for one in own):
        return Judgement(Nature.LOOP)
    if message.get_content_type() == "multipart/report":
        return _report(message)
    if not envelope_sender and _is_of_a_server(message):
        return _returned_in_words(message, own)
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
    return Judgement(nature, tuple(dict.fromkeys(returned)), status or UNKNOWN)


def _returned(part: EmailMessage) -> list[str]:
    inner = part.get_payload(0) if part.is_multipart() else None
    if isinstance(inner, EmailMessage):
        return [one for one in (id_of(inner),) if one]
    payload = part.get_payload(decode=True)
    text = payload.decode("ascii", "replace") if isinstance(payload, bytes) else ""
    found = re.search(r"(?im)^message-id:\s*<([^<>\s]{1,250})>", text)
    return [found[1]] if found else []


def _is_of_a_server(message: EmailMessage) -> bool:
    """Not of the person we wrote to, whose absence is told with an empty sender as well."""
    if any(name in message for name in _BY_SERVERS):
        return True
    name = parseaddr(header(message, "from"))[1].lower().partition("@")[0]
    return name in _SERVERS or name.startswith(_EXCHANGE)


def _returned_in_words(message: EmailMessage, own: Collection[str]) -> Judgement:
    text = "\n".join(_texts(message))[:_LOOKED_AT]
    returned = tuple(dict.fromkeys([*references(message), *_quoted(text, own)]))[:MAX_REFERENCES]
    if not returned:
        return Judgement(Nature.AUTO_REPLY)
    if _LATE.match(header(message, "subject")):
        return Judgement(Nature.REPORT, returned)
    found = _FAILED.search(text)
    return Judgement(Nature.BOUNCE, returned, found[0] if found else UNKNOWN)


def _quoted(text: str, own: Collection[str]) -> Iterator[str]:
    """What may be the name of a letter of ours: it is of a domain that we write from."""
    domains = {one.rpartition("@")[2] for one in own}
    for one in _QUOTED.findall(text):
        if one.rpartition("@")[2].lower() in domains and one.lower() not in own:
            yield one


def _texts(message: EmailMessage) -> Iterator[str]:
    """All that it says and encloses, our letter among it."""
    for part in message.walk():
        if part.get_content_type() == "message/rfc822":
            yield from (f"<{one}>" for one in _returned(part))
        elif part.get_content_maintype() == "text":
            payload = part.get_payload(decode=True)
            yield payload.decode("ascii", "replace") if isinstance(payload, bytes) else ""
