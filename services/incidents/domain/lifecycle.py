"""The life of an incident as a table: a row that is not here is not allowed (B70-B93)."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from shared.decider import Rejected


class Status(StrEnum):
    """Where an incident stands, and so which tier has it."""

    NEW = "new"
    TIER_1 = "tier_1"
    TIER_2 = "tier_2"
    TIER_3 = "tier_3"
    PROVIDER = "provider"
    VALIDATING = "validating"
    ANSWERED = "answered"
    CONVERTED = "converted"
    CLOSED = "closed"
    DISMISSED = "dismissed"


class Action(StrEnum):
    """What is done with an incident."""

    REGISTER = "register"
    FORWARD = "forward"
    DISMISS = "dismiss"
    TAKE = "take"
    ELEVATE = "elevate"
    REROUTE = "reroute"
    RETURN = "return"
    ASK_PROVIDER = "ask_provider"
    PROVIDER_ANSWERS = "provider_answers"
    SOLVE = "solve"
    VALIDATE = "validate"
    OBSERVE = "observe"
    CONVERT = "convert"
    REPLY = "reply"
    REOPEN = "reopen"
    EXTEND = "extend"
    TELL_EXTENSION = "tell_extension"
    CLASSIFY = "classify"
    COORDINATE = "coordinate"
    ATTACH = "attach"


S, A = Status, Action
LIFECYCLE: Final[Mapping[tuple[Status, Action], Status]] = {
    (S.NEW, A.REGISTER): S.TIER_1,
    (S.TIER_1, A.FORWARD): S.TIER_2,
    (S.TIER_1, A.DISMISS): S.DISMISSED,
    (S.TIER_1, A.SOLVE): S.ANSWERED,
    (S.TIER_2, A.TAKE): S.TIER_2,
    (S.TIER_2, A.ELEVATE): S.TIER_3,
    (S.TIER_2, A.REROUTE): S.TIER_2,
    (S.TIER_2, A.RETURN): S.TIER_1,
    (S.TIER_2, A.SOLVE): S.ANSWERED,
    (S.TIER_2, A.CONVERT): S.CONVERTED,
    (S.TIER_2, A.EXTEND): S.TIER_2,
    (S.TIER_3, A.TAKE): S.TIER_3,
    (S.TIER_3, A.REROUTE): S.TIER_3,
    (S.TIER_3, A.RETURN): S.TIER_2,
    (S.TIER_3, A.ASK_PROVIDER): S.PROVIDER,
    (S.PROVIDER, A.PROVIDER_ANSWERS): S.TIER_3,
    (S.TIER_3, A.SOLVE): S.VALIDATING,
    (S.TIER_3, A.CONVERT): S.CONVERTED,
    (S.TIER_3, A.EXTEND): S.TIER_3,
    (S.VALIDATING, A.VALIDATE): S.ANSWERED,
    (S.VALIDATING, A.OBSERVE): S.TIER_3,
    (S.ANSWERED, A.REPLY): S.CLOSED,
    # whoever speaks with the user sees that it does not answer him
    (S.ANSWERED, A.OBSERVE): S.TIER_2,
    (S.CONVERTED, A.REPLY): S.CLOSED,
    (S.CLOSED, A.REOPEN): S.TIER_1,
    (S.DISMISSED, A.REOPEN): S.TIER_1,
    # what may be said while it is open without moving it
    (S.TIER_1, A.TELL_EXTENSION): S.TIER_1,
    (S.TIER_2, A.TELL_EXTENSION): S.TIER_2,
    (S.TIER_3, A.TELL_EXTENSION): S.TIER_3,
    (S.PROVIDER, A.TELL_EXTENSION): S.PROVIDER,
    (S.VALIDATING, A.TELL_EXTENSION): S.VALIDATING,
    (S.TIER_1, A.CLASSIFY): S.TIER_1,
    (S.TIER_2, A.CLASSIFY): S.TIER_2,
    (S.TIER_3, A.CLASSIFY): S.TIER_3,
    (S.PROVIDER, A.CLASSIFY): S.PROVIDER,
    (S.VALIDATING, A.CLASSIFY): S.VALIDATING,
    # what it was is often known for sure only by its answer
    (S.ANSWERED, A.CLASSIFY): S.ANSWERED,
    (S.CONVERTED, A.CLASSIFY): S.CONVERTED,
    (S.TIER_1, A.COORDINATE): S.TIER_1,
    (S.TIER_2, A.COORDINATE): S.TIER_2,
    (S.TIER_3, A.COORDINATE): S.TIER_3,
    (S.PROVIDER, A.COORDINATE): S.PROVIDER,
    (S.VALIDATING, A.COORDINATE): S.VALIDATING,
    (S.ANSWERED, A.COORDINATE): S.ANSWERED,
    (S.CONVERTED, A.COORDINATE): S.CONVERTED,
    (S.TIER_1, A.ATTACH): S.TIER_1,
    (S.TIER_2, A.ATTACH): S.TIER_2,
    (S.TIER_3, A.ATTACH): S.TIER_3,
    (S.PROVIDER, A.ATTACH): S.PROVIDER,
    (S.VALIDATING, A.ATTACH): S.VALIDATING,
}

# Which tier has the incident: the one whose people may act (B:L613-672).
TIER: Final[Mapping[Status, int]] = {
    S.NEW: 1,
    S.TIER_1: 1,
    S.TIER_2: 2,
    S.TIER_3: 3,
    S.PROVIDER: 3,
    S.VALIDATING: 2,
    S.ANSWERED: 1,
    S.CONVERTED: 1,
    S.CLOSED: 1,
    S.DISMISSED: 1,
}

# Tier 1 alone speaks with the user, whoever has the incident (B79).
ACTS: Final[Mapping[Action, int]] = {A.TELL_EXTENSION: 1, A.REOPEN: 1}

ENDED: Final = frozenset({S.CLOSED, S.DISMISSED})

# Refusals that deserve a word of their own; the others are an illegal transition.
REFUSALS: Final[Mapping[tuple[Status, Action], str]] = {
    (S.TIER_1, A.ELEVATE): "incident.tier_jumped",
    (S.TIER_1, A.ASK_PROVIDER): "incident.tier_jumped",
    (S.TIER_2, A.ASK_PROVIDER): "incident.tier_jumped",
    (S.TIER_3, A.REPLY): "incident.tier_jumped",
    (S.TIER_2, A.REPLY): "incident.tier_jumped",
    (S.VALIDATING, A.REPLY): "incident.not_validated",
    (S.TIER_2, A.PROVIDER_ANSWERS): "incident.provider_not_asked",
    (S.TIER_3, A.PROVIDER_ANSWERS): "incident.provider_not_asked",
    (S.PROVIDER, A.ASK_PROVIDER): "incident.provider_already_asked",
    (S.PROVIDER, A.SOLVE): "incident.provider_pending",
    (S.PROVIDER, A.RETURN): "incident.provider_pending",
    (S.PROVIDER, A.REROUTE): "incident.provider_pending",
    (S.PROVIDER, A.EXTEND): "incident.provider_pending",
    (S.PROVIDER, A.CONVERT): "incident.provider_pending",
    (S.TIER_1, A.REPLY): "incident.not_answered",
}


def follow(status: Status, action: Action) -> Status:
    """The status after the action; `Rejected` with a code of its own when there is none."""
    try:
        return LIFECYCLE[status, action]
    except KeyError:
        code = REFUSALS.get((status, action), "incident.illegal_transition")
        raise Rejected(code, status=status.value, action=action.value) from None


def tier_of(status: Status, action: Action) -> int:
    """Whose people may do it."""
    return ACTS.get(action, TIER[status])


def diagram() -> str:
    """The table as a Mermaid state diagram; `docs/lifecycles/incidents.md` holds it.

    What moves nothing is left out of it.
    """
    rows = [
        f"    {'[*]' if start is Status.NEW else start} --> {end}: {action}"
        for (start, action), end in LIFECYCLE.items()
        if start is not end
    ]
    return "\n".join(["stateDiagram-v2", *rows, *(f"    {end} --> [*]" for end in sorted(ENDED))])
