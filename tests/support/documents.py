"""Guides as programs: their `sh` blocks are run, the excerpts behind them are compared.

A block that starts with ```sh is run, all of a document in one shell, in the checkout's folder. A
```json or ```text block that follows is an excerpt of what it printed: `…` stands for anything,
fields and list items that are left out may be there. Other blocks (`console`, `yaml`) are to be
read only.
"""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

ANYTHING = "…"
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block and the line it starts at."""

    language: str
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Step:
    """Commands, and excerpts of what they print."""

    commands: Block
    excerpt: Block | None


def blocks(path: Path) -> list[Block]:
    content = path.read_text(encoding="utf-8")
    return [
        Block(match[1], match[2], content.count("\n", 0, match.start()) + 1)
        for match in _FENCE.finditer(content)
    ]


def steps(path: Path) -> list[Step]:
    found: list[Step] = []
    for block in blocks(path):
        if block.language == "sh":
            found.append(Step(block, None))
        elif block.language in ("json", "text") and found and found[-1].excerpt is None:
            found[-1] = Step(found[-1].commands, block)
    return found


def run(
    document: list[Step], checkout: Path, scratch: Path, env: Mapping[str, str], timeout: float
) -> list[str]:
    """What each step printed; fails at the first command that does."""
    script = ["set -euo pipefail"]
    for number, step in enumerate(document):
        out = scratch / f"{number}.out"
        script += [
            f"echo {step.commands.line} > '{scratch}/line'",
            f"{{\n{step.commands.text}}} > '{out}'",
        ]
    try:
        done = subprocess.run(
            ["bash", "-c", "\n".join(script)],
            cwd=checkout,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            timeout=timeout,
            check=False,
        )
        said, code = done.stderr, done.returncode
    except subprocess.TimeoutExpired as error:
        said, code = (error.stderr or b"").decode(errors="replace"), -1
    printed = [_text(scratch / f"{number}.out") for number in range(len(document))]
    assert code == 0, (
        f"the commands of line {_text(scratch / 'line').strip()} ended with {code}\n"
        f"{said[-3000:]}\nprinted: {[text[-1000:] for text in printed if text][-1:]}"
    )
    return printed


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def compare(excerpt: Block, printed: str) -> str:
    """Empty when the excerpt is part of what was printed, else where it is not."""
    if excerpt.language == "json":
        return differs(json.loads(excerpt.text), last_json(printed))
    lines = iter([" ".join(line.split()) for line in printed.splitlines()])
    for wanted in excerpt.text.splitlines():
        pattern = re.compile(re.escape(" ".join(wanted.split())).replace(ANYTHING, ".*"))
        if not any(pattern.search(line) for line in lines):
            return f"no line like {wanted!r}"
    return ""


def last_json(printed: str) -> Any:
    """The last JSON document in a text."""
    decoder, position, found = json.JSONDecoder(), 0, None
    while (start := printed.find("{", position)) >= 0:
        found, position = decoder.raw_decode(printed, start)
    return found


def differs(wanted: Any, got: Any, path: str = "$") -> str:
    """Empty when `wanted` is part of `got`, else the first place where it is not."""
    if isinstance(wanted, dict) and isinstance(got, dict):
        return _fields_differ(wanted, got, path)
    if isinstance(wanted, list) and isinstance(got, list):
        return _items_differ(wanted, got, path)
    return "" if wanted in (ANYTHING, got) else f"{path} is {got!r}, not {wanted!r}"


def _fields_differ(wanted: Mapping[str, Any], got: Mapping[str, Any], path: str) -> str:
    for name, value in wanted.items():
        if name not in got:
            return f"{path}.{name} is missing"
        if difference := differs(value, got[name], f"{path}.{name}"):
            return difference
    return ""


def _items_differ(wanted: list[Any], got: list[Any], path: str) -> str:
    rest = iter(got)
    for number, value in enumerate(wanted):
        if all(differs(value, one) for one in rest):
            return f"{path}[{number}]: no such item in {got!r}"
    return ""
