"""What a log line must not tell: secrets, and the personal data of callers and advisers.

By key, because a line's text is constant and its facts are keys. Personal data stays in the
databases, where the law lets it be found, corrected and deleted (Peru: Law 29733).
"""

import re
from collections.abc import Mapping, MutableMapping
from typing import Any, Final

HIDDEN: Final = "[redacted]"
_MAX_DEPTH: Final = 6
_SECRET: Final = re.compile(
    r"(^|_)(authorization|cookie|credentials?|password|passphrase|private_key|secret|token|api_key"
    r"|jwt|signature|clave|contrasena)(_|$)",
    re.IGNORECASE,
)
_PERSONAL: Final = frozenset(
    {
        "address",
        "birth_date",
        "caller_number",
        "contact",
        "document_number",
        "dni",
        "email",
        "first_name",
        "full_name",
        "last_name",
        "mobile",
        "national_id",
        "person_name",
        "phone",
        "phone_number",
        "recipient",
        "reporter",
        "requester_name",
        "subject_text",
        "description",
        "verbal",
    }
)
_URL_PASSWORD: Final = re.compile(r"(?P<start>[a-z][a-z0-9+.-]*://[^\s:/@]*):[^\s@]+@")
_BEARER: Final = re.compile(r"(?i)\bbearer\s+[A-Za-z0-9._~+/=-]+")


def redact(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """A structlog processor that hides values by key, and passwords inside texts."""
    for key, value in event.items():
        event[key] = _clean(key, value, 0)
    return event


def _clean(key: str, value: object, depth: int) -> object:
    if _SECRET.search(key) or key.lower() in _PERSONAL:
        return HIDDEN
    if isinstance(value, str):
        return _clean_text(value)
    if depth >= _MAX_DEPTH:
        return value
    if isinstance(value, Mapping):
        return {name: _clean(str(name), item, depth + 1) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_clean("", item, depth + 1) for item in value]
    return value


def _clean_text(text: str) -> str:
    if "://" in text:
        text = _URL_PASSWORD.sub(rf"\g<start>:{HIDDEN}@", text)
    if "earer " in text or "EARER " in text:
        text = _BEARER.sub(f"Bearer {HIDDEN}", text)
    return text
