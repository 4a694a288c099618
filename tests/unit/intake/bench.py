"""A tenant's policy and a moment, for tests of the registry's rules."""

from datetime import UTC, datetime
from pathlib import Path

from services.intake.policy import IntakePolicy, IntakeSection, intake_policy
from shared.decider import Given
from shared.policy import load_tenants

TENANTS = load_tenants(
    Path(__file__).resolve().parents[3] / "deploy" / "tenants", {"intake": IntakeSection}
)
POLICY: IntakePolicy = intake_policy(TENANTS["osinergmin"])
AT = datetime(2026, 7, 20, 14, 0, tzinfo=UTC)
"""A Monday, 09:00 in Lima."""


def given(at: datetime = AT, actor: str = "person:ana") -> Given[IntakePolicy]:
    return Given(at, actor, "osinergmin", POLICY)
