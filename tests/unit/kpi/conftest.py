"""The rules of a real account."""

from pathlib import Path

import pytest

from services.kpi.policy import SECTION, Counting, KpiSection, counting
from shared.policy import load_tenants

TENANTS = Path(__file__).parents[3] / "deploy" / "tenants"


@pytest.fixture(scope="session")
def osinergmin() -> Counting:
    return counting(load_tenants(TENANTS, {SECTION: KpiSection})["osinergmin"])
