"""Lives of requests as their services would publish them, for whoever only hears events."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.contracts import Envelope, EventBody
from shared.contracts.intake import (
    RequestClosed,
    RequestDeadlineBreached,
    RequestImported,
    RequestProgressed,
    RequestReceived,
)
from shared.contracts.terms import Deadline
from shared.contracts.training import (
    PlanBlocked,
    PlanCancelled,
    PlanCompleted,
    PlanLaunched,
    PlanOpened,
    PlanProgressed,
    PlanUnblocked,
)
from shared.contracts.validation import EvaluationObserved, EvaluationWithdrawn, Question
from shared.ids import new_id
from shared.store.history import GENESIS, Entry, entry_hash, to_envelope

TENANT = "osinergmin"
MONDAY = datetime(2026, 7, 6, 14, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@dataclass
class Life:
    """One request's events in the three services, by service, as their histories hold them."""

    id: str = field(default_factory=new_id)
    tenant: str = TENANT
    histories: dict[str, list[Entry]] = field(default_factory=dict)

    def add(self, at: datetime, *bodies: EventBody, actor: str = "person:ana") -> Life:
        for body in bodies:
            history = self.histories.setdefault(body.event_type.partition(".")[0], [])
            previous = history[-1]["hash"] if history else GENESIS
            entry: Entry = {
                "id": new_id(),
                "seq": len(history) + 1,
                "type": body.event_type,
                "at": at,
                "actor": actor,
                "corr": "",
                "cause": "",
                "data": body.model_dump(mode="json"),
            }
            entry["hash"] = entry_hash(self.id, previous, entry)
            history.append(entry)
        return self

    @property
    def events(self) -> list[Envelope]:
        """All of them, each service's in its order."""
        entries = (entry for history in self.histories.values() for entry in history)
        return [to_envelope(self.id, self.tenant, entry) for entry in entries]

    def document(self, service: str) -> dict[str, Any]:
        """The case as the service's database holds it, as far as its history goes."""
        history = self.histories[service]
        return {
            "_id": self.id,
            "tenant": self.tenant,
            "version": len(history),
            "history": history,
            "head": history[-1]["hash"],
        }


def deadline(stage: str, due_at: datetime) -> Deadline:
    return Deadline(stage=stage, due_at=due_at, effective_at=due_at - 8 * HOUR, policy="2026-07")


def received(
    at: datetime = MONDAY,
    *,
    request_type: str = "information",
    area: str = "dsr",
    due_at: datetime | None = None,
) -> RequestReceived:
    return RequestReceived(
        code="SOL-2026-000001",
        request_type=request_type,
        topic="tariffs",
        title="New tariff",
        description="From August on",
        received_at=at,
        effective_received_at=at,
        deadlines=(deadline("evaluation", due_at or at + 24 * HOUR),),
        holder="provider:validation",
        area=area,
    )


def progressed(status: str, holder: str, *deadlines: Deadline, **more: Any) -> RequestProgressed:
    return RequestProgressed(status=status, holder=holder, deadlines=deadlines, **more)


def observed(round_trip: int = 1) -> EvaluationObserved:
    questions = (Question(id="q1", text="From which day?"),)
    return EvaluationObserved(query_id="c1", questions=questions, round_trip=round_trip)


def plan_opened(due_at: datetime) -> PlanOpened:
    return PlanOpened(
        code="SOL-2026-000001",
        topic="tariffs",
        title="New tariff",
        deadline=deadline("training.replica", due_at),
    )


def launched(eligible: int) -> PlanLaunched:
    return PlanLaunched(
        roster="r1", leaders=("p1",), eligible=eligible, material_version=1, sha256="0" * 64
    )


def completed(at: datetime, signed: int, eligible: int, *, on_time: bool = True) -> PlanCompleted:
    exempt = eligible - signed
    return PlanCompleted(
        signed=signed, exempt=exempt, eligible=eligible, on_time=on_time, done_at=at
    )


def breached(stage: str, due_at: datetime) -> RequestDeadlineBreached:
    return RequestDeadlineBreached(stage=stage, due_at=due_at, holder="provider:validation")


