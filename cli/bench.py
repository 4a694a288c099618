"""`enlace bench`: the benchmarks, each against something to compare with."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cli.errors import FOUND, USAGE, UserError
from cli.local.home import CHECKOUT
from cli.local.servers import throwaway
from cli.local.services import own_environment

if TYPE_CHECKING:
    from collections.abc import Mapping

app = typer.Typer()
FOLDER: Final = CHECKOUT / "benchmarks"
SECONDS: Final = 1800
CACHE_GB: Final = 2.0
HEAD: Final = ("measure", "ours", "theirs", "unit", "ratio", "target", "")


def known() -> dict[str, str]:
    """Name to module: every `benchmarks/<name>.py` or folder with a `__main__.py`.

    A benchmark runs by `python -m benchmarks.<name>` and writes its result as one JSON object, the
    rest of what it has to say to stderr. It finds servers by `ENLACE_*`, unless it says
    `SERVERS = False`.
    """
    found = {}
    for path in sorted(FOLDER.iterdir()) if FOLDER.exists() else []:
        if (path / "__main__.py").exists():
            found[path.name] = f"benchmarks.{path.name}"
        elif path.suffix == ".py" and not path.name.startswith("_"):
            found[path.stem] = f"benchmarks.{path.stem}"
    return found


@app.command()
def bench(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME…]")] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Run the benchmarks, or the named ones; exit 1 when a ratio is below its target.

    \b
    Example:
      ./enlace bench
      ./enlace bench accept --json
    """
    modules = known()
    chosen = list(names or modules)
    unknown = sorted(set(chosen) - set(modules))
    if unknown or not chosen:
        there = ", ".join(modules) or "none"
        raise UserError(f"no benchmark {', '.join(unknown)}; there are: {there}", USAGE)
    with tempfile.TemporaryDirectory(prefix="enlace-bench-") as folder, ExitStack() as stack:
        environment: dict[str, str] | None = None
        reports = []
        for name in chosen:
            module = modules[name]
            if environment is None and needs_servers(module):
                environment = dict(_servers(stack, Path(folder)))
            _note(f"== {name}")
            reports.append(_run(name, module, environment or {}))
            if not as_json:
                _table(reports[-1])
    if as_json:
        print(json.dumps(reports[0] if len(reports) == 1 else reports))
    if not all(_passed(row) for report in reports for row in report["results"]):
        raise typer.Exit(FOUND)


def _servers(stack: ExitStack, folder: Path) -> Mapping[str, str]:
    # the little that `up` takes beside everything else is no measure of a database of its own
    return stack.enter_context(throwaway(folder, _note, cache_gb=CACHE_GB))


def needs_servers(module: str) -> bool:
    return bool(getattr(importlib.import_module(module), "SERVERS", True))


def _note(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _run(name: str, module: str, environment: dict[str, str]) -> dict[str, Any]:
    try:
        answer = subprocess.run(
            [sys.executable, "-P", "-m", module],
            cwd=CHECKOUT,
            env=own_environment(environment),
            stdout=subprocess.PIPE,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise UserError(f"benchmark {name} was stopped: no result in {SECONDS} s") from error
    begin = answer.stdout.find("{")
    if answer.returncode != 0 or begin < 0:
        raise UserError(f"benchmark {name} ended with {answer.returncode} and without a result")
    try:
        report: dict[str, Any] = json.loads(answer.stdout[begin:])
    except ValueError as error:
        raise UserError(
            f"benchmark {name} wrote something else than its result: {error}"
        ) from error
    return report


def _passed(row: dict[str, Any]) -> bool:
    target = row.get("target")
    return target is None or row["ratio"] >= target


def _table(report: dict[str, Any]) -> None:
    rows = [HEAD, *(_cells(row) for row in report["results"])]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    print(f"\n{report['name']}, on {report['machine']}")
    for row in rows:
        print(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        )


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    numbers = (_short(row.get(key)) for key in ("ours", "theirs"))
    target = row.get("target")
    return (
        row["measure"],
        *numbers,
        row["unit"],
        _short(row["ratio"]),
        _short(target),
        "" if _passed(row) else "BELOW TARGET",
    )


def _short(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:,.2f}" if isinstance(value, float) else str(value)
