"""A file as it is read, by the desk and by whoever presented it; and the catalogue."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import Field

from services.intake.desks import DeskDeadlineView, deadline_views
from services.intake.dossiers.domain import Dossier, Status
from services.intake.dossiers.policy import DocumentsPolicy
from services.intake.views import View
from shared.contracts.consultations import EnclosureRef
from shared.store import Outcome


class NotificationView(View):
    """A try to notify; with `acknowledged_at` it is proved."""

    number: int
    means: str
    sent_at: datetime
    proof: str
    file_number: str
    acknowledged_at: datetime | None


class DossierView(View):
    """A file; who presented it and what was written are below `/messages`."""

    id: str
    code: str = Field(description="The file's number")
    status: Status
    holder: str = Field(description="`documents_desk`, `user`, `area` or `none`")
    service: str
    area: str
    received_at: datetime
    effective_received_at: datetime = Field(description="Within the hours of the desk")
    deadlines: Sequence[DeskDeadlineView]
    correct_by: datetime | None = Field(description="Until when something observed may be mended")
    reason: str = Field(description="Why it was observed, or rejected")
    preferential: str
    for_entity: bool
    forwarded_from: str = Field(description="The case that it was taken for at first")
    documents: Sequence[EnclosureRef]
    resolved_at: datetime | None
    on_time: bool | None
    notifications: Sequence[NotificationView]
    undelivered: str = Field(description="Why what was sent last came back, such as `5.1.1`")
    profile_id: str
    version: int


class ServiceView(View):
    """A service that can be asked for."""

    key: str
    name: str
    area: str
    requirements: Sequence[str]
    source: str = Field(description="The line of the manual that it rests on")


class ServicesView(View):
    """The catalogue of services."""

    services: Sequence[ServiceView]


def dossier_view(outcome: Outcome[Dossier]) -> DossierView:
    state = outcome.state
    return DossierView.model_construct(
        id=outcome.id,
        code=state.code,
        status=state.status,
        holder=state.holder,
        service=state.service,
        area=state.area,
        received_at=state.received_at,
        effective_received_at=state.effective_received_at,
        deadlines=deadline_views(state.promise),
        correct_by=state.correct_by,
        reason=state.reason,
        preferential=state.preferential,
        for_entity=state.for_entity,
        forwarded_from=state.forwarded_from,
        documents=state.documents,
        resolved_at=state.resolved_at,
        on_time=state.on_time,
        notifications=[
            NotificationView(
                number=one.number,
                means=one.means,
                sent_at=one.sent_at,
                proof=one.proof,
                file_number=one.file_number,
                acknowledged_at=one.acknowledged_at,
            )
            for one in state.notifications
        ],
        undelivered=state.undelivered,
        profile_id=state.profile_id,
        version=outcome.version,
    )


def services_view(policy: DocumentsPolicy, language: str) -> ServicesView:
    return ServicesView(
        services=[
            ServiceView(
                key=key,
                name=row.name.of(language),
                area=row.area,
                requirements=[one.of(language) for one in row.requirements],
                source=row.source,
            )
            for key, row in policy.section.services.items()
        ]
    )
