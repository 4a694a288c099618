"""The published facts beside the checkout; absent they skip with a reason, in CI they fail."""

import os
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[4] / "shared" / "data"


def published(name: str) -> Path:
    path = FOLDER / name
    if not path.exists():
        reason = f"{name} is not beside the checkout (../shared/data)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return path
