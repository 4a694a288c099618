"""Public holidays of a country and region, with a tenant's own additions and removals."""

from collections.abc import Collection, Mapping
from datetime import date

from .errors import BeyondHorizon, UnknownCountry
from .spec import FIRST_YEAR, LAST_YEAR


def public_holidays(
    country: str,
    region: str | None = None,
    *,
    add: Mapping[date, str] | None = None,
    remove: Collection[date] = (),
    first_year: int = FIRST_YEAR,
    last_year: int = LAST_YEAR,
    language: str = "es",
) -> tuple[tuple[date, str], ...]:
    """Dates and official names, sorted, ready for `CalendarSpec.holidays`.

    A name comes in `language` where the package has it, else in the country's own. An addition wins
    over a holiday of the same date, a removal over both.
    """
    if not FIRST_YEAR <= first_year <= last_year <= LAST_YEAR:
        raise BeyondHorizon("years", first=FIRST_YEAR, last=LAST_YEAR)
    found = _of_country(country, region, range(first_year, last_year + 1), language)
    days = found | dict(add or {})
    return tuple(sorted((day, name) for day, name in days.items() if day not in set(remove)))


def _of_country(country: str, region: str | None, years: range, language: str) -> dict[date, str]:
    import holidays  # noqa: PLC0415  400 ms that only a calendar with a country should pay

    if country not in holidays.list_supported_countries():
        raise UnknownCountry("country", value=country)
    if region is not None and region not in holidays.country_holidays(country).subdivisions:
        raise UnknownCountry("region", value=f"{country}-{region}")
    known = holidays.country_holidays(country).supported_languages
    chosen = language if language in known else None
    found = holidays.country_holidays(country, subdiv=region, years=years, language=chosen)
    return dict(found.items())
