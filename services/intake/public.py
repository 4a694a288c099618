"""The public's ways in, put together: what intake adds for them to its own parts."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from pydantic import BaseModel

from services.intake.care import SECTION as CARE
from services.intake.care import CareSection
from services.intake.consultations.api import ROWS as CONSULTATION_ROWS
from services.intake.consultations.api import consultation_routes
from services.intake.consultations.cases import CONSULTATION
from services.intake.consultations.hearing import (
    on_extension_told,
    on_incident_ended,
    on_incident_forwarded,
    on_incident_registered,
)
from services.intake.consultations.mailing import ConsultationMail
from services.intake.consultations.policy import SECTION as CONSULTATIONS
from services.intake.consultations.policy import ConsultationSection
from services.intake.dossiers.api import ROWS as DOSSIER_ROWS
from services.intake.dossiers.api import dossier_routes
from services.intake.dossiers.cases import DOSSIER
from services.intake.dossiers.mailing import DossierMail
from services.intake.dossiers.policy import SECTION as DOCUMENTS
from services.intake.dossiers.policy import DocumentsSection
from services.intake.erasing import Erasing
from services.intake.ladders import announcer
from services.intake.letterbox.api import ROWS as MAIL_ROWS
from services.intake.letterbox.api import mail_routes
from services.intake.letterbox.desks import Desks
from services.intake.letterbox.door import Door, stand
from services.intake.letterbox.mails import Mails
from services.intake.letterbox.metrics import MailMetrics
from services.intake.letterbox.policy import SECTION as LETTERBOX
from services.intake.letterbox.policy import DeskName, LetterboxSection, places
from services.intake.letterbox.sorting import Sorting
from services.intake.policy import IntakePolicy
from services.intake.private import Private
from services.intake.profiles.api import ROWS as PROFILE_ROWS
from services.intake.profiles.api import profile_routes
from services.intake.profiles.cases import PROFILE
from services.intake.profiles.hearing import on_incident_reopened
from services.intake.profiles.joining import on_profile_joined
from services.intake.profiles.joins import Joins
from services.intake.profiles.meeting import Meeting
from services.intake.profiles.reported import Reported
from services.intake.surveys.api import ROWS as SURVEY_ROWS
from services.intake.surveys.api import survey_routes
from services.intake.surveys.cases import SURVEY
from services.intake.voices.api import ROWS as VOICE_ROWS
from services.intake.voices.api import voice_routes
from services.intake.voices.cases import VOICES
from services.intake.voices.mailing import VoiceMail
from services.intake.voices.policy import VoiceKind, VoiceSection
from shared.files import GridFiles
from shared.http import Routes
from shared.security import Role
from shared.service import Workshop
from shared.store import Kind

KINDS: Final[Sequence[Kind[Any]]] = (CONSULTATION, DOSSIER, *VOICES.values(), SURVEY, PROFILE)
SECTIONS: Final[Mapping[str, type[BaseModel]]] = {
    CARE: CareSection,
    CONSULTATIONS: ConsultationSection,
    DOCUMENTS: DocumentsSection,
    LETTERBOX: LetterboxSection,
    **{kind.section: VoiceSection for kind in VoiceKind},
}
ROWS: Final[Mapping[str, set[Role]]] = {
    **CONSULTATION_ROWS,
    **DOSSIER_ROWS,
    **MAIL_ROWS,
    **VOICE_ROWS,
    **SURVEY_ROWS,
    **PROFILE_ROWS,
}
_BESIDE: Final = tuple(one for one in KINDS if one is not PROFILE)
"""Kinds beside whose cases something private lies."""
HEARD: Final = (
    on_incident_registered,
    on_incident_forwarded,
    on_incident_reopened,
    on_incident_ended,
    on_extension_told,
    on_profile_joined,
)
"""What they are told; named here so that it is registered with the service's own."""

PORT: Final = "mail.port"
"""Where the workshop's memory has the port of the open door."""


def public_routes(api: Routes, workshop: Workshop) -> None:
    """All operations of the public's ways in."""
    consultation_routes(api, workshop)
    dossier_routes(api, workshop)
    voice_routes(api, workshop)
    survey_routes(api, workshop)
    profile_routes(api, workshop)
    mail_routes(api, _mails(workshop))


async def prepare(workshop: Workshop) -> None:
    """Make the indexes of what lies beside the cases."""
    await Private(workshop.database).ensure_indexes()
    await _mails(workshop).ensure_indexes()
    await Meeting(workshop).ensure_indexes()
    await Reported(workshop.database).ensure_indexes()


def public_tasks(workshop: Workshop) -> Sequence[Callable[[], Awaitable[None]]]:
    """What runs as long as the service does: the door, if it is to stand open, and the sorting."""
    known = places(workshop.tenants)
    mails, metrics = _mails(workshop), MailMetrics(workshop.registry)
    desks: Desks = {
        DeskName.CONSULTATIONS: ConsultationMail(workshop),
        DeskName.DOCUMENTS: DossierMail(workshop),
        DeskName.SUGGESTIONS: VoiceMail(workshop, VoiceKind.SUGGESTION),
        DeskName.CLAIMS: VoiceMail(workshop, VoiceKind.CLAIM),
    }
    sorting = Sorting(workshop, mails, GridFiles(workshop.database), known, desks, metrics)
    erasing = Erasing(workshop, GridFiles(workshop.database), _BESIDE, _days(workshop))
    joins = Joins(workshop)
    tasks = (
        sorting.watch,
        sorting.measure,
        erasing.watch,
        joins.watch,
        announcer(workshop).watch,
    )
    listen = workshop.settings.mail_listen
    if listen is None:
        return tasks

    async def open_door() -> None:
        door = Door(known, mails, metrics, sorting.knock)
        await stand(door, listen, lambda port: workshop.memory.update({PORT: port}))

    return *tasks, open_door


def _days(workshop: Workshop) -> dict[str, int]:
    """For how long each account keeps what is private; one that does not say keeps it."""
    policies: dict[str, IntakePolicy] = {key: workshop.policy(key) for key in workshop.tenants}
    rows = {key: policy.public.care.section.retention for key, policy in policies.items()}
    return {key: row.days for key, row in rows.items() if row is not None}


def _mails(workshop: Workshop) -> Mails:
    return Mails(workshop.database, GridFiles(workshop.database), workshop.now)
