"""`/api/v1/openapi.json` and `asyncapi.json`, made when first asked for: nobody else pays for them.

Describing all operations takes seconds of a processor; a thread lets the others be answered.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import orjson
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

Make = Callable[[], Mapping[str, Any]]


class Document:
    """Answers with what `make` gives, which is called once, in a thread."""

    def __init__(self, make: Make) -> None:
        self._make = make
        self._body: bytes | None = None
        self._making = asyncio.Lock()

    async def __call__(self, request: Request) -> Response:  # noqa: ARG002 - an endpoint
        async with self._making:
            if self._body is None:
                self._body = await asyncio.to_thread(lambda: orjson.dumps(self._make()))
        return Response(self._body, media_type="application/json")


def serve_document(app: FastAPI, path: str, make: Make) -> None:
    """Show at `path` what `make` gives."""
    answer = Document(make)

    async def document(request: Request) -> Response:
        return await answer(request)

    app.add_api_route(path, document, include_in_schema=False, response_model=None)
