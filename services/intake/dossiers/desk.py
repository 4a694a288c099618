"""What the routes do with files: documents are judged and kept, words go where words lie."""

import asyncio
import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass

from services.intake.desks import Desk
from services.intake.documents import Came, Documents
from services.intake.dossiers.cases import DOSSIER
from services.intake.dossiers.domain import Dossier, model
from services.intake.dossiers.inputs import (
    Addition,
    DossierQuery,
    NewDocument,
    NewDossier,
    Receipt,
)
from services.intake.dossiers.policy import MAIL, DocumentsPolicy
from services.intake.dossiers.views import DossierView, ServicesView, dossier_view, services_view
from services.intake.policy import IntakePolicy
from services.intake.private import DRAFT, NOTE, USER
from shared.contracts.consultations import EnclosureRef
from shared.decider import Invalid, Rejected
from shared.files import GridFiles
from shared.http import Call, Page
from shared.service import Workshop, cause_of
from shared.sniffing import HEAD, media_type_of
from shared.store import Outcome
from shared.store.cases import to_milliseconds


@dataclass(frozen=True)
class Dossiers(Desk[Dossier, DossierView]):
    """The operations on files."""

    def policy(self, call: Call) -> DocumentsPolicy:
        policy: IntakePolicy = self.workshop.policy(call.tenant)
        return policy.public.documents

    async def present(self, call: Call, body: NewDossier) -> DossierView:
        policy = self.policy(call)
        policy.service(body.service)
        contact = body.contact.contact()
        if contact.is_empty:
            raise Invalid("dossier.nobody")
        cause, now = cause_of(call), self.workshop.now()
        documents = await self._keep(call, cause.id, cause.id, body.documents)
        met = await self.met(call, cause.id, contact, body.preferential)
        code = await self.workshop.codes.next(call.tenant, policy.section.series, policy.year(now))
        command = model.Present(
            code=code,
            service=body.service,
            text=await self.private.keep(call.tenant, cause.id, USER, body.text, now),
            documents=documents,
            profile_id=met.profile_id,
            preferential=met.preferential,
            for_entity=body.for_entity,
        )
        return await self.create(call, command, cause)

    async def add(self, call: Call, case_id: str, body: Addition) -> DossierView:
        await self.cases.get(case_id, call.tenant)
        documents = await self._keep(call, case_id, cause_of(call).id, body.documents)
        text = await self.keep_words(call, case_id, USER, body.text)
        return await self.give(call, case_id, model.Add(text, documents))

    async def resolve(self, call: Call, case_id: str, words: str) -> DossierView:
        text = await self.keep_words(call, case_id, DRAFT, words)
        return await self.give(call, case_id, model.Resolve(text))

    async def notify(self, call: Call, case_id: str, means: str) -> DossierView:
        """By mail only who has an address: a notice that never leaves is never proved."""
        await self.cases.get(case_id, call.tenant)
        if means == MAIL and not (await self.private.contact(call.tenant, case_id)).email:
            raise Rejected("dossier.no_address")
        return await self.give(call, case_id, model.Notify(means))

    async def acknowledge(self, call: Call, case_id: str, body: Receipt) -> DossierView:
        person = await self.keep_words(call, case_id, NOTE, body.person)
        at = to_milliseconds(body.received_at)
        command = model.Acknowledge(body.proof, body.file_number, at, person, body.number)
        return await self.give(call, case_id, command)

    async def queue(self, call: Call, query: DossierQuery) -> Page[DossierView]:
        return await self.find(call, query, service=query.service, area=query.area)

    async def services(self, call: Call) -> ServicesView:
        return services_view(self.policy(call), call.language)

    async def _keep(
        self, call: Call, case_id: str, occasion: str, documents: Sequence[NewDocument]
    ) -> tuple[EnclosureRef, ...]:
        """All of them judged before one is kept: a request that is refused keeps nothing."""
        taken = self.policy(call).section.documents
        if len(documents) > taken.at_once:
            raise Invalid("dossier.too_many_documents", limit=taken.at_once)
        judged = [await asyncio.to_thread(_judged, one, taken.max_bytes) for one in documents]
        for one in judged:
            if one.media_type not in taken.types:
                facts = {"name": one.name, "found": one.media_type}
                raise Invalid("dossier.type_not_taken", known=", ".join(taken.types), **facts)
        keeper = Documents(self.private, GridFiles(self.workshop.database))
        return await keeper.keep(call.tenant, case_id, occasion, judged)


def _judged(document: NewDocument, limit: int) -> Came:
    try:
        content = base64.b64decode(document.content, validate=True)
    except binascii.Error:
        raise Invalid("dossier.broken_encoding", name=document.name) from None
    if len(content) > limit:
        raise Invalid("dossier.too_large", name=document.name, limit=limit)
    return Came(document.name, content, media_type_of(content[:HEAD]))


def dossiers(workshop: Workshop) -> Dossiers:
    """The desk, put together."""

    def show(_call: Call, outcome: Outcome[Dossier]) -> DossierView:
        return dossier_view(outcome)

    return Dossiers(workshop, DOSSIER, show)
