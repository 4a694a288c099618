"""The published language: every type and version has a golden event and a frozen schema.

A golden file and a schema may be added, never edited: `python -m tests.contract.freeze` writes
those of new types only.
"""

import json
from functools import cache
from pathlib import Path

import pytest

from shared.contracts import REGISTRY, body_of, decode, encode
from shared.contracts.compatibility import incompatibilities
from shared.contracts.events import schemas
from tests.support import toy

HERE = Path(__file__).parent
TOYS = {toy.TOY.name, toy.ECHO.name}
PUBLISHED = sorted(name for name in REGISTRY if name.partition(".")[0] not in TOYS)


present = cache(schemas)


@pytest.mark.parametrize("event_type", PUBLISHED)
def test_has_a_golden_event_that_is_still_read_and_written_alike(event_type: str) -> None:
    golden = json.loads((HERE / "golden" / f"{event_type}.json").read_text())
    event = decode(json.dumps(golden).encode())

    body = event.body()

    assert type(body) is REGISTRY[event_type]
    written = body.model_dump(mode="json")
    known = {name: written[name] for name in golden["data"]}
    assert known == golden["data"], "the producer writes it differently"
    added = written.keys() - known.keys()
    assert not any(type(body).model_fields[name].is_required() for name in added)
    assert json.loads(encode(event)) == golden


@pytest.mark.parametrize("event_type", PUBLISHED)
def test_is_read_by_a_reader_that_does_not_know_its_newest_field(event_type: str) -> None:
    golden = json.loads((HERE / "golden" / f"{event_type}.json").read_text())
    golden["data"]["a_field_of_tomorrow"] = {"deep": [1, 2]}
    golden["extension"] = "of tomorrow"
    assert decode(json.dumps(golden).encode()).body() == body_of(event_type, golden["data"])


@pytest.mark.parametrize("event_type", PUBLISHED)
def test_is_compatible_with_what_was_published(event_type: str) -> None:
    frozen = json.loads((HERE / "schemas" / f"{event_type}.json").read_text())
    assert incompatibilities(frozen, present()[event_type]) == []


@pytest.mark.parametrize("folder", ["golden", "schemas"])
def test_no_published_version_has_disappeared(folder: str) -> None:
    kept = {path.stem for path in (HERE / folder).glob("*.json")}
    assert kept - set(PUBLISHED) == set()
