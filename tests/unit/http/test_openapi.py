"""The schema says what the edge does; schemathesis tries to prove otherwise."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import load_all_checks
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance

from shared.http.problems import STATUS
from tests.support.http_edge import Desk, make_desk

# the token is given to each call, so it cannot be taken away again (test_operations does); and no
# schema can tell a cursor or a business rule, which may refuse what is well formed
EXCLUDED = [ignored_auth, positive_data_acceptance]
VERBS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture
async def schema(client: httpx.AsyncClient) -> dict[str, Any]:
    response = await client.get("/api/v1/openapi.json")
    assert response.status_code == 200
    document: dict[str, Any] = response.json()
    return document


def operations(schema: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        operation
        for path in schema["paths"].values()
        for verb, operation in path.items()
        if verb in VERBS
    ]


async def test_every_failure_is_described_as_a_problem(schema: dict[str, Any]) -> None:
    for operation in operations(schema):
        if not operation["operationId"].startswith("notes_"):
            continue
        for status, response in operation["responses"].items():
            if int(status) >= 400:
                assert set(response["content"]) == {"application/problem+json"}, status


async def test_every_reference_leads_somewhere(schema: dict[str, Any]) -> None:
    text = json.dumps(schema)
    for part in text.split('"$ref": "')[1:]:
        section, _, name = part.partition('"')[0].removeprefix("#/components/").partition("/")
        assert name in schema["components"][section]


async def test_conditions_and_keys_are_described(schema: dict[str, Any]) -> None:
    put = schema["paths"]["/api/v1/notes/{id}"]["put"]
    post = schema["paths"]["/api/v1/notes"]["post"]

    assert {p["name"]: p["required"] for p in put["parameters"]} == {"id": True, "If-Match": True}
    assert {p["name"]: p["required"] for p in post["parameters"]} == {"Idempotency-Key": False}
    assert {"412", "428"} <= set(put["responses"])
    assert post["security"] == [{"HTTPBearer": []}]
    assert {"ETag", "Location"} <= set(post["responses"]["201"]["headers"])
    assert "security" not in schema["paths"]["/api/v1/slow"]["get"]


async def test_the_problem_schema_knows_every_status(schema: dict[str, Any]) -> None:
    status = schema["components"]["schemas"]["Problem"]["properties"]["status"]

    assert all(status["minimum"] <= number <= status["maximum"] for number in STATUS.values())


def test_schemathesis_finds_nothing(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    load_all_checks()
    document = schemathesis.openapi.from_asgi("/api/v1/openapi.json", desk.app)
    for result in document.get_all_operations():
        operation = result.ok()
        # the upload is FastAPI's own and the slow one sleeps; failures are provoked elsewhere
        if operation.path.endswith(("/uploads", "/slow", "/fail")):
            continue
        _fuzz(desk, operation)


def _fuzz(desk: Desk, operation: Any) -> None:
    headers = desk.bearer()

    @given(case=operation.as_strategy())
    @settings(
        max_examples=40,
        deadline=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def fuzz(case: Any) -> None:
        case.call_and_validate(headers=headers, excluded_checks=EXCLUDED)

    fuzz()
