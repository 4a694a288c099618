"""What may be asked of an incident."""

from dataclasses import dataclass
from datetime import datetime

from shared.contracts.stages import Estimate


@dataclass(frozen=True, slots=True)
class Register:
    """A user reports, by a consultation or without; what is empty nobody has said yet.

    `line` is the telephone line that it came by, of a channel that has lines, and `point` the point
    of attention where it was reported.
    `profile_id` is the user's in intake; `preferential` is `granted` for attention before others.
    """

    ticket: str
    summary: str
    description: str
    origin: str
    area: str
    channel: str
    kind: str = ""
    criticality: str = ""
    priority: str = ""
    consultation_id: str = ""
    profile_id: str = ""
    preferential: str = ""
    line: str = ""
    point: str = ""


@dataclass(frozen=True, slots=True)
class Forward:
    """To tier 2; `told` is what the user was told of usual times."""

    area: str = ""
    told: Estimate | None = None


@dataclass(frozen=True, slots=True)
class Dismiss:
    """It is no incident."""

    reason: str


@dataclass(frozen=True, slots=True)
class Take:
    """The caller attends it. `days` fixes the term within its range."""

    complexity: str = ""
    days: int | None = None


@dataclass(frozen=True, slots=True)
class Elevate:
    """Technical: to tier 3."""

    reason: str
    area: str = ""


@dataclass(frozen=True, slots=True)
class Reroute:
    """Sideways, to another area of the tier that has it."""

    area: str
    reason: str


@dataclass(frozen=True, slots=True)
class Return:
    """Not mine: to the tier before."""

    reason: str


@dataclass(frozen=True, slots=True)
class AskProvider:
    """A provider is involved; `steps` is what tier 1 is told of it."""

    provider: str
    question: str
    steps: str


@dataclass(frozen=True, slots=True)
class RecordAnswer:
    """The provider's answer."""

    answer: str


@dataclass(frozen=True, slots=True)
class Solve:
    """The answer with its support, in words and in files of the incident.

    `article` is the entry of the knowledge base that gave it.
    """

    answer: str
    evidence: tuple[str, ...] = ()
    cause: str = ""
    article: str = ""
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Validate:
    """The answer of tier 3 is right."""

    note: str = ""


@dataclass(frozen=True, slots=True)
class Observe:
    """The answer of tier 3 is not right yet, or tier 1 cannot send what it got."""

    reason: str


@dataclass(frozen=True, slots=True)
class Convert:
    """It needs development or a business rule; `requirement` is its new code, as a request too."""

    requirement: str
    reason: str
    coordinated_with: str
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """The final answer to the user; the validated one when `message` is empty."""

    message: str = ""


@dataclass(frozen=True, slots=True)
class Reopen:
    """The user came back."""

    reason: str


@dataclass(frozen=True, slots=True)
class Extend:
    """More days for the tier that has it."""

    days: int
    reason: str


@dataclass(frozen=True, slots=True)
class TellExtension:
    """The user was told the new date."""

    message: str


@dataclass(frozen=True, slots=True)
class Classify:
    """What is said anew; what is empty stays."""

    reason: str
    origin: str = ""
    area: str = ""
    kind: str = ""
    criticality: str = ""
    complexity: str = ""
    priority: str = ""


@dataclass(frozen=True, slots=True)
class Coordinate:
    """Somebody else was asked, inside the house or outside."""

    external: bool
    party: str
    note: str


@dataclass(frozen=True, slots=True)
class Attach:
    """A file that shows something of it."""

    file_id: str
    size: int
    media_type: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Expire:
    """A warning or a promise has come to its instant."""

    due: datetime


Command = (
    Register
    | Forward
    | Dismiss
    | Take
    | Elevate
    | Reroute
    | Return
    | AskProvider
    | RecordAnswer
    | Solve
    | Validate
    | Observe
    | Convert
    | Reply
    | Reopen
    | Extend
    | TellExtension
    | Classify
    | Coordinate
    | Attach
    | Expire
)
