"""Documents by HTTP: declared, sent in one piece or in parts, and read back."""

import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Annotated, Final
from urllib.parse import quote

from fastapi import Depends
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, StreamingResponse

from services.intake.cases import ATTACHMENT, REQUEST
from services.intake.domain.attachment import (
    Attachment,
    AttachmentStatus,
    Declare,
    Judge,
    Part,
    Reason,
    Refuse,
    StorePart,
    check_offset,
)
from services.intake.policy import MAX_ATTACHMENT, IntakePolicy
from shared.decider import Invalid, Rejected, Unknown
from shared.files import Files
from shared.http import Call, Input, Page, Routes, allowed
from shared.ids import new_id
from shared.security import Actor
from shared.service import Workshop, cause_of
from shared.sniffing import Passing
from shared.store import Cases, Cause, Outcome

CONTENT: Final = "/requests/{request_id}/attachments/{attachment_id}/content"
_RANGE: Final = re.compile(r"bytes (0|[1-9]\d{0,14})-(0|[1-9]\d{0,14})/([1-9]\d{0,14})")
_UNSAFE: Final = re.compile(r"[\x00-\x1f\x7f/\\\\]")
_LIMIT: Final = 1_000
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class NewAttachment(Input):
    """A document that will be sent: its size in bytes and SHA-256 are checked on arrival."""

    name: Name
    size: Annotated[int, Field(ge=1, le=2**40)]
    sha256: Sha256


class AttachmentView(BaseModel):
    """A document; `received` is the byte to go on from while it is being sent."""

    model_config = ConfigDict(frozen=True)

    id: str
    request_id: str
    name: str
    size: int
    sha256: str
    status: AttachmentStatus
    received: int
    media_type: str = Field(description="As its first bytes show, once it is complete")
    reason: str = Field(description="Why it is not kept: `sha256`, `type`, `quota`, `abandoned`")
    version: int


@dataclass(frozen=True)
class Attachments:
    """The operations on documents."""

    workshop: Workshop
    files: Files

    @property
    def cases(self) -> Cases[Attachment]:
        return self.workshop.of(ATTACHMENT)

    async def declare(self, call: Call, request_id: str, body: NewAttachment) -> AttachmentView:
        await self.workshop.of(REQUEST).get(request_id, call.tenant)
        cause = cause_of(call)
        name = _UNSAFE.sub("_", body.name)
        command = Declare(request_id, name, body.size, body.sha256)
        await self._check_room(call.tenant, request_id, cause.id, body.size)
        outcome = await self.cases.create(cause.id, command, cause)
        try:
            # again with this one in the sum, so that two at once do not share the last room
            await self._check_room(call.tenant, request_id, cause.id, body.size)
        except Rejected:
            await self.cases.handle(outcome.id, Refuse(Reason.QUOTA), _own(call.tenant))
            raise
        return _shown(outcome)

    async def _check_room(self, tenant: str, request_id: str, own: str, size: int) -> None:
        row = self._policy(tenant).attachments
        kept = {"tenant": tenant, "state.status": {"$ne": AttachmentStatus.REFUSED.value}}
        others = {**kept, "_id": {"$ne": own}}
        total = {"_id": None, "bytes": {"$sum": "$state.size"}}
        cursor = await self.cases.collection.aggregate([{"$match": others}, {"$group": total}])
        used = sum([group["bytes"] async for group in cursor])
        if used + size > row.quota_bytes:
            raise Rejected("attachment.quota", left=max(0, row.quota_bytes - used))
        here = {**others, "state.request_id": request_id}
        if await self.cases.collection.count_documents(here) >= row.per_request:
            raise Rejected("attachment.too_many", limit=row.per_request)

    async def get(self, tenant: str, request_id: str, attachment_id: str) -> Outcome[Attachment]:
        await self.workshop.of(REQUEST).get(request_id, tenant)
        outcome = await self.cases.get(attachment_id, tenant)
        if outcome.state.request_id != request_id:
            raise Unknown("attachment.unknown", id=attachment_id)
        return outcome

    async def read(self, call: Call, request_id: str, attachment_id: str) -> AttachmentView:
        return _shown(await self.get(call.tenant, request_id, attachment_id))

    async def list(self, call: Call, request_id: str) -> Page[AttachmentView]:
        await self.workshop.of(REQUEST).get(request_id, call.tenant)
        where = {"state.request_id": request_id}
        found = await self.cases.find(call.tenant, where, limit=_LIMIT)
        return Page(items=[_shown(outcome) for outcome in found])

    async def receive(
        self, actor: Actor, request_id: str, attachment_id: str, sent: "Sent"
    ) -> AttachmentView:
        """Keep a part; the last one is followed by the judgement of the whole."""
        outcome = await self.get(actor.tenant, request_id, attachment_id)
        attachment = outcome.state
        first, length = sent.range(attachment.size)
        check_offset(attachment, first)
        file_id, passing = new_id(), Passing()
        await self.files.put(file_id, actor.tenant, passing.through(sent.bytes(length)))
        try:
            if passing.size > length or not (passing.size == length or sent.cut_off):
                raise Invalid("attachment.range", size=attachment.size)
            part = Part(first, passing.size, file_id)
            cause = Cause(actor.tenant, str(actor))
            outcome = await self.cases.handle(attachment_id, StorePart(part), cause)
        except Rejected:
            await self.files.delete(file_id)
            raise
        if outcome.state.received < attachment.size:
            return _shown(outcome)
        return await self._judged(outcome, actor, passing)

    async def _judged(
        self, outcome: Outcome[Attachment], actor: Actor, last: Passing
    ) -> AttachmentView:
        attachment = outcome.state
        if len(attachment.parts) > 1:
            last = Passing()
            await last.whole(self.content(attachment))
        command = Judge(last.sha256, last.media_type)
        judged = await self.cases.handle(outcome.id, command, Cause(actor.tenant, str(actor)))
        if judged.state.reason == Reason.SHA256:
            facts = {"declared": attachment.sha256, "found": last.sha256}
            raise Invalid("attachment.sha256_mismatch", **facts)
        if judged.state.reason == Reason.TYPE:
            known = ", ".join(self._policy(actor.tenant).attachments.types)
            raise Invalid("attachment.type_not_taken", found=last.media_type, known=known)
        return _shown(judged)

    async def content(self, attachment: Attachment) -> AsyncIterator[bytes]:
        """All parts, one after another."""
        for part in attachment.parts:
            async for chunk in self.files.open(part.file_id):
                yield chunk

    def _policy(self, tenant: str) -> IntakePolicy:
        policy: IntakePolicy = self.workshop.policy(tenant)
        return policy


