"""Why each date is what it is, and both times of each promise."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from services.incidents.domain import Incident
from services.incidents.domain.stages import Stage, clock_of
from services.incidents.policy import IncidentPolicy
from services.incidents.views import View, standing_of
from shared.clock import Step, account, sentence
from shared.clock.steps import local
from shared.contracts import body_of
from shared.contracts.stages import ClockVerb
from shared.contracts.terms import DeadlineStep
from shared.store import Entry


class ExplainedDeadline(View):
    """A promise with the steps that led to its date, and both its times in working seconds.

    `raw_seconds` runs since the stage began, `contractual_seconds` leaves out what was waited for a
    provider. `too_fast` warns of an answer before the term's minimum.
    """

    stage: str
    due_at: datetime
    state: str
    effective_at: datetime
    earliest_at: datetime | None
    finished_at: datetime | None
    policy: str
    raw_seconds: int
    contractual_seconds: int
    too_fast: bool
    explain: Sequence[str]


def explained(
    state: Incident,
    history: Sequence[Entry],
    policy: IncidentPolicy,
    now: datetime,
    language: str,
) -> list[ExplainedDeadline]:
    """Each promise with the steps that were written down when it was made."""
    reasons, times = _reasons(history), Counter[str]()
    found = []
    for stage in state.stages:
        times[stage.name] += 1
        steps = reasons.get((stage.name, times[stage.name], stage.due_at), ())
        found.append(_explained(stage, steps, policy, now, language))
    return found


def _reasons(history: Sequence[Entry]) -> dict[tuple[str, int, datetime], Sequence[DeadlineStep]]:
    """The steps by promise, by which of its name it is, and by the date they led to.

    Two promises of a name may have one date: both of one day, though not of one hour.
    """
    found: dict[tuple[str, int, datetime], Sequence[DeadlineStep]] = {}
    times = Counter[str]()
    for entry in history:
        for clock in getattr(body_of(entry["type"], entry["data"]), "clocks", ()):
            times[clock.stage] += clock.change == ClockVerb.START
            if clock.deadline is not None:
                key = (clock.stage, times[clock.stage], clock.deadline.due_at)
                found[key] = clock.deadline.steps
    return found


def _explained(
    stage: Stage,
    steps: Sequence[DeadlineStep],
    policy: IncidentPolicy,
    now: datetime,
    language: str,
) -> ExplainedDeadline:
    told = [sentence(Step(step.code, step.params), language) for step in steps]
    due = Step("due", {"at": local(stage.due_at, policy.calendar.zone)})
    clock = clock_of(stage, policy)
    times = account(clock, max(now, clock.last_at), policy.calendar)
    return ExplainedDeadline(
        stage=stage.name,
        due_at=stage.due_at,
        state=standing_of(stage.standing, broken=stage.broken),
        effective_at=stage.effective_at,
        earliest_at=stage.earliest_at,
        finished_at=stage.finished_at,
        policy=stage.policy,
        raw_seconds=times.raw,
        contractual_seconds=times.contractual,
        too_fast=stage.too_fast,
        explain=told or [sentence(due, language)],
    )
