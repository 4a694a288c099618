"""All that is made of a message's bytes alone, in one go, away from the event loop."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from services.intake.letterbox.judging import Judgement, Nature, judge
from services.intake.letterbox.policy import LetterboxSection
from services.intake.letterbox.reading import Document, Read, parse, read
from shared.sniffing import HEAD, media_type_of

_DOUBTFUL: Final = frozenset({Nature.AUTO_REPLY, Nature.REPORT})
"""What a person's message may look like, by the ways of his mail program or his server."""


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A document that came along, judged by its first bytes; `reason` is why it is not kept."""

    document: Document
    media_type: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Understood:
    """What a message is; what it says, when it is somebody's word."""

    judgement: Judgement
    read: Read | None = None
    enclosed: tuple[Enclosed, ...] = ()


def understand(
    content: bytes,
    envelope_sender: str,
    section: LetterboxSection,
    own: Collection[str],
    charset: str = "",
    *,
    word: bool = False,
) -> Understood:
    """Judge a message, and read it if somebody wrote it, or if somebody says so with `word`.

    Raises:
        Unreadable: it cannot become a case as it is.
    """
    message = parse(content)
    judgement = judge(message, envelope_sender, section.limits, own)
    if word and judgement.nature in _DOUBTFUL:
        judgement = Judgement(Nature.WORD)
    if judgement.nature is not Nature.WORD:
        return Understood(judgement)
    said = read(message, section.limits, charset=charset)
    enclosed = tuple(_judged(one, section) for one in said.documents)
    return Understood(judgement, said, enclosed)


def _judged(document: Document, section: LetterboxSection) -> Enclosed:
    media_type = media_type_of(document.content[:HEAD])
    reason = ""
    if document.damaged:
        reason = "encoding"
    elif len(document.content) > section.limits.enclosure_bytes:
        reason = "size"
    elif media_type not in section.types:
        reason = "type"
    return Enclosed(document, media_type, reason)
