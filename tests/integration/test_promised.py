"""Which promises the services show, and the warnings they give: counted where they are stored."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.incidents.service import SERVICE as INCIDENTS
from services.intake.service import SERVICE as INTAKE
from services.kpi.service import SERVICE as KPI
from shared.security import Role
from shared.settings import Settings
from tests.integration.test_incident_ladder import NEW
from tests.support.eventually import eventually
from tests.support.house import House, running

pytestmark = pytest.mark.integration
MORNING = datetime(2026, 7, 1, 15, 0, tzinfo=UTC)
CLOSE = datetime(2026, 7, 1, 21, 30, tzinfo=UTC)
QUARTER = 900
ASKED = {
    "subject": "Registro",
    "text": "¿Cómo me inscribo?",
    "consent": True,
    "contact": {"name": "Rosaura Quispe", "email": "rosaura@correo.example"},
}
REQUEST = {
    "type": "information",
    "topic": "Horario",
    "subject": "Nuevo horario",
    "description": "Cambia la hora.",
}


def _shown(house: House, name: str, **labels: str) -> float | None:
    labels = {"tenant": "osce", **labels}
    return house.process.registry.get_sample_value(f"enlace_{name}", labels)


async def test_promises_of_the_services_and_their_warnings(
    settings: Settings, tmp_path: Path
) -> None:
    services = [INCIDENTS, INTAKE, KPI]
    async with running(services, settings, tmp_path) as house:
        house.clock.move_to(MORNING)
        desk = house.as_(*Role, tenant="osce")
        for path, body in (("incidents", NEW), ("consultations", ASKED), ("requests", REQUEST)):
            (await desk.post(f"/{path}", json=body)).raise_for_status()
        house.clock.move_to(CLOSE.replace(minute=15))

        async def imminent() -> list[float | None]:
            return [
                _shown(house, "deadlines_imminent", service=service)
                for service in ("incidents", "intake", "kpi")
            ]

        async def warned() -> float | None:
            return _shown(house, "warnings_total", type="incidents.incident")

        assert (await eventually(imminent, lambda seen: seen[0] == 1))[2] is None
        left = _shown(house, "deadline_tightest_seconds", service="incidents")
        assert left is not None
        assert left <= QUARTER
        assert await eventually(warned, lambda number: number == 1) == 1
        assert _shown(house, "warnings_total", type="intake.request") == 0
