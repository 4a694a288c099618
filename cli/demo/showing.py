"""The demonstration month of `./enlace up --demo month`: made once, played on, at its pace."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from cli.demo import join
from cli.demo.api import Api
from cli.demo.day import PEOPLE, TENANT
from cli.demo.month import Month, plan
from cli.demo.play import Play
from cli.errors import USAGE, UserError
from shared.pace import Pace
from shared.policy import load_tenants

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

LEAD: Final = timedelta(seconds=25)
"""From its making on to its first instant: what a prepared machine needs to start."""


def month_of(text: str, tenants: Path) -> Month:
    """The month `2026-07` of the account, by the calendar of its policy.

    Raises:
        UserError: it is no month.
    """
    try:
        first = date.fromisoformat(f"{text}-01")
    except ValueError as error:
        raise UserError(f"{text!r} is no month: write it as 2026-07", USAGE) from error
    return Month(first, load_tenants(tenants)[TENANT].calendar("office"))


def make(text: str, seed: int, requests: int, pace: float, tenants: Path) -> dict[str, Any]:
    """What is written down of a month, before it begins."""
    month = month_of(text, tenants)
    clock = Pace(month.begins, datetime.now(UTC) + LEAD, pace, month.ends)
    return {
        "month": text,
        "seed": seed,
        "requests": requests,
        "clock": str(clock),
        "played": 0,
    }


def show(
    base_url: str,
    made: Mapping[str, Any],
    tenants: Path,
    say: Callable[[str], None],
    note: Callable[[int], None],
) -> None:
    """Play on what is left of a month, by its own clock.

    Raises:
        UserError: the API did not answer, or refused what should be possible.
    """
    pace = Pace.parse(made["clock"])
    stories = plan(month_of(made["month"], tenants), made["seed"], made["requests"])

    def until(at: datetime) -> None:
        time.sleep(max(0.0, (pace.real(at) - datetime.now(UTC)).total_seconds()))

    api = Api(base_url, TENANT)
    play = Play(api, join(api, PEOPLE), str(made["seed"]), until)
    play.run(stories, say, made["played"], note)
    say(f"all of {made['month']} is played: {base_url}/api/v1/requests, as it stands at its end")
