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
