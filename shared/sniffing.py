"""What a document is by its first bytes, whatever it is called, and its hash while it passes."""

import hashlib
from codecs import getincrementaldecoder
from collections.abc import AsyncIterator
from typing import Final

HEAD: Final = 4_096
UNKNOWN: Final = "application/octet-stream"
ZIP: Final = "application/zip"
MARKUP: Final = "text/html"
_OFFICE: Final = "application/vnd.openxmlformats-officedocument"
_MAGIC: Final[tuple[tuple[int, bytes, str], ...]] = (
    (0, b"%PDF-", "application/pdf"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (8, b"WAVE", "audio/wav"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"OggS", "audio/ogg"),
    (4, b"ftyp", "video/mp4"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
)
_INSIDE: Final[tuple[tuple[bytes, str], ...]] = (
    (b"word/", f"{_OFFICE}.wordprocessingml.document"),
    (b"xl/", f"{_OFFICE}.spreadsheetml.sheet"),
    (b"ppt/", f"{_OFFICE}.presentationml.presentation"),
    (b"mimetypeapplication/vnd.oasis.opendocument.text", "application/vnd.oasis.opendocument.text"),
)
_CONTROL: Final = frozenset({*range(32), 127}) - frozenset(b"\t\n\r\f")
_MARKUP: Final = (b"<!doctype", b"<html", b"<svg", b"<?xml", b"<script", b"<body", b"<head")


class Passing:
    """Looks at a stream while it passes: size, SHA-256, and its head."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self.head = b""
        self.size = 0

    async def through(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for chunk in chunks:
            self._hash.update(chunk)
            self.size += len(chunk)
            if len(self.head) < HEAD:
                self.head += chunk[: HEAD - len(self.head)]
            yield chunk

    async def whole(self, chunks: AsyncIterator[bytes]) -> None:
        """Look at all of it, keeping nothing."""
        async for _ in self.through(chunks):
            pass

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    @property
    def media_type(self) -> str:
        return media_type_of(self.head)


def media_type_of(head: bytes) -> str:
    """The type that the first `HEAD` bytes show; markup is told from text, for it may be run."""
    for offset, magic, media_type in _MAGIC:
        if head.startswith(magic, offset):
            return media_type
    if head.startswith(b"PK\x03\x04"):
        return next((kind for mark, kind in _INSIDE if mark in head), ZIP)
    return _text(head)


def _text(head: bytes) -> str:
    try:
        # a character may be cut at the end of the head
        getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return UNKNOWN
    if not head or any(byte in _CONTROL for byte in head):
        return UNKNOWN
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return MARKUP if start.startswith(_MARKUP) else "text/plain"
