"""The reference is what the code says, and what a running process answers."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from cli.local.home import CHECKOUT, known_services
from cli.reference import FOLDER, documents, hearers
from shared.runner import Process, find
from shared.security import ensure_keys
from shared.settings import Settings

WITHOUT_FASTSTREAM = """
import sys
from cli.local.home import known_services
from shared.runner import find
find(known_services(), known_services())
sys.exit("faststream" in sys.modules)
"""


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    return documents()


@pytest.mark.parametrize("name", ["openapi.json", "asyncapi.json", "events.md"])
def test_the_committed_reference_is_what_the_code_says(made: dict[str, str], name: str) -> None:
    committed = (FOLDER / name).read_text(encoding="utf-8")

    assert committed == made[name], "run `python -m cli.reference` and look at what changed"


def operations(schema: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [
        (path, verb, operation["operationId"])
        for path, verbs in schema["paths"].items()
        for verb, operation in verbs.items()
    ]


def test_nothing_else_lies_in_the_reference(made: dict[str, str]) -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(made)


@pytest.mark.parametrize("name", ["openapi.json", "asyncapi.json"])
async def test_a_process_of_one_service_answers_for_its_part_of_the_reference(
    tmp_path: Path, name: str
) -> None:
    """Every process describes the whole bus; the HTTP schema is that of its own services."""
    known = known_services()
    settings = Settings(
        amqp_url=SecretStr("amqp://127.0.0.1:9/"),
        mongo_url=SecretStr("mongodb://127.0.0.1:9/"),
        token_public_keys=ensure_keys(tmp_path).public,
        tenants_dir=CHECKOUT / "deploy" / "tenants",
    )
    process = Process(find(["intake"], known), settings, everything=lambda: find(known, known))
    transport = httpx.ASGITransport(process.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://enlace") as client:
        first, again = [await client.get(f"/api/v1/{name}") for _ in range(2)]

    committed = json.loads((FOLDER / name).read_text(encoding="utf-8"))
    assert (first.status_code, first.headers["content-type"]) == (200, "application/json")
    assert first.content == again.content
    if name == "asyncapi.json":
        assert first.json() == committed
    else:
        own = operations(first.json())
        assert own == [one for one in operations(committed) if one[2].startswith("intake_")]
        assert own


def test_faststream_is_loaded_only_when_the_bus_is_asked_for() -> None:
    command = [sys.executable, "-c", WITHOUT_FASTSTREAM]
    assert subprocess.run(command, cwd=CHECKOUT, check=False).returncode == 0


def test_no_schema_is_called_after_a_module_of_ours(made: dict[str, str]) -> None:
    schemas = json.loads(made["openapi.json"])["components"]["schemas"]

    assert [name for name in schemas if "__" in name] == []
    assert {"intake_CoverageView", "training_CoverageView"} <= set(schemas)
    for reference in made["openapi.json"].split('"$ref": "#/components/schemas/')[1:]:
        assert reference.partition('"')[0] in schemas


def test_every_event_says_who_hears_it(made: dict[str, str]) -> None:
    services = find(known_services(), known_services())

    assert "validation" in hearers("intake.request.received.v1", services)
    assert "kpi" in hearers("training.plan.completed.v1", services)
    assert "training" not in hearers("intake.request.imported.v1", services)
    document: dict[str, Any] = json.loads(made["asyncapi.json"])
    for name in document["channels"]:
        if ".v" in name:
            assert f"### `{name}`" in made["events.md"]
