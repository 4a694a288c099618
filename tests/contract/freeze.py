"""Writes the golden event and the schema of types that have none yet; never changes one."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel

from shared.contracts import REGISTRY, Envelope, EventBody, encode

HERE = Path(__file__).parent
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


def golden(body: EventBody) -> bytes:
    """The event as it goes over the wire."""
    envelope = Envelope(
        id="01983e2a-7d3d-7c3e-9a63-0b8a2f6f1c55",
        type=body.event_type,
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


def freeze() -> list[str]:
    """Write what is missing; returns the types that were new."""
    added = []
    for event_type, model in sorted(REGISTRY.items()):
        event = model_sample(model)
        assert isinstance(event, EventBody)
        files = {
            HERE / "golden" / f"{event_type}.json": json.loads(golden(event)),
            HERE / "schemas" / f"{event_type}.json": model.model_json_schema(),
        }
        for path, content in files.items():
            if not path.exists():
                path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")
                added.append(path.name)
    return added


if __name__ == "__main__":
    for name in freeze():
        print(name)  # noqa: T201 - what a person runs
