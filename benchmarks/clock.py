"""Business time against pandas and businesstimedelta, on the same questions, answers compared.

Run it with `python -m benchmarks.clock` or `enlace bench clock`.
"""

import json
import platform
import statistics
import time
import tracemalloc
import warnings
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from functools import partial
from os import cpu_count
from typing import Any

import businesstimedelta
import numpy as np
import pandas as pd
import pytz  # type: ignore[import-untyped]  # what businesstimedelta asks for
from numpy.typing import NDArray
from pandas.tseries.offsets import CustomBusinessHour

from shared.clock import Calendar, public_holidays
from shared.clock.many import add_business_time, elapsed_business_time
from shared.clock.spec import WEEKDAYS, CalendarSpec, parse_weekly

QUESTIONS = 10_000
MEMORY_LIMIT = 2 << 20
ZONE = "America/Lima"
DISTANCES = (("1 day", 1), ("1 month", 30), ("10 years", 3652))
_WEEKLY = {day: [["08:30", "16:30"]] for day in WEEKDAYS[:5]}
_SPLIT = {day: [["08:30", "12:30"], ["13:30", "17:30"]] for day in WEEKDAYS}

Result = dict[str, Any]
Column = NDArray[np.int64]
Pairs = list[tuple[datetime, datetime]]


def run(questions: int = QUESTIONS) -> dict[str, Any]:
    """Every measure once; `ratio` above 1 means that ours is better."""
    holidays = public_holidays("PE", first_year=2000, last_year=2040)
    calendar = Calendar(CalendarSpec(ZONE, parse_weekly(_WEEKLY), holidays))
    random = np.random.default_rng(20260724)
    starts = random.integers(_second(2024), _second(2026), questions)
    hours = random.integers(1, 40, questions)
    calendar.covering(_second(2023), _second(2039))
    return {
        "name": "clock",
        "machine": f"{platform.machine()}, {cpu_count()} cores, Python {platform.python_version()}",
        "results": [
            _against_pandas(calendar, starts, hours, [day for day, _ in holidays]),
            *_against_businesstimedelta(calendar, starts),
            *_distances(calendar, starts),
            *_vectorised(calendar, starts, hours),
            _memory(),
        ],
    }


def _against_pandas(
    calendar: Calendar, starts: Column, hours: Column, holidays: list[date]
) -> Result:
    zone = calendar.zone
    moments = [datetime.fromtimestamp(int(second), UTC) for second in starts]
    amounts = [int(hour) for hour in hours]
    local = [pd.Timestamp(at.astimezone(zone).replace(tzinfo=None)) for at in moments]
    offsets = {
        hour: CustomBusinessHour(n=hour, start="08:30", end="16:30", holidays=holidays)
        for hour in set(amounts)
    }
    theirs, found = _timed(
        lambda: [at + offsets[hour] for at, hour in zip(local, amounts, strict=True)], 1
    )
    seconds = [hour * 3600 for hour in amounts]
    ours, answers = _timed(
        lambda: [
            calendar.add_business_time(at, amount)
            for at, amount in zip(moments, seconds, strict=True)
        ]
    )
    # pandas moves an answer at a close on to the next opening
    rolled = [calendar.is_open(at).next_open.astimezone(zone) for at in answers]
    assert [at.replace(tzinfo=None) for at in rolled] == [at.to_pydatetime() for at in found]
    return _result("add, against pandas CustomBusinessHour", ours, theirs, len(amounts), 15)


def _against_businesstimedelta(calendar: Calendar, starts: Column) -> list[Result]:
    zone = pytz.timezone(ZONE)
    rule = businesstimedelta.WorkDayRule(
        start_time=time_of_day(8, 30), end_time=time_of_day(16, 30), working_days=range(5), tz=zone
    )
    names = dict(calendar.spec.holidays)
    rules = businesstimedelta.Rules([rule, businesstimedelta.HolidayRule(names, tz=zone)])
    results = []
    for (name, days), target in zip(DISTANCES[:2], (50, 500), strict=True):
        pairs = _pairs(starts, days)
        theirs, found = _timed(partial(_differences, rules, pairs), 1)
        ours, answers = _elapsed(calendar, pairs)
        assert answers == [delta.timedelta.total_seconds() for delta in found]
        measure = f"elapsed over {name}, against businesstimedelta"
        results.append(_result(measure, ours, theirs, len(pairs), target))
    return results


