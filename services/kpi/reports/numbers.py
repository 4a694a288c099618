"""Numbers as people read them. Pure."""

from typing import Final

from babel.numbers import format_decimal, format_percent

from services.kpi.definitions import Unit

MINUTE: Final = 60


def number(value: float | None, unit: Unit | None, language: str) -> str:
    """A number for people: two decimals at most, a share in percent, seconds as a duration."""
    if value is None:
        return "-"
    if unit is Unit.SECONDS:
        return _duration(value)
    if unit is Unit.SHARE:
        return format_percent(value, format="0.00%", locale=language)
    pattern = "0" if float(value).is_integer() else "0.00"
    return format_decimal(value, format=pattern, locale=language)


def _duration(seconds: float) -> str:
    """Under a minute in seconds, else to the minute; the signs are the same in every language."""
    sign, whole = "-" if seconds < 0 else "", round(abs(seconds))
    if whole < MINUTE:
        return f"{sign}{whole} s"
    hours, minutes = divmod(round(whole / MINUTE), MINUTE)
    return f"{sign}{hours} h {minutes:02} min" if hours else f"{sign}{minutes} min"
