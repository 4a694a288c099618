"""The published language: every type and version has golden events and a frozen schema.

`python -m tests.contract.freeze` writes those of types that are new or gained a field. A golden
file is never edited, and a schema only where no reader notices.
"""

import json
from functools import cache
from pathlib import Path

import pytest
from pydantic import BaseModel

from shared.contracts import REGISTRY, body_of, decode, encode
from shared.contracts.compatibility import incompatibilities
from shared.contracts.events import schemas
from tests.contract.freeze import bare, freeze, golden_files, shown
from tests.support import toy

HERE = Path(__file__).parent
TOYS = {toy.TOY.name, toy.ECHO.name}
PUBLISHED = sorted(name for name in REGISTRY if name.partition(".")[0] not in TOYS)
GOLDEN = sorted(path.stem for path in (HERE / "golden").glob("*.json"))


present = cache(schemas)


@pytest.mark.parametrize("event_type", PUBLISHED)
def test_has_golden_events_that_show_each_of_its_fields(event_type: str) -> None:
    files = golden_files(HERE / "golden", event_type)

    assert files
    missing = REGISTRY[event_type].model_fields.keys() - shown(files)
    assert missing == set(), "run `python -m tests.contract.freeze`"


@pytest.mark.parametrize("name", GOLDEN)
def test_a_golden_event_is_still_read_and_written_alike(name: str) -> None:
    golden = json.loads((HERE / "golden" / f"{name}.json").read_text())
    event_type = golden["type"]
    assert HERE / "golden" / f"{name}.json" in golden_files(HERE / "golden", event_type)
    event = decode(json.dumps(golden).encode())

    body = event.body()

    assert type(body) is REGISTRY[event_type]
    written = body.model_dump(mode="json")
    known = {name: written[name] for name in golden["data"]}
    assert known == golden["data"], "the producer writes it differently"
    added = written.keys() - known.keys()
    assert not any(type(body).model_fields[name].is_required() for name in added)
    assert json.loads(encode(event)) == golden


@pytest.mark.parametrize("name", GOLDEN)
def test_is_read_by_a_reader_that_does_not_know_its_newest_field(name: str) -> None:
    golden = json.loads((HERE / "golden" / f"{name}.json").read_text())
    golden["data"]["a_field_of_tomorrow"] = {"deep": [1, 2]}
    golden["extension"] = "of tomorrow"
    assert decode(json.dumps(golden).encode()).body() == body_of(golden["type"], golden["data"])


@pytest.mark.parametrize("event_type", PUBLISHED)
def test_is_compatible_with_what_was_published(event_type: str) -> None:
    frozen = json.loads((HERE / "schemas" / f"{event_type}.json").read_text())
    assert incompatibilities(frozen, present()[event_type]) == []


@pytest.mark.parametrize("event_type", PUBLISHED)
def test_each_of_its_fields_is_frozen(event_type: str) -> None:
    frozen = json.loads((HERE / "schemas" / f"{event_type}.json").read_text())
    assert bare(frozen) == bare(present()[event_type]), "run `python -m tests.contract.freeze`"


def test_no_published_version_has_disappeared() -> None:
    golden = {json.loads((HERE / "golden" / f"{name}.json").read_text())["type"] for name in GOLDEN}
    frozen = {path.stem for path in (HERE / "schemas").glob("*.json")}
    assert (golden | frozen) - set(PUBLISHED) == set()


class First(BaseModel):
    """A body as it was published, and below what later commits made of it."""

    title: str
    by: int


class Second(First):
    why: str | None = None


def test_a_field_once_frozen_is_kept_for_good(tmp_path: Path) -> None:
    name = "sample.thing.grown.v1"
    (tmp_path / "golden").mkdir()
    (tmp_path / "schemas").mkdir()
    golden, second = (tmp_path / "golden" / f"{name}{number}.json" for number in ("", ".2"))

    assert freeze({name: First}, tmp_path) == ([f"schemas/{name}.json", f"golden/{name}.json"], [])
    first = golden.read_bytes()
    assert freeze({name: Second}, tmp_path) == (
        [f"schemas/{name}.json", f"golden/{name}.2.json"],
        [],
    )
    assert golden.read_bytes() == first
    assert "why" in json.loads(second.read_bytes())["data"]
    assert freeze({name: Second}, tmp_path) == ([], [])
    assert freeze({name: First}, tmp_path) == ([], [f"{name}/why: removed"])
    frozen = json.loads((tmp_path / "schemas" / f"{name}.json").read_bytes())
    assert list(frozen["properties"]) == ["title", "by", "why"]


def test_what_a_schema_explains_is_free_and_what_it_says_is_frozen() -> None:
    schema = {"title": "A", "properties": {"title": {"type": "string", "description": "d"}}}

    assert bare(schema) == {"properties": {"title": {"type": "string"}}}
