"""The tables of lives as the pages in `docs/lifecycles` draw them."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any


def diagram(life: Mapping[Any, StrEnum], ends: Iterable[str] = ()) -> str:
    """A table as a Mermaid state diagram; `ends` are where a life may end."""
    steps = [
        f"    {'[*]' if start == 'new' else start} --> {end}: {action}"
        for (start, action), end in life.items()
    ]
    return "\n".join(["stateDiagram-v2", *steps, *(f"    {end} --> [*]" for end in ends)])


def ended(life: Mapping[Any, StrEnum]) -> str:
    """The same, each life ending where nothing leads out of."""
    starts = {start for start, _ in life}
    return diagram(life, dict.fromkeys(end for end in life.values() if end not in starts))
