"""Documents are told by their bytes, not by their names."""

import pytest

from shared.sniffing import HEAD, MARKUP, UNKNOWN, ZIP, media_type_of

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@pytest.mark.parametrize(
    ("head", "media_type"),
    [
        (b"%PDF-1.7\n", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n\x00", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8", "image/webp"),
        (b"PK\x03\x04....word/document.xml", WORD),
        (b"PK\x03\x04....evil.exe", ZIP),
        ("Señores:\n".encode(), "text/plain"),
        (("a" * (HEAD - 1) + "ñ").encode()[:HEAD], "text/plain"),
        (b"\xef\xbb\xbf  <!DOCTYPE html>", MARKUP),
        (b"<svg onload='x'>", MARKUP),
        (b"MZ\x90\x00", UNKNOWN),
        (b"text\x00text", UNKNOWN),
        (b"\x7fELF", UNKNOWN),
        (b"", UNKNOWN),
    ],
)
def test_the_first_bytes_tell(head: bytes, media_type: str) -> None:
    assert media_type_of(head) == media_type
