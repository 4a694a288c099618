"""What the registry is told over HTTP."""

from datetime import date
from typing import Annotated

from pydantic import Field, StringConstraints

from shared.http import Input

Short = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000)]


class NewRequest(Input):
    """What the client asks for. `touches` names the procedures it changes."""

    type: Annotated[str, StringConstraints(min_length=1, max_length=80)]
    topic: Short
    subject: Short
    description: Annotated[str, StringConstraints(min_length=1, max_length=20_000)]
    effective_on: date | None = None
    area: Annotated[str, StringConstraints(max_length=200)] = ""
    verbal: bool = False
    touches: Annotated[tuple[Short, ...], Field(max_length=50)] = ()
    attachments: Annotated[tuple[Short, ...], Field(max_length=50)] = ()


class Withdrawal(Input):
    """Why the client takes it back."""

    reason: Reason


class Confirmation(Input):
    """The client stands by what he said; `remark` is his own addition."""

    remark: Annotated[str, StringConstraints(max_length=2_000)] = ""


class Completion(Input):
    """What was done."""

    note: Annotated[str, StringConstraints(max_length=2_000)] = ""


class Replacement(NewRequest):
    """What the client asks for instead, whole, and why."""

    reason: Annotated[str, StringConstraints(max_length=2_000)] = ""
