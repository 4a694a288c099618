"""Writes the boards' JSON: `python -m deploy.grafana.generate`. A test compares."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from deploy.grafana.boards import BOARDS

FOLDER: Final = Path(__file__).parent / "dashboards"


def generated() -> Mapping[str, str]:
    """File name to content."""
    return {
        f"{name}.json": json.dumps(
            make(), cls=JSONEncoder, indent=1, sort_keys=True, ensure_ascii=False
        )
        + "\n"
        for name, make in BOARDS.items()
    }


if __name__ == "__main__":
    for name, content in generated().items():
        (FOLDER / name).write_text(content, encoding="utf-8")
