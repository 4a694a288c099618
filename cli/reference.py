"""`python -m cli.reference`: writes docs/reference/ from the code; a test compares."""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pydantic import SecretStr

from cli.local.home import CHECKOUT, known_services
from shared.contracts import REGISTRY
from shared.contracts.events import TypeName
from shared.runner import Process, describe_bus, find
from shared.security import ensure_keys
from shared.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shared.contracts import EventBody
    from shared.service import Service

FOLDER: Final = CHECKOUT / "docs" / "reference"
_NOBODY: Final = "not yet anybody"
_HEAD: Final = """# Events

Generated from `shared/contracts` and the services by `python -m cli.reference`; a test compares.

Every event is a CloudEvents 1.0 envelope in structured JSON on the topic exchange `enlace.events`.
Its routing key is the type without the version. `subject` is the case, `sequence` counts 1, 2, 3 …
within it, `id` is a UUIDv7 and the AMQP message id. A reader ignores fields that it does not know.
`asyncapi.json` has the whole schema of each.
"""


def documents() -> dict[str, str]:
    """The content of every file of the reference, by name."""
    services = find(known_services(), known_services())
    return {
        "openapi.json": _json(asyncio.run(_openapi(services))),
        "asyncapi.json": _json(describe_bus(services)),
        "events.md": events_page(services),
    }


def events_page(services: Sequence[Service]) -> str:
    """All events by the service that publishes them."""
    parts = [_HEAD]
    published: dict[str, list[str]] = {}
    for name in sorted(REGISTRY):
        published.setdefault(TypeName.parse(name).service, []).append(name)
    for service in sorted(one.name for one in services if one.name in published):
        parts.append(f"## {service}\n")
        parts += [_event(name, REGISTRY[name], services) for name in published[service]]
    return "\n".join(parts)


def hearers(event_type: str, services: Sequence[Service]) -> list[str]:
    """The services that act on an event; one with a sink of its own acts on what reaches it."""
    return [
        one.name
        for one in services
        if (one.hears is not None and event_type in one.hears.handlers)
        or (one.sink is not None and _reaches(TypeName.parse(event_type), one.patterns))
    ]


def _reaches(name: TypeName, patterns: Sequence[str]) -> bool:
    return any(pattern in {"#", f"{name.service}.#", f"{name.stream}.#"} for pattern in patterns)


def _event(name: str, body: type[EventBody], services: Sequence[Service]) -> str:
    schema = body.model_json_schema()
    required = set(schema.get("required", ()))
    definitions = schema.get("$defs", {})
    lines = [
        f"### `{name}`\n",
        f"{_words(body.__doc__)}\n",
        f"Heard by: {', '.join(hearers(name, services)) or _NOBODY}.\n",
    ]
    rows = [
        f"| `{field}` | {_kind(part)} | {'yes' if field in required else _default(part)} |"
        for field, part in schema.get("properties", {}).items()
    ]
    if rows:
        lines += ["| field | type | required |", "| --- | --- | --- |", *rows, ""]
    for title, part in definitions.items():
        if "properties" in part:
            fields = (f"`{f}` {_kind(kind)}" for f, kind in part["properties"].items())
            lines.append(f"{title}: {', '.join(fields)}.\n")
    return "\n".join(lines)


def _words(text: str | None) -> str:
    return " ".join((text or "").split())


def _default(part: dict[str, Any]) -> str:
    return f"no, `{json.dumps(part.get('default'), ensure_ascii=False)}`"


def _kind(part: dict[str, Any]) -> str:
    """A schema in a few words."""
    if "$ref" in part:
        return str(part["$ref"]).rpartition("/")[2]
    if "anyOf" in part:
        return " or ".join(_kind(one) for one in part["anyOf"])
    if "enum" in part:
        return ", ".join(f"`{value}`" for value in part["enum"])
    kind = str(part.get("format") or part.get("type") or "any")
    items = part.get("items")
    return f"list of {_kind(items)}" if kind == "array" and items else kind


async def _openapi(services: Sequence[Service]) -> dict[str, Any]:
    """The application's own schema; it is built and never started."""
    nowhere = "127.0.0.1:9"
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            amqp_url=SecretStr(f"amqp://{nowhere}/"),
            mongo_url=SecretStr(f"mongodb://{nowhere}/"),
            token_public_keys=ensure_keys(Path(folder)).public,
            tenants_dir=CHECKOUT / "deploy" / "tenants",
        )
        return Process(services, settings).app.openapi()


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def write(folder: Path = FOLDER) -> None:
    """Bring the reference up to date."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in documents().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
