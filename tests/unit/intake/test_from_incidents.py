"""What an incident that became a functional requirement asks of intake."""

from datetime import UTC, datetime

import pytest

from services.intake.consumers import on_incident_converted
from services.intake.domain import Receive
from shared.bus.hears import Heard
from shared.contracts.incidents import IncidentConverted

AT = datetime(2026, 7, 1, 15, tzinfo=UTC)


@pytest.mark.parametrize("request_id", ["", "request-1"])
def test_only_what_names_a_request_becomes_one(request_id: str) -> None:
    body = IncidentConverted(
        holder="tier1:uaus",
        requirement="RF-1",
        reason="Falta una regla.",
        coordinated_with="RNP",
        request_id=request_id,
        request_type="system_change",
        title="No admite consorcios",
    )
    heard = Heard(body, "incident-1", "osce", AT, "person:sol", 4)
    sends = list(on_incident_converted(heard))

    assert [send.case_id for send in sends] == [request_id] * bool(request_id)
    for send in sends:
        assert isinstance(send.command, Receive)
        assert send.create
        assert (send.command.code, send.command.incident_id) == ("RF-1", "incident-1")
