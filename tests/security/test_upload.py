"""The one ordinary route, which takes a stream: roles, tokens and accounts as everywhere."""

import pytest

from shared.security import Role
from tests.security.town import MINE, Town
from tests.support.house import client_of

pytestmark = pytest.mark.integration


async def test_the_upload_is_for_those_who_may_attach(town: Town) -> None:
    (may,) = [door.roles for door in town.doors if door.name == "intake.declare_attachment"]
    paths = [
        f"/requests/{request}/attachments/{one}/content"
        for request in town.things["intake.request"]
        for one in town.things["intake.attachment"]
    ]
    before = await town.at_rest(MINE)
    for role in Role:
        client = town.house.as_(role, subject=f"upload-{role}")
        foreigner = town.house.as_(role, tenant="osce", subject=f"upload-{role}")
        for path in paths:
            own, theirs = [await one.put(path, content=b"x") for one in (client, foreigner)]
            if role in may:
                assert own.status_code in (404, 409), f"{role} may {path}: {own.text}"
                assert (theirs.status_code, theirs.json()["code"]) == (404, "request.unknown")
            else:
                assert {own.json()["code"], theirs.json()["code"]} == {"not_allowed"}, role
    async with client_of(f"{town.house.url}/api/v1") as nobody:
        answers = [await nobody.put(path, content=b"x") for path in paths]
    assert {answer.json()["code"] for answer in answers} == {"token_missing"}
    assert await town.contents(MINE) == before
