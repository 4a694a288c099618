"""Periods, cuts, and values of figures."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kpi.answers import share
from services.kpi.calendar_pieces import Every
from services.kpi.definitions import INDICATORS, Indicator, reports
from services.kpi.desk import _measures
from services.kpi.families import FAMILIES
from services.kpi.policy import Counting, Kind
from services.kpi.questions import CaseQuery, Dimension, IndicatorQuery, Part, filters
from services.kpi.reports.document import indicators_of
from services.kpi.views import Cut, Period
from shared.decider import Invalid
from shared.i18n import LANGUAGES, load
from shared.policy import load_tenants
from tests.unit.kpi.conftest import TENANTS

DAYS = st.dates(min_value=date(2019, 1, 1), max_value=date(2027, 12, 31))


@given(first=DAYS, length=st.integers(min_value=0, max_value=1500))
def test_parts_cover_each_day_once(first: date, length: int) -> None:
    last = first + timedelta(days=length)
    months, ranges = Period.of(first, last).parts()
    covered: list[date] = []
    for start, end in ranges:
        day = date.fromisoformat(start)
        while day <= date.fromisoformat(end):
            covered.append(day)
            day += timedelta(days=1)
    for month in months:
        day = date.fromisoformat(f"{month}-01")
        while day.isoformat().startswith(month):
            covered.append(day)
            day += timedelta(days=1)
    assert sorted(covered) == [first + timedelta(days=n) for n in range(length + 1)]
    assert len(ranges) <= 2


@pytest.mark.parametrize(
    ("first", "last", "code"),
    [
        (date(2026, 7, 2), date(2026, 7, 1), "period.ends_before_start"),
        (date(2016, 7, 2), date(2026, 7, 11), "period.too_long"),
        (date.min, date(1, 1, 31), "period.out_of_range"),
        (date(9999, 12, 1), date.max, "period.out_of_range"),
        (date(2026, 7, 1), date.max, "period.out_of_range"),
    ],
)
def test_impossible_periods_are_refused(first: date, last: date, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        Period.of(first, last)
    assert refused.value.code == code


@pytest.mark.parametrize("day", [date(1900, 1, 1), date(2199, 12, 31)])
@pytest.mark.parametrize("every", Every)
def test_the_first_and_the_last_day_have_pieces(day: date, every: Every) -> None:
    (piece,) = Period.of(day, day).pieces(every)
    assert (piece.first, piece.last) == (day, day)


def test_cut_takes_known_values_however_capitalised(osinergmin: Counting) -> None:
    cut = Cut.of(osinergmin, {"area": "DSR", "type": None, "channel": "other"})
    assert cut.values == {"area": "dsr", "channel": "other"}
    assert Cut.of(osinergmin, {"area": "Gas natural"}).values == {"area": "gas-natural"}
    with pytest.raises(Invalid):
        Cut.of(osinergmin, {"area": "nowhere"})


@pytest.mark.parametrize(
    ("dimension", "value", "known"),
    [
        ("person", "juan", "person:<id>, program:<id>, system:<id>, other"),
        ("policy", "july 2026", "<version>, other"),
        ("tier", "4", "1, 2, 3, other"),
    ],
)
def test_a_value_that_is_none_is_told_which_ones_are(
    osinergmin: Counting, dimension: str, value: str, known: str
) -> None:
    with pytest.raises(Invalid) as refused:
        Cut.of(osinergmin, {dimension: value})
    assert refused.value.fields["known"] == known


@pytest.mark.parametrize("dimension", Dimension)
def test_figures_and_their_cases_are_cut_alike(dimension: Dimension) -> None:
    asked = {"from": "2026-07-01", "to": "2026-07-31", dimension.value: "one"}
    for query in (
        IndicatorQuery.model_validate(asked),
        CaseQuery.model_validate({**asked, "indicator": "requests.received"}),
    ):
        assert filters(query) == {dimension.value: "one"}


def test_a_figure_is_told_by_the_family_that_knows_what_is_asked() -> None:
    def family(by: str | None, **values: str) -> str | None:
        told = Cut("osce", values).told(INDICATORS["incidents.stages_met"], by)
        return None if told is None else told.family

    assert family(None) == family("tier", channel="mail") == "incident_stages"
    assert (
        family("person", tier="2") == family(None, person="person:luz") == "incident_stage_people"
    )
    assert family("folder") is None


@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_beside_another_knows_all_that_it_knows(name: str) -> None:
    family = FAMILIES[name]
    if family.of:
        assert set(FAMILIES[family.of].dimensions) < set(family.dimensions)


def test_dividing_by_zero_is_no_figure() -> None:
    one = INDICATORS["requests.on_time"]
    assert share(one, {"on_time": 0, "judged": 0, "unjudged": 3}).value is None
    assert share(one, {"on_time": 0, "judged": 2, "unjudged": 0}).value == 0.0
    assert share(INDICATORS["requests.received"], {"received": 0}).value == 0


def test_missed_are_those_judged_and_not_counted() -> None:
    assert _measures(INDICATORS["requests.on_time"], Part.MISSED) == (["judged"], ["on_time"])
    assert _measures(INDICATORS["requests.stages_met"], Part.MISSED) == (["breached"], [])


@pytest.mark.parametrize("indicator", INDICATORS.values(), ids=lambda one: one.id)
def test_every_indicator_is_whole(indicator: Indicator) -> None:
    words = load()
    for language in LANGUAGES:
        assert words.find(language, f"indicator.{indicator.id}.name")
        assert words.find(language, f"indicator.{indicator.id}.formula")
    assert indicator.family in FAMILIES
    assert not indicator.split or indicator.split in FAMILIES[indicator.family].kept
    assert indicator.source


def test_a_report_leaves_out_what_the_account_does_not_offer() -> None:
    tenants = load_tenants(TENANTS)
    told = {
        name: {one.report for one in indicators_of(Kind.CLIENT, tenants[name])}
        for name in ("osce", "comteco")
    }
    assert told["osce"] == set(reports())
    assert told["osce"] - told["comteco"] >= {"surveys", "claims", "dossiers"}
    assert told["comteco"] >= {"requests", "training"}


@pytest.mark.parametrize("kind", Kind)
def test_no_report_tells_of_persons(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even one of a report's own subject, split by person or not."""
    for name, split in (("taken", ""), ("solved", "person")):
        own = Indicator(f"suggestions.{name}", "incident_people", (name,), "B:L1307", split=split)
        monkeypatch.setitem(INDICATORS, own.id, own)
    tenant = load_tenants(TENANTS)["osce"]
    told = indicators_of(kind, tenant)
    assert told
    assert not [one.id for one in told if one.family.endswith("_people")]
