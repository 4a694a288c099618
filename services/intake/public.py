"""The public's ways in, put together: what intake adds for them to its own parts."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic import BaseModel

from services.intake.consultations.api import ROWS as CONSULTATION_ROWS
from services.intake.consultations.api import consultation_routes
from services.intake.consultations.cases import CONSULTATION
from services.intake.consultations.policy import SECTION as CONSULTATIONS
from services.intake.consultations.policy import ConsultationSection
from services.intake.private import Private
from shared.http import Routes
from shared.security import Role
from shared.service import Workshop
from shared.store import Kind

KINDS: Final[Sequence[Kind[Any]]] = (CONSULTATION,)
SECTIONS: Final[Mapping[str, type[BaseModel]]] = {CONSULTATIONS: ConsultationSection}
ROWS: Final[Mapping[str, set[Role]]] = {**CONSULTATION_ROWS}


def public_routes(api: Routes, workshop: Workshop) -> None:
    """All operations of the public's ways in."""
    consultation_routes(api, workshop)


async def prepare(workshop: Workshop) -> None:
    """Make the indexes of what lies beside the cases."""
    await Private(workshop.database).ensure_indexes()
