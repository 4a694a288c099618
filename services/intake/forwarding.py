"""What came to one desk and belongs to another: a case is opened there from it (B:L1408)."""

from collections.abc import Iterable
from typing import Any

from services.intake.consultations.cases import CONSULTATION
from services.intake.documents import Came, Documents
from services.intake.dossiers.cases import DOSSIER
from services.intake.dossiers.domain import model as dossier
from services.intake.following import follows
from services.intake.policy import IntakePolicy
from services.intake.private import USER, Private
from services.intake.voices.cases import VOICES
from services.intake.voices.domain import model
from services.intake.voices.policy import VoicePolicy
from shared.bus.hears import Heard, Send
from shared.contracts import EventBody
from shared.contracts.consultations import ConsultationDiscarded, EnclosureRef, TextRef
from shared.contracts.voices import VoiceDismissed
from shared.files import GridFiles
from shared.ids import derived_id
from shared.service import Workshop
from shared.store import Cause, Kind
from shared.store.cases import MAX_HISTORY

Moved = ConsultationDiscarded | VoiceDismissed


def forwarded_id(cause: Cause) -> str:
    """The case that a step may open elsewhere."""
    return derived_id("forwarded", cause.id)


async def forwarded(
    heard: Heard[EventBody], moved: Moved, workshop: Workshop, kind: Kind[Any]
) -> Iterable[Send]:
    """The command that opens it, its words and documents and who said it kept beside it."""
    tenant, new = heard.tenant, moved.forwarded_case
    policy: IntakePolicy = workshop.policy(tenant)
    to = moved.forwarded_to
    if not new or not policy.public.opens(to):
        return []
    state = (await workshop.of(kind).get(heard.subject, tenant)).state
    await _keep_person(heard, new, workshop)
    text = await _words(heard, new, workshop, kind)
    enclosures = await _documents(heard, new, workshop, state.enclosures)
    which = policy.public.voice_at(to)
    if which is None:
        documents = policy.public.documents
        year = documents.year(heard.at)
        presented = dossier.Present(
            code=await workshop.codes.next(tenant, documents.section.series, year),
            service=getattr(moved, "service", ""),
            text=text,
            documents=enclosures,
            profile_id=state.profile_id,
            preferential=state.preferential,
            forwarded_from=heard.subject,
            channel=state.channel,
        )
        return [Send(DOSSIER.stream, new, presented, create=True)]
    rules = policy.public.voice(which)
    command = model.Receive(
        code=await workshop.codes.next(tenant, rules.section.series, rules.year(heard.at)),
        channel=_way(rules, state.channel),
        text=text,
        enclosures=enclosures,
        profile_id=state.profile_id,
        anonymous=state.anonymous,
        preferential=state.preferential,
        forwarded_from=heard.subject,
    )
    return [Send(VOICES[which].stream, new, command, create=True)]


def _way(rules: VoicePolicy, channel: str) -> str:
    """As it came, where the desk knows that; else by the desk's first way, its mailbox."""
    ways = rules.section.ways
    return channel if channel in ways else next(iter(ways))


@follows(ConsultationDiscarded)
async def on_consultation_discarded(
    heard: Heard[ConsultationDiscarded], workshop: Workshop
) -> Iterable[Send]:
    return await forwarded(heard, heard.body, workshop, CONSULTATION)


async def _keep_person(heard: Heard[EventBody], new: str, workshop: Workshop) -> None:
    private, tenant = Private(workshop.database), heard.tenant
    await private.keep_contact(tenant, new, await private.contact(tenant, heard.subject))
    if ground := await private.ground(tenant, heard.subject):
        await private.keep_ground(tenant, new, ground)


async def _words(heard: Heard[EventBody], new: str, workshop: Workshop, kind: Kind[Any]) -> TextRef:
    """All that the user said, as one text."""
    private, tenant = Private(workshop.database), heard.tenant
    history = await workshop.of(kind).history(heard.subject, tenant, 0, MAX_HISTORY)
    ids = {ref["id"] for entry in history if (ref := entry["data"].get("text"))}
    texts = await private.texts(tenant, heard.subject)
    said = [one for one in texts if one.role == USER and one.id in ids]
    words = "\n\n".join(one.words for one in said)
    subject = next((one.subject for one in said), "")
    return await private.keep(tenant, new, USER, words, heard.at, subject=subject)


async def _documents(
    heard: Heard[EventBody], new: str, workshop: Workshop, refs: tuple[EnclosureRef, ...]
) -> tuple[EnclosureRef, ...]:
    """Each again, so that neither case loses it when the other is erased."""
    private, files = Private(workshop.database), GridFiles(workshop.database)
    found: list[EnclosureRef] = []
    for ref in refs:
        if ref.kept:
            name, file_id = await private.document(heard.tenant, ref.id)
            content = b"".join([chunk async for chunk in files.open(file_id)])
            came = Came(name, content, ref.media_type)
            found += await Documents(private, files).keep(heard.tenant, new, ref.id, [came])
    return tuple(found)
