"""Intake, put together."""

from typing import Final

from services.intake.api import routes
from services.intake.cases import REQUEST
from services.intake.consumers import hears
from services.intake.policy import SECTION, IntakeSection, intake_policy
from shared.service import Service

SERVICE: Final = Service(
    name="intake",
    kinds=(REQUEST,),
    hears=hears,
    sections={SECTION: IntakeSection},
    policy=intake_policy,
    routes=routes,
)
