"""The trail of a case: entries that chain by hash, so that a change of the past is detectable."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from shared.contracts import Envelope

Entry = dict[str, Any]
GENESIS = "0" * 64
_HASHED = ("id", "seq", "type", "at", "actor", "corr", "cause", "data")


def entry_hash(case_id: str, previous: str, entry: Mapping[str, Any]) -> str:
    """SHA-256 over the case, the previous hash and the entry's canonical JSON."""
    content = [case_id, previous, *(entry[name] for name in _HASHED)]
    canonical = orjson.dumps(content, option=orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z)
    return hashlib.sha256(canonical).hexdigest()


def broken_at(case_id: str, entries: Iterable[Mapping[str, Any]], head: str) -> int | None:
    """The first sequence at which the chain does not hold, or None when it holds to its head."""
    previous, expected = GENESIS, 0
    for entry in entries:
        expected += 1
        if entry["seq"] != expected or entry["hash"] != entry_hash(case_id, previous, entry):
            return expected
        previous = entry["hash"]
    return None if previous == head else expected


def to_envelope(case_id: str, tenant: str, entry: Mapping[str, Any]) -> Envelope:
    """The event as it is published."""
    return Envelope(
        id=entry["id"],
        type=entry["type"],
        subject=case_id,
        time=entry["at"],
        tenant=tenant,
        sequence=entry["seq"],
        data=entry["data"],
        actor=entry["actor"],
        correlationid=entry["corr"],
        causationid=entry["cause"],
        traceparent=entry.get("trace", ""),
    )
