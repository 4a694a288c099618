"""Two instructions about one procedure, and notice by area, over HTTP."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.intake.service import SERVICE
from shared.security import Role
from tests.support.house import House, running, settings_of

pytestmark = pytest.mark.integration
ASKED = {"type": "information", "topic": "t", "subject": "s", "description": "d", "area": "DSR"}


@pytest.fixture
async def house(
    amqp_url: str, management_url: str, mongo_url: str, database_prefix: str, tmp_path: Path
) -> AsyncIterator[House]:
    settings = settings_of(amqp_url, management_url, mongo_url, database_prefix)
    async with running([SERVICE], settings, tmp_path) as house:
        yield house


async def test_what_touches_the_same_procedure_in_course_is_named(house: House) -> None:
    client, stranger = house.as_(Role.LIAISON), house.as_(Role.LIAISON, tenant="osce")
    first, ended, _ = [
        (await client.post("/requests", json={**ASKED, "touches": touches})).json()
        for touches in (["denuncias", "pagos"], ["denuncias"], ["otro"])
    ]
    reason = {"json": {"reason": "x"}, "headers": {"if-match": f'"{ended["version"]}"'}}
    await client.post(f"/requests/{ended['id']}/withdraw", **reason)
    key = {"idempotency-key": "k"}
    body = {**ASKED, "touches": ["denuncias", "x"]}
    view, again = [
        (await client.post("/requests", json=body, headers=key)).json() for _ in range(2)
    ]
    theirs = (await stranger.post("/requests", json=body)).json()
    history = (await client.get(f"/requests/{view['id']}/history")).json()["items"]

    assert first["overlaps"] == []
    assert ended["overlaps"][0]["id"] == first["id"]
    named = {"id": first["id"], "code": first["code"], "touches": ["denuncias"]}
    assert view["overlaps"] == [named]
    assert again == view
    assert theirs["overlaps"] == []
    assert [event["type"] for event in history][-1] == "intake.request.overlapped.v1"


async def test_notice_is_told_by_area(house: House) -> None:
    client = house.as_(Role.REPORT_READER, Role.LIAISON)
    day = house.clock().date().replace(year=2030).isoformat()
    for effective_on in (None, day):
        await client.post("/requests", json={**ASKED, "effective_on": effective_on})
    shown = (await client.get("/requests/notice")).json()

    assert shown["considered"] == 2
    (area,) = shown["areas"]
    assert (area["area"], area["requests"], area["suggested_days"]) == ("DSR", 1, None)
    assert area["given_days"] > 300
