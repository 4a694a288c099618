"""The promises of a request, one per stage: when each is due, and how it ended."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from services.intake.rules.promise import NEVER
from shared.contracts.terms import Deadline

EVALUATION: Final = "evaluation"
ATTENTION: Final = "attention"
REPLICATION: Final = "replication"
REGISTER: Final = "register"
"""The one promise of a request taken over from an older register."""

NAMES: Final = (EVALUATION, ATTENTION, REPLICATION, REGISTER)


class StageState(StrEnum):
    """How a promise stands; `cancelled` when the request ended without it.

    `paused` while the client has what it depends on: its date will move.
    """

    RUNNING = "running"
    PAUSED = "paused"
    MET = "met"
    BREACHED = "breached"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Stage:
    """One promise. A breached one may still be unfinished: `finished_at` is None then."""

    name: str
    due_at: datetime
    effective_at: datetime
    policy: str = ""
    state: StageState = StageState.RUNNING
    finished_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        return self.finished_at is None and self.state is not StageState.CANCELLED

    def finished(self, at: datetime) -> "Stage":
        """Ended; the due instant itself is in time, and news that came late doesn't count."""
        if not self.is_open:
            return self
        in_time = self.state is StageState.PAUSED or at <= self.due_at
        state = StageState.MET if in_time else StageState.BREACHED
        return replace(self, state=state, finished_at=at)

    def cancelled(self) -> "Stage":
        """No longer to be kept; a breach that was told stays one."""
        if not self.is_open or self.state is StageState.BREACHED:
            return self
        return replace(self, state=StageState.CANCELLED)

    def stands(self, *, still: bool) -> "Stage":
        """Paused or running; what was missed or has ended stays so."""
        if self.state not in (StageState.RUNNING, StageState.PAUSED):
            return self
        return replace(self, state=StageState.PAUSED if still else StageState.RUNNING)


Stages = tuple[Stage, ...]


def promised(deadline: Deadline, name: str = "") -> Stage:
    """The stage that a deadline opens."""
    return Stage(name or deadline.stage, deadline.due_at, deadline.effective_at, deadline.policy)


def with_promise(stages: Stages, new: Stage) -> Stages:
    """A stage promised anew takes the place of its former promise; the same promise is none."""
    if all(stage.name != new.name for stage in stages):
        return (*stages, new)
    if any((s.name, s.due_at, s.is_open) == (new.name, new.due_at, new.is_open) for s in stages):
        return stages
    return tuple(new if stage.name == new.name else stage for stage in stages)


def finish(stages: Stages, at: datetime, names: Iterable[str] = NAMES) -> Stages:
    """End the named stages, as far as they are open."""
    ended = frozenset(names)
    return tuple(stage.finished(at) if stage.name in ended else stage for stage in stages)


def paused(stages: Stages, names: Iterable[str]) -> Stages:
    """The named stages stand still, all others run."""
    still = frozenset(names)
    return tuple(stage.stands(still=stage.name in still) for stage in stages)


def breach(stages: Stages, name: str) -> Stages:
    return tuple(
        replace(stage, state=StageState.BREACHED) if stage.name == name else stage
        for stage in stages
    )


def overdue(stages: Stages, at: datetime) -> Stages:
    """Running stages whose instant has passed."""
    return tuple(
        stage for stage in stages if stage.state is StageState.RUNNING and stage.due_at < at
    )


def next_due(stages: Stages) -> datetime | None:
    """When the next running stage falls due."""
    return min((s.due_at for s in stages if s.state is StageState.RUNNING), default=None)


def tightest(stages: Stages) -> datetime:
    """The earliest due date of what is still to be done, `NEVER` when nothing is or all waits."""
    open_ = (s.due_at for s in stages if s.is_open and s.state is not StageState.PAUSED)
    return min(open_, default=NEVER)