def _differences(rules: businesstimedelta.Rules, pairs: Pairs) -> list[Any]:
    return [rules.difference(start, end) for start, end in pairs]


def _distances(calendar: Calendar, starts: Column) -> list[Result]:
    """Ours at each distance against ours at a day: the cost must not grow."""
    costs = [_elapsed(calendar, _pairs(starts, days))[0] for _, days in DISTANCES]
    return [
        _result(f"elapsed over {name}, against our own 1 day", cost, costs[0], len(starts), 0.6)
        for (name, _), cost in zip(DISTANCES, costs, strict=True)
    ]


def _vectorised(calendar: Calendar, starts: Column, hours: Column) -> list[Result]:
    ends, seconds = starts + 30 * 86_400, hours * 3600
    pairs = _pairs(starts, 30)
    moments = [(at, int(amount)) for (at, _), amount in zip(pairs, seconds, strict=True)]
    scalar_add, added = _timed(lambda: [calendar.add_business_time(*pair) for pair in moments])
    scalar_elapsed, counted = _elapsed(calendar, pairs)
    ours_add, adds = _timed(lambda: add_business_time(calendar, starts, seconds), 20)
    ours_elapsed, elapsed = _timed(lambda: elapsed_business_time(calendar, starts, ends), 20)
    assert [int(at.timestamp()) for at in added] == adds.astype(np.int64).tolist()
    assert counted == elapsed.tolist()
    count = len(pairs)
    return [
        _result("add, vectorised against scalar", ours_add, scalar_add, count, 20),
        _result("elapsed, vectorised against scalar", ours_elapsed, scalar_elapsed, count, 20),
    ]


def _memory() -> Result:
    """All that a calendar of 30 years holds: two windows on each day of the week, holidays."""
    holidays = public_holidays("PE", first_year=2010, last_year=2040)
    tracemalloc.start()
    spec = CalendarSpec(ZONE, parse_weekly(_SPLIT), holidays, first_year=2010, last_year=2040)
    calendar = Calendar(spec)
    calendar.covering(_second(2010) + 86_400, _second(2040))
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return {
        "measure": "memory of a calendar over 30 years, against 2 MiB",
        "ours": held,
        "theirs": MEMORY_LIMIT,
        "unit": "B",
        "ratio": round(MEMORY_LIMIT / held, 2),
        "target": 1,
    }


def _elapsed(calendar: Calendar, pairs: Pairs) -> tuple[float, list[int]]:
    return _timed(lambda: [calendar.elapsed_business_time(a, b) for a, b in pairs])


def _pairs(starts: Column, days: int) -> Pairs:
    moments = [datetime.fromtimestamp(int(second), UTC) for second in starts]
    return [(at, at + timedelta(days=days)) for at in moments]


def _timed(work: Callable[[], Any], passes: int = 7) -> tuple[float, Any]:
    """Seconds of the median pass, and the answers."""
    taken = []
    for _ in range(passes):
        begun = time.perf_counter()
        answers = work()
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken), answers


def _result(measure: str, ours: float, theirs: float, count: int, target: float) -> Result:
    return {
        "measure": measure,
        "ours": round(ours / count * 1e6, 3),
        "theirs": round(theirs / count * 1e6, 3),
        "unit": "µs",
        "ratio": round(theirs / ours, 2),
        "target": target,
    }


def _second(year: int) -> int:
    return int(datetime(year, 1, 1, tzinfo=UTC).timestamp())


if __name__ == "__main__":
    warnings.simplefilter("ignore", DeprecationWarning)
    print(json.dumps(run(), indent=2, ensure_ascii=False))
