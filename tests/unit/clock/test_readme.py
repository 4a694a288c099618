"""The README's example says what really comes out."""

import re
from pathlib import Path
from typing import Any

README = Path(__file__).resolve().parents[3] / "shared" / "clock" / "README.md"


def test_the_example_runs_and_says_the_truth() -> None:
    found = re.search(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    names: dict[str, Any] = {}
    exec(found[1], names)  # noqa: S102
    office, received = names["office"], names["received"]
    due = office.add_business_time(received, 3600)
    assert f"# {due:%Y-%m-%dT%H:%M:%SZ}\n" in found[1]
    assert f"# {names['promise'].due_at:%Y-%m-%dT%H:%M:%SZ}\n" in found[1]
    said = names["explain"](names["promise"].steps)
    assert said in found[1].replace("\n# ", " ")
