"""A plain recount of one replication from its history, like `recount`."""

from collections.abc import Sequence
from datetime import datetime

from services.kpi.policy import Counting
from services.kpi.recount_entries import Entry, Tally, day_of, event_of, instant_of


def recount_plan(tally: Tally, plan: Sequence[Entry], by: Counting, cuts: str) -> None:
    """What a replication adds, with its request's own cuts."""

    def add(at: datetime, measure: str, amount: int = 1) -> None:
        tally[f"{by.tenant}|training|{day_of(at, by)}|{cuts}", measure] += amount

    events = {event_of(entry): entry for entry in plan}
    if "cancelled" in events:
        add(instant_of(events["cancelled"]["at"]), "cancelled")
        return
    if "opened" not in events:
        return
    opened_at = instant_of(events["opened"]["at"])
    promise = [entry["data"]["deadline"] for entry in plan if entry["data"].get("deadline")][-1]
    if promise.get("policy"):
        version = by.closed("policy", promise["policy"])
        day = day_of(instant_of(promise["due_at"]), by)
        tally[f"{by.tenant}|training_policies|{day}|{version}|{cuts}", "promised"] += 1
    done = events.get("completed")
    add(opened_at, "opened")
    for measure, amount in _coverage(plan).items():
        add(opened_at, measure, amount)
        tally[f"{by.tenant}|plans|all", measure] += amount
        if done is None:
            tally[f"{by.tenant}|plans|all", f"running_{measure}"] += amount
    if done is None:
        tally[f"{by.tenant}|plans|all", "running"] += 1
        return
    done_at = instant_of(done["data"]["done_at"])
    add(done_at, "completed")
    if done["data"]["on_time"]:
        add(done_at, "completed_on_time")
    whole = by.calendar.elapsed_business_time(opened_at, max(opened_at, done_at))
    client = _queried(plan, opened_at, done_at, by)
    add(done_at, "sided")
    add(done_at, "client_seconds", client)
    add(done_at, "provider_seconds", whole - client)


def _queried(plan: Sequence[Entry], since: datetime, until: datetime, by: Counting) -> int:
    """Business time between each query of the client about it and his answer, within a span."""
    seconds = 0
    for place, entry in enumerate(plan):
        if event_of(entry) == "blocked":
            ends = [instant_of(e["at"]) for e in plan[place:] if event_of(e) == "unblocked"]
            start = max(since, instant_of(entry["data"]["since"]))
            end = min([until, *ends[:1]])
            seconds += by.calendar.elapsed_business_time(start, end) if start < end else 0
    return seconds


def _coverage(plan: Sequence[Entry]) -> dict[str, int]:
    coverage = {"signed": 0, "exempt": 0, "eligible": 0}
    for entry in plan:
        if event_of(entry) in {"launched", "progressed", "completed"}:
            coverage |= {name: entry["data"][name] for name in coverage if name in entry["data"]}
    return coverage
