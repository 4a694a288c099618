"""What becomes of an answer before it goes out: tier 2 judges that of tier 3, tier 1 what it sends.

Whoever has to do it again goes on with what is left of his term.
"""

from services.incidents.domain.asked import Asked
from services.incidents.domain.commands import Observe, Validate
from services.incidents.domain.lifecycle import TIER, Action, Status
from services.incidents.domain.stages import StageName
from shared.contracts import EventBody
from shared.contracts.incidents import IncidentObserved, IncidentValidated
from shared.contracts.stages import ClockChange
from shared.decider import Rejected


def validate(asked: Asked, command: Validate) -> list[EventBody]:
    """Tier 2 has looked, and not who gave the answer: tier 1 has the day to send it (B:L1708)."""
    status = asked.may(Action.VALIDATE)
    solution = asked.state.solution
    if solution is not None and solution.by == asked.given.actor:
        raise Rejected("incident.own_answer", ticket=asked.state.ticket)
    clocks = (
        *asked.stop(StageName.VALIDATE),
        *asked.drop(StageName.EXTENSION),
        asked.start(StageName.REPLY),
    )
    return [
        IncidentValidated(
            note=command.note,
            article=solution.article if solution else "",
            holder=asked.holder(status),
            clocks=clocks,
        )
    ]


def observe(asked: Asked, command: Observe) -> list[EventBody]:
    """Not right yet, or no answer to what the user asked: the tier behind has it again."""
    status = asked.may(Action.OBSERVE)
    clocks = _sent_back(asked) if status is Status.TIER_2 else _not_validated(asked)
    return [
        IncidentObserved(
            reason=command.reason,
            to_tier=TIER[status],
            holder=asked.holder(status),
            clocks=tuple(clocks),
        )
    ]


def _not_validated(asked: Asked) -> list[ClockChange]:
    return [*asked.stop(StageName.VALIDATE), asked.enter(StageName.SOLVE_L3)]


def _sent_back(asked: Asked) -> list[ClockChange]:
    """Tier 2 has no new day to elevate; a later date that the user was not told is owed again."""
    state = asked.state
    if state.solution is not None and state.solution.tier == 1:
        raise Rejected("incident.answer_of_tier_1", ticket=state.ticket)
    told = state.untold_extension is None or state.stage(StageName.EXTENSION) is None
    return [
        *asked.stop(StageName.REPLY),
        asked.enter(StageName.SOLVE_L2),
        *([] if told else [asked.enter(StageName.EXTENSION)]),
    ]
