"""Writes the golden events and schemas of types that are new or grew.

A golden event is never changed: a type that gained a field gets one more, and the first goes on
showing that what was sent long ago is still read. A schema is written anew when its readers will
not notice; one that would break them is refused.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel

from shared.contracts import REGISTRY, Envelope, encode
from shared.contracts.compatibility import incompatibilities

HERE = Path(__file__).parent
NAMES = ("properties", "$defs")
"""Keywords below which the keys are names, not keywords."""
AT = datetime(2026, 7, 24, 21, 30, 0, 125_000, tzinfo=UTC)
SAMPLES: dict[type, Any] = {
    str: "texto",
    int: 3,
    float: 0.5,
    bool: True,
    datetime: AT,
    date: date(2026, 7, 27),
    dict: {"clave": "valor"},
}


def sample(annotation: Any) -> Any:  # noqa: PLR0911 - a table of types
    """A value of that type, the fullest there is."""
    origin = get_origin(annotation)
    if origin in (Union, UnionType):
        return sample(next(a for a in get_args(annotation) if a is not type(None)))
    if origin in (tuple, list, Sequence):
        return (sample(get_args(annotation)[0]),)
    if origin in (dict, Mapping):
        return {"clave": sample(get_args(annotation)[1])}
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return model_sample(annotation)
    if annotation is Any:
        return "valor"
    if isinstance(annotation, type) and annotation not in SAMPLES:
        return next(iter(annotation))  # an enumeration
    return SAMPLES[origin or annotation]


def model_sample(model: type[BaseModel]) -> BaseModel:
    fields = model.model_fields.items()
    return model(**{name: sample(field.annotation) for name, field in fields})


def golden(event_type: str, body: BaseModel) -> bytes:
    """The event as it goes over the wire."""
    envelope = Envelope(
        id="01983e2a-7d3d-7c3e-9a63-0b8a2f6f1c55",
        type=event_type,
        subject="01983e2a-7d3d-7c3e-9a63-000000000001",
        time=AT,
        tenant="osinergmin",
        sequence=1,
        data=body.model_dump(mode="json"),
        actor="person:01983e2a-7d3d-7c3e-9a63-000000000002",
        correlationid="5f0c4f0e5e9c4d53a0e4a1d751b06c1f",
        causationid="01983e2a-7d3d-7c3e-9a63-000000000003",
        traceparent="00-5f0c4f0e5e9c4d53a0e4a1d751b06c1f-9c530e4a1d751b06-01",
    )
    return encode(envelope)


def bare(schema: Any) -> Any:
    """The schema without what only explains it."""
    if isinstance(schema, list):
        return [bare(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {key: value for key, value in schema.items() if key not in ("title", "description")}
    return {key: _named(value) if key in NAMES else bare(value) for key, value in kept.items()}


def _named(schemas: dict[str, Any]) -> dict[str, Any]:
    return {name: bare(schema) for name, schema in schemas.items()}


def golden_files(folder: Path, event_type: str) -> list[Path]:
    """The golden events of a type: the first, and one more each time that it grew."""
    found = sorted(
        folder.glob(f"{event_type}.*.json"), key=lambda path: int(path.stem.split(".")[-1])
    )
    return [path for path in (folder / f"{event_type}.json", *found) if path.exists()]


def freeze(
    types: Mapping[str, type[BaseModel]], folder: Path = HERE
) -> tuple[list[str], list[str]]:
    """Write what is missing, and the schemas that grew; what was written, what was refused."""
    written: list[str] = []
    refused: list[str] = []
    for event_type, model in sorted(types.items()):
        schema, proposed = folder / "schemas" / f"{event_type}.json", model.model_json_schema()
        frozen = json.loads(schema.read_text()) if schema.exists() else {}
        if broken := incompatibilities(frozen, proposed) if frozen else []:
            refused += [f"{event_type}{line}" for line in broken]
            continue
        if bare(frozen) != bare(proposed):
            written.append(_write(schema, proposed))
        files = golden_files(folder / "golden", event_type)
        if model.model_fields.keys() - shown(files):
            place = f".{len(files) + 1}" if files else ""
            path = folder / "golden" / f"{event_type}{place}.json"
            written.append(_write(path, json.loads(golden(event_type, model_sample(model)))))
    return written, refused


def shown(files: list[Path]) -> set[str]:
    """The fields that any of these golden events has."""
    return {name for path in files for name in json.loads(path.read_text())["data"]}


def _write(path: Path, content: Any) -> str:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")
    return f"{path.parent.name}/{path.name}"


if __name__ == "__main__":
    new, never = freeze(REGISTRY)
    print("\n".join(new))  # noqa: T201 - what a person runs
    if never:
        sys.exit("\n".join(["not compatible, so a new version beside the old:", *never]))