def closed(at: datetime, *, on_time: bool | None = True, outcome: str = "deployed") -> EventBody:
    return RequestClosed(outcome=outcome, closed_at=at, on_time=on_time)


def imported(
    at: datetime, due_at: datetime | None, closed_at: datetime | None, **more: Any
) -> RequestImported:
    return RequestImported(
        code="OLD-1",
        request_type=more.pop("request_type", "pothole"),
        topic="streets",
        title="Hole",
        received_at=at,
        due_at=due_at,
        closed_at=closed_at,
        status="closed" if closed_at else "received",
        source="register",
        row=1,
        **more,
    )


def whole_life(start: datetime = MONDAY, *, query: bool = True, late: bool = False) -> Life:
    """Received, observed and answered, approved, replicated to ten people, closed."""
    at, due_at = start, start + 24 * HOUR
    life = Life().add(at, received(at, due_at=due_at))
    at += HOUR
    life.add(at, progressed("in_evaluation", "provider:validation", occurred_at=at))
    if query:
        at += HOUR
        life.add(at, observed(), progressed("observed", "client", occurred_at=at))
        at += 2 * HOUR
        again = deadline("evaluation", at + 22 * HOUR)
        life.add(at, progressed("answered", "provider:validation", again, occurred_at=at))
        due_at = again.due_at
    if late:
        life.add(due_at + timedelta(seconds=1), breached("evaluation", due_at))
        at = due_at + HOUR
    at += HOUR
    attention = deadline("attention", at + 24 * HOUR)
    life.add(at, progressed("viable", "provider:training", attention, occurred_at=at))
    life.add(at, plan_opened(at + 24 * HOUR))
    replication = deadline("replication", at + 24 * HOUR)
    life.add(at, progressed("preparing", "provider:training", replication, occurred_at=at))
    life.add(at + HOUR, launched(10), PlanProgressed(signed=4, exempt=0, eligible=10))
    life.add(at + HOUR, progressed("deploying", "provider:operations", coverage_signed=4))
    at += 3 * HOUR
    life.add(at, completed(at, 9, 10))
    life.add(at, progressed("deployed", "provider:validation", occurred_at=at))
    return life.add(at + HOUR, closed(at + HOUR, on_time=not late))


def blocked_life(start: datetime = MONDAY) -> Life:
    """The client asks about what was approved and answers two hours later; then all sign."""
    life = Life().add(start, received(start), plan_opened(start + 24 * HOUR))
    life.add(start + HOUR, PlanBlocked(query_id="c1", since=start + HOUR))
    moved = deadline("training.replica", start + 26 * HOUR)
    life.add(start + 3 * HOUR, PlanUnblocked(query_id="c1", deadline=moved))
    at = start + 5 * HOUR
    return life.add(at, completed(at, 10, 10))


def withdrawn_life(start: datetime = MONDAY) -> Life:
    """Its plan was opened and cancelled; its evaluation was missed before."""
    due_at = start + 24 * HOUR
    life = Life().add(start, received(start, due_at=due_at, request_type="training"))
    life.add(due_at, breached("evaluation", due_at))
    life.add(due_at, plan_opened(due_at), EvaluationWithdrawn(reason="withdrawn"))
    life.add(due_at + HOUR, PlanCancelled(reason="withdrawn"))
    return life.add(due_at + HOUR, closed(due_at + HOUR, outcome="withdrawn", on_time=None))


def open_life(start: datetime = MONDAY) -> Life:
    """Waiting for the client's answer."""
    life = Life().add(start, received(start, area="not in the policy"))
    return life.add(start + HOUR, observed(), progressed("observed", "client"))


def long_life(start: datetime, end: datetime) -> Life:
    """Withdrawn long afterwards."""
    life = Life().add(start, received(start, area="Gas natural"))
    return life.add(end, closed(end, outcome="withdrawn", on_time=None))


def imported_life(start: datetime = MONDAY, *, late: bool = False) -> Life:
    closed_at = start + (30 if late else 3) * HOUR
    return Life().add(start, imported(start, start + 24 * HOUR, closed_at))
