"""A message as it came, read: who, what, which thread, which documents; or why it cannot be.

What the message says of its own encoding is believed when it holds, and UTF-8 is tried when it does
not; words that neither fits are never guessed at: the message waits for somebody to say.
"""

import re
from codecs import lookup
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import InvalidBase64CharactersDefect, InvalidBase64LengthDefect
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parseaddr
from hashlib import sha256
from typing import Final

from services.intake.letterbox.html_text import text_of_html
from services.intake.letterbox.policy import Limits

MAX_WORDS: Final = 200_000
MAX_REFERENCES: Final = 50
_MESSAGE_ID: Final = re.compile(r"<([^<>\s]{1,250})>")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_NAMED: Final = (b"from", b"to", b"subject", b"date", b"message-id")


class Unreadable(Exception):
    """This message cannot become a case as it is; `reason` is a stable code."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Document:
    """A document in a message; `damaged` when its encoding is broken."""

    name: str
    content: bytes
    damaged: bool = False


@dataclass(frozen=True, slots=True)
class Read:
    """What a message says."""

    message_id: str
    sender: str
    sender_name: str
    subject: str
    words: str
    references: tuple[str, ...]
    documents: tuple[Document, ...]


def parse(content: bytes) -> EmailMessage:
    """The message taken apart.

    Raises:
        Unreadable: not even that is possible.
    """
    try:
        message = message_from_bytes(content, policy=SMTP)
    except Exception as error:  # the standard parser's faults are many, and none may be ours
        raise Unreadable("mail.unreadable", type(error).__name__) from error
    if not message.keys():
        raise Unreadable("mail.unreadable", "no headers")
    return message


def read(message: EmailMessage, limits: Limits, *, charset: str = "") -> Read:
    """What a message says; `charset` overrides what it says of its own encoding.

    Raises:
        Unreadable: too much of something, nobody sent it, or its words cannot be read.
    """
    parts = list(_parts(message, limits))
    sender_name, sender = parseaddr(header(message, "from"))
    if "@" not in sender:
        raise Unreadable("mail.no_sender")
    words = _words(message, charset)
    documents = tuple(_documents(parts))
    if len(documents) > limits.enclosures:
        raise Unreadable("mail.too_many_parts", f"{len(documents)} documents")
    return Read(
        message_id=message_id(message),
        sender=sender.lower(),
        sender_name=clean(sender_name)[:200],
        subject=clean(header(message, "subject"))[:200],
        words=clean(words)[:MAX_WORDS],
        references=references(message),
        documents=documents,
    )


def header(message: EmailMessage, name: str) -> str:
    """A header's text; one that the parser cannot read, as it stands."""
    try:
        value = message.get(name)
    except Exception:  # noqa: BLE001 - as `parse`
        values = [raw for key, raw in message.raw_items() if key.lower() == name]
        value = values[0] if values else None
    return "" if value is None else _healed(str(value))


def message_id(message: EmailMessage) -> str:
    found = _MESSAGE_ID.search(header(message, "message-id"))
    return found[1] if found else ""


def references(message: EmailMessage) -> tuple[str, ...]:
    """The messages it answers, the newest first."""
    told = [*_ids(message, "in-reply-to"), *reversed(_ids(message, "references"))]
    return tuple(dict.fromkeys(told))[:MAX_REFERENCES]


def _ids(message: EmailMessage, name: str) -> list[str]:
    return _MESSAGE_ID.findall(header(message, name))


def digest(content: bytes) -> str:
    """What stays the same however often and by whichever servers a message is sent."""
    head, _, body = content.replace(b"\r\n", b"\n").partition(b"\n\n")
    unfolded = re.sub(rb"\n[ \t]+", b" ", head).split(b"\n")
    named = sorted(line for line in unfolded if line.partition(b":")[0].strip().lower() in _NAMED)
    return sha256(b"\n".join(named) + b"\n\n" + body.rstrip()).hexdigest()


def clean(text: str) -> str:
    """Without what no reader should get: control characters and halves of characters."""
    return _CONTROL.sub("", _healed(text).replace("\r\n", "\n")).strip()


