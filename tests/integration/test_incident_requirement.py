"""An incident that needs development goes on as a request of intake, over the real bus."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.incidents.service import SERVICE as INCIDENTS
from services.intake.service import SERVICE as INTAKE
from shared.security import Role
from shared.settings import Settings
from tests.support.eventually import eventually
from tests.support.house import running

pytestmark = pytest.mark.integration
MORNING = datetime(2026, 7, 1, 15, 0, tzinfo=UTC)
NEW = {
    "summary": "El registro no admite consorcios",
    "description": "Al inscribir un consorcio se pierde el segundo socio.",
    "area": "SEACE",
    "origin": "system",
    "type": "error",
    "reporter": "usuaria@entidad.gob.pe",
    "channel": "telephone",
}


async def test_a_converted_incident_and_its_request_know_each_other(
    settings: Settings, tmp_path: Path
) -> None:
    async with running([INCIDENTS, INTAKE], settings, tmp_path) as house:
        house.clock.move_to(MORNING)
        tiers = house.as_(Role.ADVISER, Role.SPECIALIST_L2, tenant="osce")
        incident = (await tiers.post("/incidents", json=NEW)).json()
        path = f"/incidents/{incident['id']}"
        await tiers.post(f"{path}/forward", json={}, headers={"if-match": '"1"'})
        body = {"reason": "Falta una regla.", "coordinated_with": "RNP"}
        key = {"if-match": '"2"', "idempotency-key": "one"}
        incident = (await tiers.post(f"{path}/convert", json=body, headers=key)).json()
        again = (await tiers.post(f"{path}/convert", json=body, headers=key)).json()
        client = house.as_(Role.REPORT_READER, tenant="osce")
        found = await eventually(
            lambda: client.get(f"/requests/{incident['request_id']}"), lambda a: a.is_success
        )
        request = found.json()

    assert incident["functional_requirement"] == "RF-2026-000001"
    assert again["request_id"] == incident["request_id"]
    assert (request["code"], request["type"]) == ("RF-2026-000001", "system_change")
    assert request["incident_id"] == incident["id"]
    assert request["topic"] == "Error de la aplicación"
    assert request["subject"] == NEW["summary"]
    assert request["description"] == f"Falta una regla.\n\n{NEW['description']}"
    assert (request["area"], request["channel"]) == ("seace", "incident")
