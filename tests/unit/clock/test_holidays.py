"""Public holidays: the published table, and a tenant's own changes."""

import csv
from datetime import date

import pytest

from shared.clock import ClockError, public_holidays
from tests.unit.clock.data import published


@pytest.mark.parametrize(("country", "region"), [("PE", None), ("BO", None)])
def test_the_table_of_2019_to_2027(country: str, region: str | None) -> None:
    with published("holidays_pe_bo_2019_2027.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["country"] == country]
    table = {
        date.fromisoformat(row["date"]): row["name_es"]
        for row in rows
        if row["in_holidays_0_109"] == "1"
    }
    found = public_holidays(country, region, first_year=2019, last_year=2027)
    assert dict(found) == table
    assert len(table) > 100


def test_what_one_source_alone_has_can_be_removed() -> None:
    dignity = [date(year, 10, 17) for year in range(2020, 2028)]
    found = dict(public_holidays("BO", first_year=2019, last_year=2027))
    without = dict(public_holidays("BO", first_year=2019, last_year=2027, remove=dignity))
    assert found.keys() - without.keys() == set(dignity)


def test_a_region_adds_its_own_day() -> None:
    nation = dict(public_holidays("BO", first_year=2026, last_year=2026))
    region = dict(public_holidays("BO", "C", first_year=2026, last_year=2026))
    assert region.keys() - nation.keys() == {date(2026, 9, 14)}


def test_a_decree_is_one_addition() -> None:
    decree = {date(2026, 7, 27): "Día no laborable"}
    found = dict(public_holidays("PE", add=decree, first_year=2026, last_year=2026))
    assert found[date(2026, 7, 27)] == "Día no laborable"


def test_a_name_comes_in_english_when_asked() -> None:
    found = public_holidays("PE", first_year=2026, last_year=2026, language="en_US")
    assert dict(found)[date(2026, 7, 28)] == "Independence Day"


@pytest.mark.parametrize(
    ("country", "region", "field"), [("XX", None, "country"), ("BO", "Q", "region")]
)
def test_unknown_places_are_refused(country: str, region: str | None, field: str) -> None:
    with pytest.raises(ClockError) as refused:
        public_holidays(country, region, first_year=2026, last_year=2026)
    assert (refused.value.code, refused.value.field) == ("unknown_country", field)


def test_years_out_of_range_are_refused() -> None:
    with pytest.raises(ClockError, match="years: beyond_horizon"):
        public_holidays("PE", first_year=1800, last_year=2026)
