"""Writes definitions.json, what `enlace topology apply --show` says in deploy/compose.yaml.

`python -m deploy.rabbitmq.generate` after a service hears something new; a test compares. It is for
reading and for comparing with a broker: the topology job applies the same with real passwords.
"""

import json
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from cli.local.home import known_services
from cli.topology import wanted_definitions
from shared.runner import find
from shared.settings import Overrides, Settings

FILE: Final = Path(__file__).parent / "definitions.json"
HIDDEN: Final = "…"


def generated() -> str:
    """The definitions of all services, without passwords."""
    known = known_services()
    place = "rabbitmq:5672/enlace"
    users = {name: Overrides(amqp_url=SecretStr(f"amqp://enlace_{name}@{place}")) for name in known}
    settings = Settings(
        amqp_url=SecretStr(f"amqp://enlace@{place}"),
        mongo_url=SecretStr("mongodb://mongo"),
        services=users,
    )
    wanted = wanted_definitions(settings, find(known, known))
    shown = [{**user, "password_hash": HIDDEN} for user in wanted["users"]]
    return json.dumps({**wanted, "users": shown}, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(generated(), encoding="utf-8")
