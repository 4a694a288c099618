"""Calendars, instants and waits for the laws of business time."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import strategies as st

from shared.clock import Calendar, CalendarSpec, HolidayRule, Window

ZONES = (
    "UTC",
    "America/Lima",
    "America/La_Paz",
    "Europe/Berlin",
    "America/New_York",
    "America/Santiago",
    "America/Havana",
    "Africa/Casablanca",
    "Africa/Cairo",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Chatham",
    "Pacific/Apia",
)
DAY, HOUR = 1440, 60
QUIET_HOURS = (0, *range(5, 24))
FIRST, LAST = datetime(2023, 9, 1, tzinfo=UTC), datetime(2024, 12, 1, tzinfo=UTC)


@st.composite
def weeks(draw: st.DrawFn, grid: int = 15) -> tuple[tuple[Window, ...], ...]:
    """Windows on a grid of minutes, several a day, nights across midnight among them.

    On a grid of whole hours no window opens or closes while clocks change: there the wall shows an
    hour twice or never, and an oracle that reads the wall has another opinion. What happens then is
    laid down by examples in `tests/unit/clock/test_clock_changes.py`.
    """
    edge = st.integers(0, 7 * DAY // grid - 1)
    if grid == HOUR:
        edge = edge.filter(lambda hour: hour % 24 in QUIET_HOURS)
    edges = sorted(draw(st.sets(edge, min_size=2, max_size=16)))
    week: list[list[Window]] = [[] for _ in range(7)]
    for start, end in zip(edges[::2], edges[1::2], strict=False):
        opening, close = start * grid, min(end * grid, start * grid + DAY)
        day, minute = divmod(opening, DAY)
        week[day].append(Window(minute * 60, (minute + close - opening) * 60))
    return tuple(tuple(windows) for windows in week)


@st.composite
def calendars(draw: st.DrawFn, grid: int = 15) -> Calendar:
    """A calendar of any zone, with holidays and special days in its years.

    Its years leave room for the largest of `amounts` in a week that is open for a quarter of an
    hour: 37 years each way.
    """
    days = st.dates(date(2023, 9, 1), date(2024, 11, 30))
    special = draw(st.dictionaries(days, st.sampled_from(SPECIAL), max_size=3))
    return Calendar(
        CalendarSpec(
            tz=draw(st.sampled_from(ZONES)),
            weekly=draw(weeks(grid)),
            holidays=tuple((day, "") for day in sorted(draw(st.sets(days, max_size=25)))),
            holiday_rule=draw(st.sampled_from(HolidayRule)),
            special=tuple(sorted(special.items())),
            first_year=1980,
            last_year=2070,
        )
    )


instants = st.builds(
    lambda minutes, seconds: FIRST + timedelta(minutes=minutes, seconds=seconds),
    st.integers(0, int((LAST - FIRST).total_seconds()) // 60),
    st.sampled_from((0, 0, 0, 1, 59)),
)
amounts = st.one_of(
    st.sampled_from((0, 1, 60, 8 * 3600)), st.integers(0, 20 * 86_400), st.integers(0, 7200)
)
pauses = st.lists(
    st.tuples(instants, st.integers(0, 10 * 86_400)).map(
        lambda pair: (pair[0], pair[0] + timedelta(seconds=pair[1]))
    ),
    max_size=5,
)

SPECIAL = (
    (),
    (Window(8 * 3600, 12 * 3600),),
    (Window(9 * 3600, 10 * 3600), Window(15 * 3600, 86_400)),
)
