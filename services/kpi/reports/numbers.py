"""Numbers as people read them. Pure."""

from babel.numbers import format_decimal, format_percent

from services.kpi.definitions import Unit


def number(value: float | None, unit: Unit | None, language: str) -> str:
    """A number for people: two decimals at most, a share in percent."""
    if value is None:
        return "-"
    if unit is Unit.SHARE:
        return format_percent(value, format="0.00%", locale=language)
    pattern = "0" if float(value).is_integer() else "0.00"
    return format_decimal(value, format=pattern, locale=language)
