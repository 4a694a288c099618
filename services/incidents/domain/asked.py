"""What every decision about an incident stands on: who asks, in which state, under which policy."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.incidents.domain.lifecycle import TIER, Action, Status, follow, tier_of
from services.incidents.domain.model import Incident, holder_of
from services.incidents.domain.stages import (
    Stage,
    StageName,
    moved,
    plain,
    started,
    stopped,
)
from services.incidents.policy import IncidentPolicy
from shared.contracts.stages import ClockChange, ClockVerb
from shared.decider import Given, NotAllowed
from shared.security.roles import Role

SOLVE: Final = {2: StageName.SOLVE_L2, 3: StageName.SOLVE_L3}


@dataclass(frozen=True, slots=True)
class Asked:
    """An incident that somebody wants something of."""

    state: Incident
    given: Given[IncidentPolicy]

    @property
    def at(self) -> datetime:
        return self.given.at

    @property
    def policy(self) -> IncidentPolicy:
        return self.given.policy

    @property
    def tier(self) -> int:
        """The tier that has the incident."""
        return TIER[self.state.status]

    def may(self, action: Action) -> Status:
        """The status after the action.

        Raises:
            Rejected: the lifecycle has no such step.
            NotAllowed: it is another tier's to do, another area's of the tier, or another
                provider's.
        """
        status = follow(self.state.status, action)
        answers = action is Action.PROVIDER_ANSWERS and Role.PROVIDER in self.given.roles
        if answers and self._is_asked():
            return status
        tier = tier_of(self.state.status, action)
        roles = {role.value for role in self.policy.tier(tier).roles}
        if self.given.roles.isdisjoint(roles):
            if answers:
                raise NotAllowed("incident.not_your_question")
            raise NotAllowed("incident.not_your_tier", tier=tier, roles=sorted(roles))
        if tier > 1:
            self._own_area(self.state.desks[tier - 1])
        return status

    def _is_asked(self) -> bool:
        """Whether the open question is to the organisation of whoever asks."""
        wait = self.state.open_wait
        return wait is not None and wait.provider in self.policy.called(self.given.organisation)

    def _own_area(self, desk: str) -> None:
        """Each organ answers for its own (B:L1307); whoever works in no one area, for all."""
        areas = self.given.areas
        if areas and desk not in self.policy.desks_of(areas):
            area = self.policy.called_area(desk)
            raise NotAllowed("incident.not_your_area", area=area, areas=sorted(areas))

    def holder(self, status: Status, *, area: str = "", provider: str = "") -> str:
        return holder_of(self.state, status, area=area, provider=provider)

    def start(self, name: StageName) -> ClockChange:
        """A new promise of a stage with a term of its own."""
        return started(name, self.policy.term_of(name), self.at, self.policy)

    def enter(self, name: StageName) -> ClockChange:
        """A tier's term begins, or what was left of it runs on: coming back never renews it."""
        stage = self.state.stage(name)
        if stage is None:
            return self.start(name)
        return moved(stage, ClockVerb.REOPEN, self.at, self.policy)

    def stop(self, *names: StageName) -> list[ClockChange]:
        """What is done, of those that run."""
        return [stopped(stage, self.at) for stage in self._running(names)]

    def drop(self, *names: StageName) -> list[ClockChange]:
        """What is no longer owed, of those that run; what is broken stays so."""
        return [self._dropped(stage) for stage in self._running(names)]

    def drop_all_but(self, *names: StageName) -> list[ClockChange]:
        """Everything that runs and is not named is no longer owed."""
        return self.drop(*(name for name in StageName if name not in names))

    def _dropped(self, stage: Stage) -> ClockChange:
        # who was never attended is owed the response anew when the incident is reopened
        if stage.broken and stage.name is not StageName.RESPOND:
            return stopped(stage, self.at)
        return plain(stage, ClockVerb.DROP)

    def _running(self, names: Iterable[StageName]) -> list[Stage]:
        found = (self.state.running(name) for name in names)
        return [stage for stage in found if stage is not None]
