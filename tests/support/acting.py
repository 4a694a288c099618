"""Acting on a case as a patient client does: with the version that it has by now."""

from typing import Any

import httpx

STALE = 412
TRIES = 5


async def act_on(
    who: httpx.AsyncClient, path: str, version: int, action: str, body: Any
) -> dict[str, Any]:
    """The case after the action.

    For tests that move the clock: a deadline may fire between reading the case and acting on it.
    """
    for _ in range(TRIES):
        headers = {"if-match": f'"{version}"'}
        answer = await who.post(f"{path}/{action}", json=body, headers=headers)
        if answer.status_code != STALE:
            break
        version = answer.json()["fields"]["actual"]
    assert answer.is_success, answer.text
    after: dict[str, Any] = answer.json()
    return after
