"""A small service behind the real edge, for tests of the edge."""

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import httpx
import uvicorn
from fastapi import Depends, UploadFile
from fastapi.routing import APIRoute
from pydantic import AwareDatetime, BaseModel, Field
from starlette.responses import PlainTextResponse

from shared.decider import Invalid, NotAllowed, Rejected, Stale, Transient, Unknown
from shared.http import (
    Call,
    EnlaceApp,
    Health,
    Input,
    Page,
    PageQuery,
    Refused,
    Reply,
    Routes,
    allowed,
    create_app,
    page_of,
)
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

Text = Annotated[str, Field(min_length=1, max_length=200)]
PERMISSIONS = Permissions(
    {
        "keep_note": [Role.LIAISON],
        "read_note": [Role.LIAISON, Role.AUDITOR],
        "change_note": [Role.LIAISON],
    }
)
UPLOAD_LIMIT = 4096


class Color(StrEnum):
    RED = "red"
    BLUE = "blue"


class NewNote(Input):
    title: Text
    text: Annotated[str, Field(max_length=2000)] = ""
    weight: Annotated[int, Field(ge=0, le=1000)] = 0
    share: Annotated[float, Field(ge=0, le=1)] = 0.0
    color: Color | None = None
    on: date | None = None
    at: AwareDatetime | None = None
    tags: Annotated[list[Text], Field(max_length=3, default_factory=list)]


class Note(BaseModel):
    id: str
    title: str
    version: int


class NoteQuery(PageQuery):
    color: Annotated[list[Color], Field(default_factory=list)]
    since: datetime | None = None


class Echo(BaseModel):
    tenant: str
    subject: str
    idempotency_key: str | None
    expected_version: int | None
    correlation_id: str
    traceparent: str
    fingerprint: str
    language: str


@dataclass
class Notes:
    """What the handlers saw, and how they are to fail."""

    failures: dict[str, Exception] = field(default_factory=dict)
    released: asyncio.Event = field(default_factory=asyncio.Event)
    waiting: int = 0
    cancelled: int = 0
    patience: float = 0.2
    """How long the slow one may take."""

    def routes(self) -> Routes:
        api = Routes("notes", PERMISSIONS)
        self._commands(api)
        self._queries(api)
        self._others(api)
        return api

    def _commands(self, api: Routes) -> None:
        @api.post("/notes", may="keep_note", status=201, location="/notes/{id}")
        async def keep_note(call: Call, body: NewNote) -> Note:
            """Keep a note."""
            del call
            return Note(id="n-1", title=body.title, version=1)

        @api.put("/notes/{id}", may="change_note")
        async def change_note(call: Call, id: str, body: NewNote) -> Reply[Note]:  # noqa: A002
            if call.expected_version != 3:
                raise Stale("stale_version", current=3)
            return Reply(Note(id=id, title=body.title, version=4), headers={"x-extra": "yes"})

        @api.delete("/notes/{id}", may="change_note", status=204)
        async def drop_note(call: Call, id: str) -> None:  # noqa: A002
            del call, id

        @api.post("/notes/{id}/fail", may="change_note")
        async def fail(call: Call, id: str) -> Note:  # noqa: A002
            del call
            raise self.failures[id]

        @api.post("/echo", may="keep_note", if_match=False)
        async def echo(call: Call, body: NewNote) -> Echo:
            del body
            return _echo(call)

    def _queries(self, api: Routes) -> None:
        @api.get("/notes/{id}", may="read_note")
        async def read_note(call: Call, id: str) -> Note:  # noqa: A002
            del call
            return Note(id=id, title="t", version=3)

        @api.get("/notes", may="read_note")
        async def list_notes(call: Call, query: NoteQuery) -> Page[Note]:
            del call
            after = query.after(int)
            first = 0 if after is None else after[0] + 1
            rows = [
                Note(id=str(n), title="-".join(query.color), version=1)
                for n in range(first, min(first + query.limit + 1, 7))
            ]
            return page_of(rows, query, lambda note: (int(note.id),))

        @api.get("/numbers/{number}", may="read_note")
        async def read_number(
            call: Call, number: Annotated[int, Field(ge=1, le=99)]
        ) -> Mapping[str, int]:
            del call
            return {"number": number}

        @api.get("/reports/{kind}.{form}", may="read_note", media_types=["text/plain"])
        async def read_report(call: Call, kind: str, form: Color) -> PlainTextResponse:
            del call
            return PlainTextResponse(f"{kind} {form}")

        @api.get("/slow", may=None, timeout=self.patience)
        async def slow(call: Call) -> Note:
            del call
            self.waiting += 1
            try:
                await self.released.wait()
            except asyncio.CancelledError:
                self.cancelled += 1
                raise
            return Note(id="s", title="s", version=1)

    def _others(self, api: Routes) -> None:
        async def upload(
            file: UploadFile, actor: Annotated[Actor, Depends(allowed(api, "keep_note"))]
        ) -> dict[str, Any]:
            return {"size": len(await file.read()), "tenant": actor.tenant}

        api.add(APIRoute("/api/v1/notes/uploads", upload, methods=["POST"]), max_body=UPLOAD_LIMIT)


