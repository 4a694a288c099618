"""The schema says what the edge does."""

import json
from typing import Any

import httpx
import pytest

from shared.http.problems import STATUS

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