def _healed(text: str) -> str:
    """Bytes that came in a header as they are, read as UTF-8 or else as Latin-1."""
    if not any("\ud800" <= one <= "\udfff" for one in text):
        return text
    raw = text.encode("utf-8", "surrogateescape")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _parts(message: EmailMessage, limits: Limits) -> Iterator[EmailMessage]:
    """The leaves; a message inside the message is one of them."""
    left, seen = [(message, 0)], 0
    while left:
        part, depth = left.pop(0)
        seen += 1
        if seen > limits.parts:
            raise Unreadable("mail.too_many_parts", f"more than {limits.parts}")
        if depth > limits.depth:
            raise Unreadable("mail.too_deep", f"more than {limits.depth}")
        if _is_leaf(part):
            yield part
            continue
        left = [*((one, depth + 1) for one in _inside(part)), *left]


def _words(part: EmailMessage, charset: str) -> str:
    """What it says: of alternatives the plain one unless it is blank, of other parts each."""
    if _is_leaf(part):
        return _said(part, charset) if _is_text(part) else ""
    inside = list(_inside(part))
    if part.get_content_type() != "multipart/alternative":
        joined = (_words(one, charset).strip() for one in inside)
        return "\n\n".join(one for one in joined if one)
    inside.sort(key=lambda one: one.get_content_type() != "text/plain")
    return next((said for one in inside if (said := _words(one, charset).strip())), "")


def _said(part: EmailMessage, charset: str) -> str:
    text = _decoded(part, charset)
    return text if part.get_content_subtype() == "plain" else text_of_html(text)


def _is_leaf(part: EmailMessage) -> bool:
    return not part.is_multipart() or part.get_content_type() == "message/rfc822"


def _inside(part: EmailMessage) -> Iterator[EmailMessage]:
    return (one for one in part.iter_parts() if isinstance(one, EmailMessage))


def _is_text(part: EmailMessage) -> bool:
    kinds = ("text/plain", "text/html")
    return part.get_content_type() in kinds and not _is_document(part)


def _is_document(part: EmailMessage) -> bool:
    return part.get_content_disposition() == "attachment" or bool(_filename(part))


def _filename(part: EmailMessage) -> str:
    try:
        return part.get_filename() or ""
    except Exception:  # noqa: BLE001 - as `parse`
        return "?"


def _decoded(part: EmailMessage, charset: str) -> str:
    content, damaged = _content(part)
    if damaged:
        raise Unreadable("mail.broken_encoding", "base64")
    declared = charset or str(part.get_content_charset("utf-8"))
    for name in (charset,) if charset else (*_wider(declared), declared, "utf-8"):
        try:
            return content.decode(name)
        except (LookupError, UnicodeDecodeError, ValueError):
            continue
    raise Unreadable("mail.broken_encoding", declared[:40])


def _wider(declared: str) -> tuple[str, ...]:
    """What programs send under that name: those of Windows call their own encoding Latin-1.

    Browsers read it so too; where the two differ Latin-1 has no characters at all.
    """
    try:
        return ("cp1252",) if lookup(declared).name == "iso8859-1" else ()
    except (LookupError, ValueError):
        return ()


def _content(part: EmailMessage) -> tuple[bytes, bool]:
    """The bytes of a leaf, and whether their transfer encoding is broken."""
    if part.get_content_type() == "message/rfc822":
        inner = part.get_payload(0) if part.is_multipart() else part
        return (inner.as_bytes() if isinstance(inner, EmailMessage) else b""), False
    payload = part.get_payload(decode=True)
    broken = (InvalidBase64CharactersDefect, InvalidBase64LengthDefect)
    damaged = any(isinstance(one, broken) for one in part.defects)
    return (payload if isinstance(payload, bytes) else b""), damaged


def _documents(parts: list[EmailMessage]) -> Iterator[Document]:
    for part in parts:
        if _is_text(part):
            continue
        content, damaged = _content(part)
        if content:
            yield Document(_called(part), content, damaged)


def _called(part: EmailMessage) -> str:
    """A document's name; a message that came inside is called by its subject."""
    name = clean(_filename(part))[:200]
    if name or part.get_content_type() != "message/rfc822":
        return name
    inner = part.get_payload(0) if part.is_multipart() else part
    subject = clean(header(inner, "subject")) if isinstance(inner, EmailMessage) else ""
    return f"{subject[:190] or 'message'}.eml"
