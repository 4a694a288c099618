"""Tiers 2 and 3: attend, elevate, ask a provider, solve (B:L1665-1712)."""

from collections.abc import Sequence

from services.incidents.domain.asked import SOLVE, Asked
from services.incidents.domain.commands import (
    AskProvider,
    Convert,
    Elevate,
    Extend,
    RecordAnswer,
    Reroute,
    Return,
    Solve,
    Take,
)
from services.incidents.domain.lifecycle import TIER, Action, Status
from services.incidents.domain.stages import (
    BROKEN_AFTER,
    Stage,
    StageName,
    Standing,
    moved,
    plain,
    retimed,
)
from shared.clock import DUE
from shared.contracts import EventBody
from shared.contracts.incidents import (
    IncidentBreached,
    IncidentConverted,
    IncidentElevated,
    IncidentExtended,
    IncidentProviderAnswered,
    IncidentProviderAsked,
    IncidentRerouted,
    IncidentReturned,
    IncidentSolved,
    IncidentTaken,
)
from shared.contracts.stages import ClockChange, ClockVerb
from shared.decider import Invalid, Rejected


def take(asked: Asked, command: Take) -> list[EventBody]:
    """A specialist attends it: the response is given, and the term may be fixed (B80, B81).

    Who attends in tier 2 does not owe the elevation any more, unless it is elevated after all.
    """
    asked.may(Action.TAKE)
    tier, person = asked.tier, asked.given.actor
    known = asked.state.persons[tier - 1] == person
    if known and not command.complexity and command.days is None:
        raise Rejected("incident.already_taken", person=person)
    clocks = asked.stop(StageName.RESPOND)
    elevate = asked.state.running(StageName.ELEVATE)
    if elevate is not None and elevate.standing is Standing.RUNNING:
        clocks.append(plain(elevate, ClockVerb.PAUSE))
    if command.days is not None:
        clocks.append(_fixed(asked, command.days))
    complexity = asked.policy.complexity(command.complexity) if command.complexity else ""
    return [
        IncidentTaken(
            tier=tier,
            person=person,
            complexity=complexity,
            days=command.days,
            holder=person,
            clocks=tuple(clocks),
        )
    ]


def _fixed(asked: Asked, days: int) -> ClockChange:
    """The tier's term in days; what was extended is the user's to count on and gets no shorter."""
    amount = asked.policy.fixed(SOLVE[asked.tier], days)
    stage = _term(asked)
    extended = any(one.tier == asked.tier for one in asked.state.extensions)
    if extended and amount < stage.amount:
        raise Rejected("incident.term_extended", days=days, extended=stage.amount)
    return retimed(stage, asked.policy, amount=amount)


def _term(asked: Asked) -> Stage:
    """The term of the tier that has the incident; one of an older register has none."""
    stage = asked.state.running(SOLVE[asked.tier])
    if stage is None:
        raise Rejected("incident.no_term", tier=asked.tier)
    return stage


def elevate(asked: Asked, command: Elevate) -> list[EventBody]:
    """Technical: to tier 3, on the day tier 2 received it; later is told as a breach."""
    status = asked.may(Action.ELEVATE)
    area = asked.policy.area_of_tier(command.area, 3)
    clocks = [
        *asked.stop(StageName.ELEVATE),
        *asked.drop(StageName.SOLVE_L2),
        asked.enter(StageName.SOLVE_L3),
    ]
    event = IncidentElevated(
        area=area,
        reason=command.reason,
        holder=asked.holder(status, area=area),
        clocks=tuple(clocks),
    )
    return [*_late_elevation(asked), event]


def _late_elevation(asked: Asked) -> list[EventBody]:
    stage = asked.state.running(StageName.ELEVATE)
    if stage is None or stage.broken or asked.at < stage.due_at + BROKEN_AFTER:
        return []
    return [
        IncidentBreached(
            stage=stage.name,
            due_at=stage.due_at,
            holder=asked.state.holder,
            notify=asked.policy.notified(DUE),
        )
    ]


def reroute(asked: Asked, command: Reroute) -> list[EventBody]:
    """Sideways: the term runs on, and the new area has its own day to elevate.

    The day of the area that lets it go is judged: it has done what was its to do, or too late.
    """
    status = asked.may(Action.REROUTE)
    desk = asked.state.desk
    area = asked.policy.area_of_tier(command.area, asked.tier)
    if area == desk:
        raise Invalid("incident.same_area", area=asked.policy.called_area(area))
    clocks: list[ClockChange] = []
    if status is Status.TIER_2:
        clocks = [*asked.stop(StageName.ELEVATE), asked.start(StageName.ELEVATE)]
    event = IncidentRerouted(
        tier=asked.tier,
        from_area=desk,
        area=area,
        reason=command.reason,
        holder=asked.holder(status, area=area),
        clocks=tuple(clocks),
    )
    return [*_late_elevation(asked), event]