@dataclass
class Sent:
    """A body on its way in."""

    request: Request
    cut_off: bool = False

    def range(self, size: int) -> tuple[int, int]:
        """First byte and length, by Content-Range; without one the whole document comes."""
        header = self.request.headers.get("content-range")
        if header is None:
            return 0, size
        match = _RANGE.fullmatch(header)
        if match is None:
            raise Invalid("attachment.range", size=size)
        first, last, total = (int(number) for number in match.groups())
        if total != size or not first <= last < size:
            raise Invalid("attachment.range", size=size)
        return first, last - first + 1

    async def bytes(self, limit: int) -> AsyncIterator[bytes]:
        """What arrives, up to one chunk beyond `limit`; a sender who goes away ends it."""
        size = 0
        try:
            async for chunk in self.request.stream():
                size += len(chunk)
                if chunk:
                    yield chunk
                if size > limit:
                    return
        except ClientDisconnect:
            # what has arrived is kept: the sender goes on from there
            self.cut_off = True


def _own(tenant: str) -> Cause:
    return Cause(tenant, "system:intake")


def _shown(outcome: Outcome[Attachment]) -> AttachmentView:
    state = outcome.state
    return AttachmentView(
        id=outcome.id,
        request_id=state.request_id,
        name=state.name,
        size=state.size,
        sha256=state.sha256,
        status=state.status,
        received=state.received,
        media_type=state.media_type,
        reason=state.reason,
        version=outcome.version,
    )


def attachment_routes(api: Routes, attachments: Attachments) -> None:
    """The operations below `/api/v1/requests/{id}/attachments`."""

    @api.post(
        "/requests/{request_id}/attachments",
        may="attach",
        status=201,
        location="/requests/{request_id}/attachments/{id}",
        problems=("attachment.quota", "attachment.too_many"),
    )
    async def declare_attachment(
        call: Call, request_id: str, body: NewAttachment
    ) -> AttachmentView:
        """Announce a document; then PUT its content, whole or in parts with Content-Range."""
        return await attachments.declare(call, request_id, body)

    @api.get("/requests/{request_id}/attachments", may="read_request")
    async def list_attachments(call: Call, request_id: str) -> Page[AttachmentView]:
        """All documents of a request, those still on their way included."""
        return await attachments.list(call, request_id)

    @api.get("/requests/{request_id}/attachments/{attachment_id}", may="read_request")
    async def read_attachment(call: Call, request_id: str, attachment_id: str) -> AttachmentView:
        """A document, and the byte to go on from."""
        return await attachments.read(call, request_id, attachment_id)

    @api.get(CONTENT, may="read_request", media_types=["application/octet-stream"])
    async def download_attachment(
        call: Call, request_id: str, attachment_id: str
    ) -> StreamingResponse:
        """The content, to be saved and never shown in place."""
        outcome = await attachments.get(call.tenant, request_id, attachment_id)
        state = outcome.state
        if state.status is not AttachmentStatus.COMPLETE:
            raise Rejected("attachment.incomplete", received=state.received, size=state.size)
        return StreamingResponse(
            attachments.content(state),
            media_type=state.media_type,
            headers={
                "content-disposition": f"attachment; filename*=UTF-8''{quote(state.name)}",
                "content-length": str(state.size),
                "etag": f'"{state.sha256}"',
                "x-content-type-options": "nosniff",
            },
        )

    _upload(api, attachments)


def _upload(api: Routes, attachments: Attachments) -> None:
    admitted: Callable[[Request], object] = allowed(api, "attach")

    async def put_attachment_content(
        request_id: str,
        attachment_id: str,
        request: Request,
        actor: Annotated[Actor, Depends(admitted)],
    ) -> JSONResponse:
        """Send the content, whole or the part that Content-Range names; answers the document."""
        view = await attachments.receive(actor, request_id, attachment_id, Sent(request))
        return JSONResponse(view.model_dump(mode="json"), headers={"etag": f'"{view.version}"'})

    route = APIRoute(
        f"/api/v1{CONTENT}",
        put_attachment_content,
        methods=["PUT"],
        name="put_attachment_content",
        operation_id="intake_put_attachment_content",
        tags=["intake"],
    )
    api.add(route, max_body=MAX_ATTACHMENT)