def _echo(call: Call) -> Echo:
    return Echo(
        tenant=call.tenant,
        subject=call.actor.subject,
        idempotency_key=call.idempotency_key,
        expected_version=call.if_match,
        correlation_id=call.correlation_id,
        traceparent=call.traceparent,
        fingerprint=call.fingerprint,
        language=call.language,
    )


FAILURES: dict[str, Exception] = {
    "rejected": Rejected("note.closed", reason="x"),
    "invalid": Invalid("note.too_old"),
    "forbidden": NotAllowed("note.not_yours"),
    "unknown": Unknown("note.unknown"),
    "stale": Stale("stale_version"),
    "reused": Rejected("idempotency_key_reused"),
    "transient": Transient("primary stepped down at mongodb://u:secret@host"),
    "refused": Refused("invalid_cursor"),
    "late": TimeoutError(),
    "bug": ZeroDivisionError("secret detail"),
}


@dataclass
class Desk:
    """The application with its keys and a way to sign tokens."""

    app: EnlaceApp
    notes: Notes
    issuer: Issuer
    registry: Board

    def bearer(self, *roles: Role, subject: str = "ana", tenant: str = "acme") -> dict[str, str]:
        actor = Actor(subject, tenant, frozenset(roles or (Role.LIAISON,)))
        return {"authorization": f"Bearer {self.issuer.issue(actor)}"}

    def client(self, **headers: str) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        base = {**self.bearer(), **headers}
        return httpx.AsyncClient(transport=transport, base_url="http://desk", headers=base)

    @asynccontextmanager
    async def served(self) -> AsyncIterator[int]:
        """Serve over real HTTP on a free loopback port, which is given."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            config = uvicorn.Config(
                self.app, log_config=None, access_log=False, timeout_graceful_shutdown=1
            )
            server = uvicorn.Server(config)
            serving = asyncio.create_task(server.serve(sockets=[listener]))
            while not server.started:  # noqa: ASYNC110 - uvicorn sets a plain attribute
                await asyncio.sleep(0.01)
            try:
                yield listener.getsockname()[1]
            finally:
                server.should_exit = True
                await serving


def make_desk(
    folder: Path, health: Health | None = None, *, patience: float = 0.2, **settings: Any
) -> Desk:
    """A desk whose keys are in `folder`; `settings` by field name."""
    files = ensure_keys(folder)
    notes = Notes(failures=dict(FAILURES), patience=patience)
    registry = Board()
    app = create_app(
        [notes.routes()],
        Settings(**settings),
        verifier=Verifier(load_jwks(files.public)),
        health=health or Health(registry),
    )
    issuer = Issuer(load_signing_key(files.private))
    return Desk(app, notes, issuer, health.registry if health else registry)
