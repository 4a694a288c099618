"""The demonstration day of `./enlace up`: one account at work, with requests in every state.

Everything goes through the public API, as the people of the account would do it, signed with the
local key. Loading it again finds what is there and adds nothing; a request that somebody has taken
further in the meantime is left as it is.
"""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from cli.demo.api import Api, Refused, Somebody
from cli.demo.day import ADMINISTRATOR, PEOPLE, SCENES, TENANT, NewPerson
from cli.demo.road import Road, Team

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cli.demo.road import Walked

AT_ONCE: Final = 8


def _silent(_: str) -> None:
    """Tell nobody."""


def load(base_url: str, say: Callable[[str], None] = _silent) -> None:
    """Load the day into the Enlace at `base_url`; `say` gets a line per step.

    Raises:
        UserError: the API did not answer, or refused what should be possible.
    """
    api = Api(base_url, TENANT)
    try:
        _load(api, base_url, say)
    except Refused as refusal:
        if refusal.reason != "idempotency_key_reused":
            raise
        say("left as it is: the day of another version was loaded here")


def _load(api: Api, base_url: str, say: Callable[[str], None]) -> None:
    team = join(api, PEOPLE)
    say(f"{len(PEOPLE)} people work for {TENANT}")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        walked = list(pool.map(lambda scene: Road(api, team, scene).walk(), SCENES))
    for line in _told(base_url, walked):
        say(line)


def join(api: Api, people: Sequence[NewPerson]) -> Team:
    """The people of the account, who join if they are not there."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return Team.of(pool.map(lambda one: _join(api, one), people))


def _join(api: Api, one: NewPerson) -> Somebody:
    admin = Somebody(ADMINISTRATOR, ("tenant_admin",))
    joined = api.done(admin, "POST", "/people", one.body(), key=f"demo-{one.key}")
    return Somebody(joined["id"], one.roles)


def _told(base_url: str, walked: Sequence[Walked]) -> list[str]:
    stands = Counter(one.status for one in walked)
    today = datetime.now(UTC).date()
    figures = f"{base_url}/api/v1/indicators/requests?from={today.replace(day=1)}&to={today}"
    longest = max(walked, key=lambda one: one.version)
    return [
        f"{len(walked)} requests: {', '.join(f'{n} {status}' for status, n in stands.items())}",
        f"a long life: {base_url}/api/v1/requests/{longest.id}/history ({longest.code})",
        f"the figures: {figures}",
        f"both with a token: ./enlace token --tenant {TENANT}",
    ]
