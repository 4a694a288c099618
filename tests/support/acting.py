"""Acting on a case as a patient client does: with the version that it has by now."""

from typing import Any

import httpx

STALE = 412
TRIES = 5


async def attempt(
    who: httpx.AsyncClient, path: str, version: int, body: Any = None
) -> httpx.Response:
    """What an action is answered with; never that the version is an older one.

    For tests that move the clock: a deadline may fire between reading the case and acting on it.
    """
    for _ in range(TRIES):
        answer = await who.post(path, json=body, headers={"if-match": f'"{version}"'})
        if answer.status_code != STALE:
            break
        version = answer.json()["fields"]["actual"]
    return answer


async def act_on(
    who: httpx.AsyncClient, path: str, version: int, action: str, body: Any
) -> dict[str, Any]:
    """The case after the action."""
    answer = await attempt(who, f"{path}/{action}", version, body)
    assert answer.is_success, answer.text
    after: dict[str, Any] = answer.json()
    return after
