"""What intake says beside its requests: procedures in force, and access to the client's systems."""

from datetime import date, datetime

from shared.contracts.events import EventBody


class ProcedurePutInForce(EventBody, event_type="intake.procedure.put_in_force.v1"):
    """A deployed request is now what holds for a procedure or a topic (A28).

    The subject is the procedure's id; `subject` is `procedure` or `topic`. It holds from the local
    day `applies_on` on, which may lie ahead.
    """

    subject: str
    name: str
    number: int
    request_id: str
    code: str
    request_type: str
    title: str
    applies_on: date
    deployed_at: datetime


class GrantGiven(EventBody, event_type="intake.grant.given.v1"):
    """A named person may look at a system of the client's, until `expires_at` (A26).

    The subject is the grant's id. `mode` is always `view`: nothing is changed or downloaded with
    it. `request_id` is the request for access that it was given for.
    """

    request_id: str
    person_id: str
    system: str
    mode: str
    expires_at: datetime


class GrantShortened(EventBody, event_type="intake.grant.shortened.v1"):
    """It ends earlier than was said, with the person's last day."""

    expires_at: datetime


class GrantEnded(EventBody, event_type="intake.grant.ended.v1"):
    """Nobody has this access any more; `how` is `expired`, `revoked` or `left`."""

    how: str
    ended_at: datetime
    reason: str = ""
