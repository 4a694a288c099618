"""What a request costs at the edge, against the same POST in a plain FastAPI application.

    python -m benchmarks.edge

Both get the same body, validated by the same model, and give the same answer. Ours does
everything beside: token, permission, rate, limits, deadline, correlation, problem details,
security headers, idempotency key, ETag, Location, measures. The server is left out: it costs both
the same. CPU time per request, best of the rounds, which alternate.
"""

import asyncio
import json
import logging
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated, Any, Final

import structlog
from fastapi import FastAPI
from pydantic import BaseModel, Field
from starlette.types import ASGIApp, Message, Scope

from shared.http import Call, Health, Input, Routes, create_app
from shared.security import (
    Actor,
    Issuer,
    Permissions,
    Role,
    Verifier,
    ensure_keys,
    load_jwks,
    load_signing_key,
)
from shared.settings import Settings
from shared.telemetry.board import Board

PATH: Final = "/api/v1/requests"
REQUESTS: Final = 2000
ROUNDS: Final = 5
BODY: Final = json.dumps(
    {"type": "information", "topic": "t", "subject": "s", "description": "d" * 200, "area": "a"}
).encode()
Text = Annotated[str, Field(max_length=500)]


class NewRequest(Input):
    type: Text
    topic: Text
    subject: Text
    description: Text
    area: Text | None = None


class View(BaseModel):
    id: str
    code: str
    status: str
    holder: str
    version: int


def view() -> View:
    return View(id="r-1", code="REQ-1", status="received", holder="supervisor", version=1)


def plain_app() -> FastAPI:
    app = FastAPI()

    @app.post(PATH, status_code=201)
    async def receive(body: NewRequest) -> View:
        del body
        return view()

    return app


def our_app(folder: Path) -> tuple[ASGIApp, str]:
    files = ensure_keys(folder)
    api = Routes("intake", Permissions({"receive_request": [Role.LIAISON]}))

    @api.post("/requests", may="receive_request", status=201, location="/requests/{id}")
    async def receive_request(call: Call, body: NewRequest) -> View:
        del call, body
        return view()

    app = create_app(
        [api],
        Settings(http_rate=1e6, http_burst=1_000_000),
        verifier=Verifier(load_jwks(files.public)),
        health=Health(Board()),
    )
    actor = Actor("ana", "acme", frozenset({Role.LIAISON}))
    return app, Issuer(load_signing_key(files.private)).issue(actor)


def scope(token: str) -> Scope:
    headers = {
        "host": "127.0.0.1:8080",
        "accept": "*/*",
        "accept-encoding": "gzip",
        "connection": "keep-alive",
        "user-agent": "benchmark",
        "content-length": str(len(BODY)),
        "content-type": "application/json",
        "authorization": f"Bearer {token}",
        "idempotency-key": "0b0c8f6e-57e8-4cf0-9c1e-7c3b8a8f0000",
    }
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": PATH,
        "raw_path": PATH.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8080),
        "state": {},
    }


async def microseconds(app: ASGIApp, given: Scope) -> float:
    """CPU time per request, in microseconds."""

    async def receive() -> Message:
        return {"type": "http.request", "body": BODY, "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            assert message["status"] == 201

    started = time.process_time()
    for _ in range(REQUESTS):
        await app(dict(given), receive, send)
    return (time.process_time() - started) / REQUESTS * 1e6


async def measure() -> dict[str, Any]:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.INFO))
    with tempfile.TemporaryDirectory() as folder:
        ours, token = our_app(Path(folder))
    apps: dict[str, ASGIApp] = {"ours": ours, "theirs": plain_app()}
    rounds: dict[str, list[float]] = {name: [] for name in apps}
    for _ in range(ROUNDS):
        for name, app in apps.items():
            rounds[name].append(await microseconds(app, scope(token)))
    best = {name: round(min(values), 1) for name, values in rounds.items()}
    return {"measure": "a POST at the edge", "unit": "µs", **best}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(measure()), ensure_ascii=False) + "\n")
