"""W3C Trace Context: ``00-<trace id>-<parent id>-<flags>``."""

import re
from os import urandom
from typing import Final, NamedTuple

_FORM: Final = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_NO_TRACE: Final = "0" * 32
_NO_PARENT: Final = "0" * 16


class TraceParent(NamedTuple):
    trace_id: str
    parent_id: str
    sampled: bool

    def __str__(self) -> str:
        return f"00-{self.trace_id}-{self.parent_id}-{'01' if self.sampled else '00'}"


def parse_traceparent(text: str) -> TraceParent | None:
    """The parts of a ``traceparent``, or None when the standard says to ignore it."""
    match = _FORM.fullmatch(text)
    if match is None:
        return None
    version, trace_id, parent_id, flags, rest = match.groups()
    if version == "ff" or (version == "00" and rest):
        return None
    if trace_id == _NO_TRACE or parent_id == _NO_PARENT:
        return None
    return TraceParent(trace_id, parent_id, sampled=bool(int(flags, 16) & 1))


def new_traceparent() -> str:
    """The start of a trace that nobody has asked to record."""
    digits = urandom(24).hex()
    return f"00-{digits[:32]}-{digits[32:]}-00"
