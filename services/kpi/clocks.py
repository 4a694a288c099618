"""Promises as `ClockChange`s tell them, whichever service says so. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.contracts import EventBody
from shared.contracts.stages import ClockVerb

Change = Sequence[Any]
"""Stage, verb, due instant, policy, whether it was met, whether faster than is plausible."""
ENDS = frozenset({ClockVerb.STOP, ClockVerb.DROP})


@dataclass(slots=True)
class Promise:
    """One promise: `how` it stands is `running`, `met`, `breached` or `dropped`.

    `ended_by` is the place in the story of what ended it.
    """

    stage: str
    since: datetime
    due_at: datetime | None = None
    policy: str = ""
    how: str = "running"
    ended_at: datetime | None = None
    ended_by: int | None = None
    too_fast: bool = False


def changes_of(body: EventBody) -> list[Change]:
    """What an event does to clocks, as it is kept."""
    return [
        (
            str(one.stage),
            str(one.change),
            None if one.deadline is None else one.deadline.due_at,
            "" if one.deadline is None else one.deadline.policy,
            one.met,
            one.too_fast,
        )
        for one in getattr(body, "clocks", ())
    ]


def settled(
    told: Iterable[tuple[datetime, Sequence[Change]]], breaches: set[tuple[str, datetime]]
) -> Iterator[Promise]:
    """How each promise stands at the end of the story.

    One that still runs and whose present date was announced as passed is breached already.
    """
    promises: list[Promise] = []
    for place, (at, changes) in enumerate(told):
        for stage, verb, due_at, policy, met, too_fast in changes:
            if verb == ClockVerb.START:
                promises.append(Promise(stage, at, due_at, policy))
                continue
            own = next((one for one in reversed(promises) if one.stage == stage), None)
            if own is not None:
                own.policy = policy or own.policy
                _change(own, verb, (place, at), due_at, met=met, too_fast=too_fast)
    for one in promises:
        if one.how == "running" and (one.stage, one.due_at) in breaches:
            one.how = "breached"
        yield one


def _change(
    one: Promise,
    verb: str,
    when: tuple[int, datetime],
    due_at: datetime | None,
    *,
    met: bool | None,
    too_fast: bool,
) -> None:
    if verb in ENDS:
        (one.ended_by, one.ended_at), one.too_fast = when, too_fast
        one.how = "dropped" if verb == ClockVerb.DROP else ("met" if met else "breached")
        return
    if verb == ClockVerb.DEFER:
        one.due_at = None
    elif verb != ClockVerb.PAUSE and due_at is not None:
        one.due_at = due_at
    if verb == ClockVerb.REOPEN:
        one.how, one.too_fast = "running", False
        one.ended_by = one.ended_at = None
