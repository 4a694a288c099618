"""The routes of an incident's files: put beside it, and read back."""

import asyncio
import base64
import binascii
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from starlette.responses import Response, StreamingResponse

from services.incidents.api import inputs
from services.incidents.api.desk import Desk
from services.incidents.cases import INCIDENT
from services.incidents.domain.commands import Attach
from services.incidents.policy import MAX_FILE, IncidentPolicy
from services.incidents.views import IncidentView
from shared.decider import Invalid, Rejected, Unknown
from shared.files import Files, GridFiles
from shared.http import Call, Routes
from shared.ids import new_id
from shared.service import Workshop
from shared.sniffing import HEAD, media_type_of


@dataclass(frozen=True)
class Evidence:
    """The operations on files."""

    workshop: Workshop
    desk: Desk
    files: Files

    async def add(self, call: Call, case_id: str, body: inputs.NewEvidence) -> IncidentView:
        """Keep a file beside an incident; bytes that it does not name are asked for by nobody."""
        policy: IncidentPolicy = self.workshop.policy(call.tenant)
        row = policy.evidence
        # whose it is, before anything is written beside it
        await self.workshop.of(INCIDENT).get(case_id, call.tenant)
        content = await asyncio.to_thread(_decoded, body.content, row.max_bytes)
        media_type = media_type_of(content[:HEAD])
        if media_type not in row.types:
            raise Invalid("incident.type_not_taken", found=media_type, known=", ".join(row.types))
        sha256 = await asyncio.to_thread(lambda: hashlib.sha256(content).hexdigest())
        file_id = new_id()
        await self.files.put(file_id, call.tenant, _once(content))
        try:
            view = await self.desk.give(
                call, case_id, Attach(file_id, len(content), media_type, sha256)
            )
        except Rejected:
            await self.files.delete(file_id)
            raise
        if all(one.id != file_id for one in view.evidence_files):
            # it is there already, by this very call or by another
            await self.files.delete(file_id)
        return view

    async def download(self, call: Call, case_id: str, file_id: str) -> Response:
        """A file, to be saved and never shown in place."""
        state = (await self.workshop.of(INCIDENT).get(case_id, call.tenant)).state
        found = next((one for one in state.evidence_files if one.id == file_id), None)
        if found is None:
            raise Unknown("incident.unknown_file", id=file_id)
        return StreamingResponse(
            self.files.open(file_id),
            media_type="application/octet-stream",
            headers={
                "content-disposition": f'attachment; filename="{file_id}"',
                "content-length": str(found.size),
                "x-content-type-options": "nosniff",
            },
        )


def _decoded(content: str, limit: int) -> bytes:
    try:
        decoded = base64.b64decode(content, validate=True)
    except binascii.Error:
        raise Invalid("incident.broken_encoding") from None
    if len(decoded) > limit:
        raise Invalid("incident.file_too_large", limit=limit)
    return decoded


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content


def evidence_routes(api: Routes, workshop: Workshop, desk: Desk) -> None:
    """The operations below `/api/v1/incidents/{id}/evidence`."""
    evidence = Evidence(workshop, desk, GridFiles(workshop.database))

    @api.post(
        "/incidents/{incident_id}/evidence",
        may="note_incident",
        if_match=True,
        max_body=MAX_FILE * 4 // 3 + 4_096,
        problems=(
            "incident.illegal_transition",
            "incident.not_your_tier",
            "incident.not_your_area",
            "incident.too_many_files",
        ),
    )
    async def add_incident_evidence(
        call: Call, incident_id: str, body: inputs.NewEvidence
    ) -> IncidentView:
        """Put a file beside it that shows what was found; an answer may name it."""
        return await evidence.add(call, incident_id, body)

    @api.get(
        "/incidents/{incident_id}/evidence/{file_id}",
        may="read_evidence",
        media_types=["application/octet-stream"],
    )
    async def download_incident_evidence(call: Call, incident_id: str, file_id: str) -> Response:
        """A file of the incident."""
        return await evidence.download(call, incident_id, file_id)
