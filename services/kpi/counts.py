"""What a request adds to the figures: amounts of measures in buckets (`families`). Pure."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Final

from services.kpi.calendar_pieces import begun_within
from services.kpi.domain import AT_WORK, DEPLOYED, EVALUATION, GIVEN_UP, RequestFact
from services.kpi.families import ALL, CARRIED, Counts
from services.kpi.policy import PERSON, Counting

RUNNING: Final = "running"


def counts_of(fact: RequestFact, by: Counting) -> Counts:
    """Everything the fact adds; measures of amount 0 are left out."""
    page = _Page(by, tuple(by.closed(name, value) for name, value in _cuts(fact)))
    if fact.received_at is not None:
        _count_request(page, fact, fact.received_at)
    _count_deadlines(page, fact)
    for _, asked_at, actor in fact.queries:
        page.day("request_people", asked_at, by.closed(PERSON, actor), queried=1)
    if fact.plan_opened_at is not None:
        _count_plan(page, fact, fact.plan_opened_at)
    return page.counts


def _cuts(fact: RequestFact) -> tuple[tuple[str, str], ...]:
    return ("type", fact.request_type), ("channel", fact.channel), ("area", fact.area)


class _Page:
    """Gathers the counts of one fact."""

    def __init__(self, by: Counting, cuts: tuple[str, ...]) -> None:
        self.by = by
        self.counts: Counts = {}
        self._cuts = "|".join(cuts)
        self._days: dict[datetime, str] = {}

    def day(self, family: str, at: datetime, kept: str = "", **amounts: int) -> None:
        """Add to the bucket of the local day of `at`; `kept` is a stage, a policy, a person."""
        day = self._days.get(at)
        if day is None:
            day = self._days[at] = at.astimezone(self.by.zone).date().isoformat()
        first = f"{kept}|" if kept else ""
        self._add(f"{self.by.tenant}|{family}|{day}|{first}{self._cuts}", amounts)

    def carried(self, since: datetime, until: datetime) -> None:
        """Add to the first day of each month that began between the local days of two instants.

        So the requests in course in any period of the past are found without all that ended since.
        """
        first, last = (at.astimezone(self.by.zone).date() for at in (since, until))
        for day in begun_within(first, last):
            self._add(f"{self.by.tenant}|{CARRIED}|{day}", {CARRIED: 1})

    def standing(self, family: str, *values: str, **amounts: int) -> None:
        self._add("|".join((self.by.tenant, family, ALL, *values)), amounts)

    def _add(self, key: str, amounts: Mapping[str, int]) -> None:
        bucket = self.counts.get(key)
        for measure, amount in amounts.items():
            if amount:
                if bucket is None:
                    bucket = self.counts[key] = {}
                bucket[measure] = bucket.get(measure, 0) + amount


def _count_request(page: _Page, fact: RequestFact, received_at: datetime) -> None:
    page.day("requests", received_at, "", received=1, **_said(fact, page.by, received_at))
    if fact.closed_at is not None:
        _count_closed(page, fact, received_at, fact.closed_at)
    elif not fact.imported:
        _, _, status, holder = fact.turns[-1] if fact.turns else (0, None, "", "")
        by = page.by
        page.standing("open", by.closed("status", status), by.closed("holder", holder), open=1)


def _said(fact: RequestFact, by: Counting, received_at: datetime) -> dict[str, int]:
    """How the client asked: with what notice, by word of mouth, confirmed or not."""
    if fact.imported:
        return {}
    amounts = {"undated": 1}
    if fact.effective_on:
        day = received_at.astimezone(by.zone).date()
        needed = by.calendar.add_business_days(day, by.notice_days)
        amounts = {"dated": 1, "short_notice": int(date.fromisoformat(fact.effective_on) < needed)}
    if fact.verbal:
        told = {None: "unconfirmed", True: "confirmed", False: "lapsed"}[fact.confirmed]
        amounts |= {"verbal": 1, told: 1}
    return amounts


def _count_closed(
    page: _Page, fact: RequestFact, received_at: datetime, closed_at: datetime
) -> None:
    amounts = {"closed": 1, "unsided" if fact.imported else "sided": 1}
    if fact.on_time is None:
        amounts["unjudged"] = 1
    else:
        amounts |= {"judged": 1, "on_time": int(fact.on_time)}
    if not fact.imported:
        client, provider = _sides(fact, page.by, received_at, closed_at)
        amounts |= {"client_seconds": client, "provider_seconds": provider}
        amounts["round_trips"] = fact.round_trips
    page.day("requests", closed_at, "", **amounts)
    page.carried(received_at, closed_at)


def _sides(fact: RequestFact, by: Counting, since: datetime, until: datetime) -> tuple[int, int]:
    """Business seconds on the client's side and on the provider's, from one instant to another."""
    client = provider = 0
    for start, end, holder in _spells(fact, since, until):
        if end <= start:
            continue
        seconds = by.calendar.elapsed_business_time(start, end)
        if holder in by.client_holders:
            client += seconds
        else:
            provider += seconds
    return client, provider


def _spells(
    fact: RequestFact, since: datetime, until: datetime
) -> Iterator[tuple[datetime, datetime, str]]:
    """Who held it from when to when, without gap or overlap."""
    start, holder = since, ""
    for _, at, _, following in fact.turns:
        end = max(min(max(at, start), until), start)
        yield start, end, holder
        start, holder = end, following
    yield start, max(until, start), holder


def _count_deadlines(page: _Page, fact: RequestFact) -> None:
    for stage, due_at, state, spell, policy in _deadlines(fact):
        known = page.by.closed("stage", stage)
        if policy:
            page.day("policies", due_at, page.by.closed("policy", policy), promised=1)
        page.standing("stages", known, **{state: 1})
        amounts = {state: 1}
        if spell is not None:
            client, provider = _sides(fact, page.by, *spell)
            amounts |= {"sided": 1, "client_seconds": client, "provider_seconds": provider}
        page.day("deadlines", due_at, known, **amounts)
        if state == RUNNING:
            # nobody's yet; most promises that an event brings are
            continue
        person = "" if spell is None else _done_by(fact, spell[1])
        of_person = f"{page.by.closed(PERSON, person)}|{known}"
        page.day("deadline_people", due_at, of_person, **amounts)


def _done_by(fact: RequestFact, at: datetime) -> str:
    """Who did what happened at an instant; a person rather than a program that followed."""
    found = [actor for known, actor in fact.hands if known == at]
    return min(found, key=lambda actor: (not actor.startswith(f"{PERSON}:"), actor), default="")


Spell = tuple[datetime, datetime]


def _deadlines(fact: RequestFact) -> Iterator[tuple[str, datetime, str, Spell | None, str]]:
    """Each promise that was to be kept: stage, due instant, how it stands, its span, its policy.

    One that ended counts by when the work was done, however late the news came. One that another
    promise replaced before its end, or whose request was given up, counts only if it was breached.
    What took its place took over its time as well: while the client has a query the term stands
    still, and his answer brings another date.
    """
    since: dict[str, datetime] = {}
    breaches = {(stage, due_at) for stage, due_at in fact.breaches}
    for place, (sequence, stage, due_at, *told) in enumerate(fact.promises):
        policy = told[0] if told else ""
        later = [p[0] for p in fact.promises[place + 1 :] if p[1] == stage]
        ended_at = _ended_at(fact, stage, sequence, later[0] if later else None)
        if not fact.imported:
            since.setdefault(stage, _promised_at(fact, sequence))
        if ended_at is not None:
            spell = None if fact.imported else (since.pop(stage), ended_at)
            yield stage, due_at, "met" if ended_at <= due_at else "breached", spell, policy
        elif (stage, due_at) in breaches:
            yield stage, due_at, "breached", None, policy
        elif not later and fact.closed_at is None and not fact.imported:
            yield stage, due_at, RUNNING, None, policy


def _promised_at(fact: RequestFact, sequence: int) -> datetime:
    """When the event that promised happened; each that promises is a turn."""
    at: datetime = next(at for known, at, _, _ in fact.turns if known == sequence)
    return at


def _ended_at(
    fact: RequestFact, stage: str, promised: int, replaced: int | None
) -> datetime | None:
    """When the work of a stage was done, from the promise on until it was promised anew."""
    for sequence, at, status, _ in fact.turns:
        if sequence >= promised and _ends(stage, status):
            return at if replaced is None or sequence < replaced else None
    if replaced is None and fact.outcome not in GIVEN_UP:
        return fact.closed_at
    return None


def _ends(stage: str, status: str) -> bool:
    """An evaluation ends with any word to the client (A36), every other stage with deployment."""
    return status == DEPLOYED or (stage == EVALUATION and status not in AT_WORK)


def _count_plan(page: _Page, fact: RequestFact, opened_at: datetime) -> None:
    amounts = {"signed": fact.signed, "exempt": fact.exempt, "eligible": fact.eligible}
    if fact.plan_cancelled_at is not None:
        page.day("training", fact.plan_cancelled_at, cancelled=1)
        return
    page.day("training", opened_at, "", opened=1, **amounts)
    if fact.plan_promise and fact.plan_promise[2]:
        _, due_at, policy = fact.plan_promise
        page.day("training_policies", due_at, page.by.closed("policy", policy), promised=1)
    page.standing("plans", **amounts)
    if fact.plan_completed_at is None:
        running = {f"running_{name}": amount for name, amount in amounts.items()}
        page.standing("plans", running=1, **running)
        return
    client, provider = _plan_sides(fact, page.by, opened_at, fact.plan_completed_at)
    page.day(
        "training",
        fact.plan_completed_at,
        completed=1,
        completed_on_time=int(fact.plan_on_time),
        sided=1,
        client_seconds=client,
        provider_seconds=provider,
    )


def _plan_sides(
    fact: RequestFact, by: Counting, opened_at: datetime, done_at: datetime
) -> tuple[int, int]:
    """Business seconds while the client had a query, and all others until everybody had signed."""
    sides = {True: 0, False: 0}
    reached, with_client = opened_at, False
    for _, at, following in (*fact.plan_turns, (0, done_at, False)):
        until = max(reached, min(at, done_at))
        sides[with_client] += by.calendar.elapsed_business_time(reached, until)
        reached, with_client = until, following
    return sides[True], sides[False]
