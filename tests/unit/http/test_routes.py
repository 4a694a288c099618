"""Declaring an API wrongly fails at start, not at the first request."""

from collections.abc import Callable
from typing import Annotated, Any

import pytest
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field

from shared.http import Call, Input, Routes
from shared.security import Permissions, Role, UndeclaredOperation


class Open(BaseModel):
    title: str


class Nested(Input):
    inner: Open


class Endless(Input):
    count: int


class Fine(Input):
    count: Annotated[int | None, Field(le=5)] = None


@pytest.fixture
def api() -> Routes:
    return Routes("notes", Permissions({"keep": [Role.LIAISON]}))


async def no_call(body: Fine) -> None: ...
async def open_body(call: Call, body: Open) -> None: ...
async def nested_open(call: Call, body: Nested) -> None: ...
async def endless(call: Call, body: Endless) -> None: ...
async def not_a_model(call: Call, body: dict[str, int]) -> None: ...
async def stray(call: Call, body: Fine, other: int) -> None: ...
async def file_without_type(call: Call) -> FileResponse: ...  # type: ignore[empty-body]


@pytest.mark.parametrize(
    ("handler", "reason"),
    [
        (no_call, "first parameter"),
        (open_body, "forbids unknown fields"),
        (nested_open, "forbids unknown fields"),
        (endless, "upper bound"),
        (not_a_model, "pydantic model"),
        (stray, "parameters and path differ"),
        (file_without_type, "media_types"),
    ],
)
def test_a_handler_that_could_not_be_served_is_refused(
    api: Routes, handler: Callable[..., Any], reason: str
) -> None:
    with pytest.raises(TypeError, match=reason):
        api.post("/notes", may="keep")(handler)


def test_an_operation_without_permissions_is_refused(api: Routes) -> None:
    with pytest.raises(UndeclaredOperation, match="'drop' has no row"):
        api.post("/notes", may="drop")


def test_registering_leaves_the_handler_as_it_was(api: Routes) -> None:
    async def handler(call: Call, body: Fine) -> None: ...

    assert api.post("/notes", may="keep")(handler) is handler
    assert api.operations[0].handler is handler
    assert api.operations[0].described().operation_id == "notes_handler"