def give_back(asked: Asked, command: Return) -> list[EventBody]:
    """Not mine: the tier before has it again, with what is left of its own term.

    Tier 2 had a day to say so, as it has to elevate.
    """
    status = asked.may(Action.RETURN)
    to_tier = TIER[status]
    if to_tier == 1:
        clocks = [
            *asked.stop(StageName.ELEVATE),
            *asked.drop(StageName.SOLVE_L2),
            asked.start(StageName.FORWARD),
        ]
    else:
        clocks = [*asked.drop(StageName.SOLVE_L3), asked.enter(StageName.SOLVE_L2)]
    event = IncidentReturned(
        tier=asked.tier,
        to_tier=to_tier,
        area=asked.state.desks[to_tier - 1],
        reason=command.reason,
        holder=asked.holder(status),
        clocks=tuple(clocks),
    )
    return [*_late_elevation(asked), event]


def ask_provider(asked: Asked, command: AskProvider) -> list[EventBody]:
    """The contractual term is to begin at the provider's answer; the raw time goes on (B86).

    It begins once: a later question only stands still, and a broken promise is not made anew.
    """
    status = asked.may(Action.ASK_PROVIDER)
    stage = _term(asked)
    provider = asked.policy.provider(command.provider)
    first = not asked.state.waits and not stage.broken
    wait = plain(stage, ClockVerb.DEFER if first and asked.policy.defers else ClockVerb.PAUSE)
    return [
        IncidentProviderAsked(
            provider=provider,
            question=command.question,
            steps=command.steps,
            holder=asked.holder(status, provider=provider),
            clocks=(*asked.stop(StageName.RESPOND), wait),
        )
    ]


def record_answer(asked: Asked, command: RecordAnswer) -> list[EventBody]:
    """The provider has answered: the term begins, or runs on."""
    status = asked.may(Action.PROVIDER_ANSWERS)
    stage = _term(asked)
    begun = not stage.deferred or any(mark.change == ClockVerb.BEGIN for mark in stage.marks)
    verb = moved(stage, ClockVerb.RESUME if begun else ClockVerb.BEGIN, asked.at, asked.policy)
    return [
        IncidentProviderAnswered(
            provider=asked.state.waits[-1].provider,
            answer=command.answer,
            holder=asked.holder(status),
            clocks=(verb,),
        )
    ]


def solve(asked: Asked, command: Solve) -> list[EventBody]:
    """The answer, with evidence where the tier owes it; faster than plausible is a warning."""
    status = asked.may(Action.SOLVE)
    if asked.policy.tier(asked.tier).evidence and not (command.evidence or command.files):
        raise Invalid("incident.evidence_missing", tier=asked.tier)
    _require_files(asked, command.files)
    own = SOLVE.get(asked.tier, StageName.FORWARD)
    done = asked.stop(own, StageName.RESPOND)
    validated = status is not Status.VALIDATING
    following = StageName.REPLY if validated else StageName.VALIDATE
    # who is sent the answer today needs no later date; an answer to be validated may come back
    moot = asked.drop(StageName.ELEVATE, *([StageName.EXTENSION] if validated else []))
    clocks = [*done, *moot, asked.start(following)]
    return [
        IncidentSolved(
            tier=asked.tier,
            answer=command.answer,
            evidence=command.evidence,
            cause=command.cause,
            article=command.article,
            files=command.files,
            too_fast=any(change.too_fast for change in done),
            holder=asked.holder(status),
            clocks=tuple(clocks),
        )
    ]


def _require_files(asked: Asked, files: Sequence[str]) -> None:
    known = {one.id for one in asked.state.evidence_files}
    if strange := sorted(set(files) - known):
        raise Invalid("incident.unknown_evidence", files=strange, known=sorted(known))


def convert(asked: Asked, command: Convert) -> list[EventBody]:
    """From now on a functional requirement, and the user is told so the same day (B87)."""
    status = asked.may(Action.CONVERT)
    kind = asked.policy.section.requirement_type
    # an account that takes no such requests keeps the requirement's code alone
    request = command.request_id if kind else ""
    state = asked.state
    clocks = (
        *asked.stop(StageName.RESPOND),
        *asked.drop_all_but(StageName.RESPOND),
        asked.start(StageName.REPLY),
    )
    return [
        IncidentConverted(
            requirement=command.requirement,
            reason=command.reason,
            coordinated_with=command.coordinated_with,
            request_id=request,
            request_type=(kind or "") if request else "",
            topic=asked.policy.type_name(state.kind) if request else "",
            title=state.summary if request else "",
            description=f"{command.reason}\n\n{state.description}" if request else "",
            request_area=state.area if request else "",
            holder=asked.holder(status),
            clocks=clocks,
        )
    ]


def extend(asked: Asked, command: Extend) -> list[EventBody]:
    """More days for the tier's term; tier 1 has the same day to tell the user."""
    asked.may(Action.EXTEND)
    most = asked.policy.section.extension.max_days
    if not 1 <= command.days <= most:
        raise Invalid("incident.extension_out_of_range", days=command.days, maximum=most)
    stage = _term(asked)
    longer = retimed(stage, asked.policy, amount=stage.amount + command.days)
    due_at = longer.deadline.due_at if longer.deadline else stage.due_at
    owed = asked.state.running(StageName.EXTENSION)
    notice = [] if owed else [asked.start(StageName.EXTENSION)]
    return [
        IncidentExtended(
            days=command.days,
            due_at=due_at,
            reason=command.reason,
            holder=asked.state.holder,
            clocks=(longer, *notice),
        )
    ]
