"""A plain recount of one request from its histories, to hold the served figures against.

Written apart from the incremental way on purpose: raw entries in, one pass over each history, and
nothing of `domain`, `counts` or `ledger`. Where the two disagree, one of them is wrong.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final

from services.kpi.families import FAMILIES
from services.kpi.policy import Counting
from services.kpi.recount_entries import Entry, Tally, day_of, event_of, instant_of
from services.kpi.recount_plans import recount_plan


def recount(histories: Mapping[str, Sequence[Entry]], by: Counting) -> Tally:
    """What one request adds to the figures."""
    tally: Tally = Counter()
    life = histories.get("intake", ())
    cuts = _cuts(life, by)
    if life:
        _recount_life(tally, life, histories.get("validation", ()), by, cuts)
        _recount_promises(tally, histories, by, cuts)
    for entry in histories.get("validation", ()):
        if event_of(entry) == "observed":
            person, day = (
                by.closed("person", entry["actor"]),
                day_of(instant_of(entry["at"]), by),
            )
            tally[f"{by.tenant}|request_people|{day}|{person}|{cuts}", "queried"] += 1
    if histories.get("training"):
        recount_plan(tally, histories["training"], by, cuts)
    return Counter({place: amount for place, amount in tally.items() if amount})


def with_months(tally: Tally) -> Tally:
    """Each dated amount twice more: in its month, and in the whole month without the cuts."""
    months: Tally = Counter()
    for (bucket, measure), amount in tally.items():
        parts = bucket.split("|")
        if parts[2] != "all":
            parts[2] = parts[2][:7]
            months["|".join(parts), measure] += amount
            cuts = len(FAMILIES[parts[1]].cuts)
            if cuts:
                months["|".join([*parts[:-cuts], *["*"] * cuts]), measure] += amount
    return Counter({**tally, **months})


_STATION_LISTS: Final = {"evaluation": {"received", "in_evaluation", "answered"}}


def _optional(value: object) -> datetime | None:
    return None if value is None else instant_of(value)


def _among(dimension: str, value: str, by: Counting) -> str:
    told = value.strip().casefold()
    called = by.names.get(dimension, {}).get(told)
    known = [one for one in (told, called) if one in by.values[dimension]]
    return known[0] if known else "other"


def _cuts(life: Sequence[Entry], by: Counting) -> str:
    first = life[0]["data"] if life else {}
    return "|".join(
        (
            _among("type", first.get("request_type", ""), by),
            _among("channel", first.get("channel", ""), by),
            _among("area", first.get("area", ""), by),
        )
    )


def _end(life: Sequence[Entry]) -> tuple[datetime | None, str, bool | None]:
    """When it was closed, as what, and whether on time."""
    for entry in life:
        data = entry["data"]
        if event_of(entry) == "imported":
            due_at, closed_at = _optional(data["due_at"]), _optional(data["closed_at"])
            both = due_at is not None and closed_at is not None
            on_time = closed_at <= due_at if both and closed_at and due_at else None
            return closed_at, data["status"], on_time
        if event_of(entry) == "closed":
            return instant_of(data["closed_at"]), data["outcome"], data["on_time"]
    return None, "", None


def _recount_life(
    tally: Tally, life: Sequence[Entry], evaluation: Sequence[Entry], by: Counting, cuts: str
) -> None:
    def add(at: datetime, measure: str, amount: int = 1) -> None:
        tally[f"{by.tenant}|requests|{day_of(at, by)}|{cuts}", measure] += amount

    received_at = instant_of(life[0]["data"]["received_at"])
    imported = event_of(life[0]) == "imported"
    closed_at, _, on_time = _end(life)
    add(received_at, "received")
    for measure in _said(life, by):
        add(received_at, measure)
    if closed_at is None:
        if not imported:
            last = [e["data"] for e in life if event_of(e) in {"received", "progressed"}][-1]
            status = _among("status", last.get("status", "received"), by)
            holder = _among("holder", last["holder"], by)
            tally[f"{by.tenant}|open|all|{status}|{holder}", "open"] += 1
        return
    add(closed_at, "closed")
    for month in _months_begun(received_at.astimezone(by.zone), closed_at.astimezone(by.zone)):
        tally[f"{by.tenant}|carried|{month}-01", "carried"] += 1
    add(closed_at, "unjudged" if on_time is None else "judged")
    if on_time:
        add(closed_at, "on_time")
    if imported:
        add(closed_at, "unsided")
        return
    client = _client_seconds(life, received_at, closed_at, by)
    whole = by.calendar.elapsed_business_time(received_at, closed_at)
    trips = [entry["data"]["round_trip"] for entry in evaluation if event_of(entry) == "observed"]
    add(closed_at, "sided")
    add(closed_at, "client_seconds", client)
    add(closed_at, "provider_seconds", whole - client)
    add(closed_at, "round_trips", max(trips, default=0))


def _months_begun(since: datetime, until: datetime) -> list[str]:
    """The months between that of one local instant, which had begun, and that of another."""
    first, last = (12 * at.year + at.month - 1 for at in (since, until))
    numbers = (n for n in range(first + 1, last + 1) if 1900 <= n // 12 < 2200)  # noqa: PLR2004 - as periods
    return [f"{n // 12:04}-{n % 12 + 1:02}" for n in numbers]


def _said(life: Sequence[Entry], by: Counting) -> list[str]:
    """How it was asked for: dated or not, at short notice, by word of mouth."""
    first = life[0]["data"]
    if event_of(life[0]) == "imported":
        return []
    found = ["dated" if first.get("effective_on") else "undated"]
    if first.get("effective_on"):
        day, days = instant_of(first["received_at"]).astimezone(by.zone).date(), by.notice_days
        last = date.fromisoformat(str(first["effective_on"])[:10])
        if last < by.calendar.add_business_days(day, days):
            found.append("short_notice")
    if first.get("verbal"):
        names = {event_of(entry) for entry in life}
        heard = "lapsed" if "confirmation_lapsed" in names else "unconfirmed"
        found += ["verbal", "confirmed" if "confirmed" in names else heard]
    return found


def _client_seconds(life: Sequence[Entry], since: datetime, until: datetime, by: Counting) -> int:
    """Business time between each handing over to the client and the next hand, within a span."""
    seconds, handed, latest = 0, None, since
    for entry in life:
        data = entry["data"]
        if event_of(entry) not in {"received", "progressed"}:
            continue
        latest = max(latest, _happened(entry))
        with_client = data["holder"] in by.client_holders
        if handed is not None and not with_client:
            seconds += by.calendar.elapsed_business_time(handed, min(latest, until))
            handed = None
        elif handed is None and with_client:
            handed = latest
    if handed is not None:
        seconds += by.calendar.elapsed_business_time(handed, until)
    return seconds


def _happened(entry: Entry) -> datetime:
    """When what intake tells happened; a reception carries its own instant."""
    data = entry["data"]
    return instant_of(data.get("received_at") or data.get("occurred_at") or entry["at"])


_ENDINGS: Final = {
    "intake": {"progressed", "closed"},
    "validation": {"observed", "approved", "refused"},
    "training": {"completed"},
}


def _by_whom(histories: Mapping[str, Sequence[Entry]], at: datetime) -> str:
    """Whose work ended a stage at an instant: a person's, else a program's; intake retells."""
    actors = {
        str(entry["actor"])
        for service, names in _ENDINGS.items()
        for entry in histories.get(service, ())
        if event_of(entry) in names and at == _ended(entry) and entry["actor"] != "system:intake"
    }
    people = {actor for actor in actors if actor.startswith("person:")}
    return min(people or actors, default="")


def _ended(entry: Entry) -> datetime:
    data = entry["data"]
    return instant_of(data.get("closed_at") or data.get("done_at") or _happened(entry))


def _recount_promises(
    tally: Tally, histories: Mapping[str, Sequence[Entry]], by: Counting, cuts: str
) -> None:
    life = histories["intake"]
    for stage, due_at, how, span, policy in _Promises(life).follow():
        known = _among("stage", stage, by)
        if policy:
            version = by.closed("policy", policy)
            tally[f"{by.tenant}|policies|{day_of(due_at, by)}|{version}|{cuts}", "promised"] += 1
        tally[f"{by.tenant}|stages|all|{known}", how] += 1
        amounts = {how: 1}
        if span is not None:
            client = _client_seconds(life, *span, by)
            whole = by.calendar.elapsed_business_time(*span)
            amounts |= {"sided": 1, "client_seconds": client, "provider_seconds": whole - client}
        person = by.closed("person", _by_whom(histories, span[1]) if span else "")
        places = [f"deadlines|{day_of(due_at, by)}"]
        if how != "running":
            places.append(f"deadline_people|{day_of(due_at, by)}|{person}")
        for place in places:
            for measure, amount in amounts.items():
                tally[f"{by.tenant}|{place}|{known}|{cuts}", measure] += amount


Settled = tuple[str, datetime, str, tuple[datetime, datetime] | None, str]
"""Stage, due instant, how it stands, from when to when the work took, and who promised it."""


class _Promises:
    """The promises of a life as they were given, kept, missed, replaced and given up."""

    def __init__(self, life: Sequence[Entry]) -> None:
        self.life = life
        self.imported = event_of(life[0]) == "imported"
        self.running: dict[str, datetime] = {}
        self.since: dict[str, datetime] = {}
        self.told: dict[str, datetime] = {}
        self.policy: dict[str, str] = {}
        self.settled: list[Settled] = []
        self.missed = {
            (entry["data"]["stage"], instant_of(entry["data"]["due_at"]))
            for entry in life
            if event_of(entry) == "deadline_breached"
        }

    def follow(self) -> list[Settled]:
        """How each promise stands at the end of the life."""
        if self.imported and self.life[0]["data"]["due_at"] is not None:
            self.running["register"] = instant_of(self.life[0]["data"]["due_at"])
        for entry in self.life:
            for deadline in entry["data"].get("deadlines", ()):
                if self._give(deadline["stage"], instant_of(deadline["due_at"]), _happened(entry)):
                    self.policy[deadline["stage"]] = deadline.get("policy", "")
            if event_of(entry) in {"received", "progressed"}:
                self._arrive(entry)
        closed_at, outcome, _ = _end(self.life)
        for stage in list(self.running):
            if closed_at is not None and outcome not in {"withdrawn", "replaced"}:
                self._keep(stage, closed_at)
            elif closed_at is not None or self.imported:
                self._give_up(stage)
            else:
                due_at = self.running.pop(stage)
                how = "breached" if (stage, due_at) in self.missed else "running"
                self.settled.append((stage, due_at, how, None, self.policy.get(stage, "")))
        return self.settled

    def _give(self, stage: str, due_at: datetime, at: datetime) -> bool:
        if self.told.get(stage) == due_at:
            return False
        if stage in self.running:
            self._give_up(stage)
        else:
            self.since[stage] = at
        self.running[stage] = self.told[stage] = due_at
        return True

    def _arrive(self, entry: Entry) -> None:
        status = entry["data"].get("status", "received")
        for stage in list(self.running):
            if status == "deployed" or status not in _STATION_LISTS.get(stage, {status}):
                self._keep(stage, _happened(entry))

    def _keep(self, stage: str, at: datetime) -> None:
        due_at = self.running.pop(stage)
        span = None if self.imported else (self.since[stage], at)
        how = "met" if at <= due_at else "breached"
        self.settled.append((stage, due_at, how, span, self.policy.get(stage, "")))

    def _give_up(self, stage: str) -> None:
        due_at = self.running.pop(stage)
        if (stage, due_at) in self.missed:
            self.settled.append((stage, due_at, "breached", None, self.policy.get(stage, "")))
