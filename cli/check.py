"""`enlace test`: every check that CI makes."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final
from xml.etree import ElementTree as ET

import typer

from cli.errors import FOUND, UserError
from cli.local.home import CHECKOUT
from cli.local.install import ensure_watchers
from cli.local.servers import throwaway
from cli.local.services import own_environment

if TYPE_CHECKING:
    from collections.abc import Mapping

app = typer.Typer()
TESTS: Final = CHECKOUT / "tests"
ORDER: Final = ("unit", "property", "contract", "architecture", "integration", "e2e", "chaos")
ALONE: Final = frozenset({"chaos"})
PYTEST: Final = "pytest"
WITHOUT_SERVERS: Final = frozenset({"unit", "property"})
TOGETHER: Final = (
    ("unit", "property"),
    # what takes longest in one file comes first, so that nobody waits for it at the end
    ("contract", "e2e", "security", "architecture", "integration"),
    # beside the others it saved half a minute, and made those wait that judge by the second
    ("chaos",),
)
"""Layers that one run of pytest takes when all are asked for: the machine is never half idle."""


@dataclass(frozen=True, slots=True)
class Step:
    """One check: a command line that ends with 0 when all is well."""

    name: str
    module: str
    arguments: tuple[str, ...]
    servers: bool = False
    env: Mapping[str, str] = field(default_factory=dict)


STATIC: Final = (
    Step("format", "ruff", ("format", "--check", ".")),
    Step("lint", "ruff", ("check", ".")),
    Step("types", "mypy", ()),
    Step("imports", "importlinter", ()),
)


def layers() -> list[str]:
    """The folders of `tests/` that hold tests, cheapest first."""
    found = {file.relative_to(TESTS).parts[0] for file in TESTS.rglob("test_*.py")}
    return sorted(
        found, key=lambda name: (ORDER.index(name) if name in ORDER else len(ORDER), name)
    )


def layer(*names: str, chaos: str) -> Step:
    """Folders of tests; those that share nothing but the servers run side by side.

    One more at a time than processors are common: much of it is waiting.
    """
    servers = not WITHOUT_SERVERS.issuperset(names)
    side_by_side = ("-n", "3", "--dist", "loadfile", "--no-loadscope-reorder")
    arguments = (
        "-q",
        "--durations=15",
        *(() if ALONE.issuperset(names) else side_by_side),
        *(f"tests/{name}" for name in names),
    )
    return Step(", ".join(names), PYTEST, arguments, servers, {"ENLACE_CHAOS": chaos})


def groups(known: list[str]) -> list[tuple[str, ...]]:
    """The layers there are, as they run together; one that is in no group runs by itself."""
    grouped = [tuple(name for name in group if name in known) for group in TOGETHER]
    others = [(name,) for name in known if not any(name in group for group in TOGETHER)]
    return [*filter(None, grouped), *others]


def plan(arguments: list[str]) -> list[Step]:
    """The steps that `arguments` ask for: none means all; what is no step goes to pytest."""
    static = {step.name: step for step in STATIC}
    known = layers()
    if not known:
        raise UserError(f"there are no tests in {TESTS}")
    if not arguments:
        return [*STATIC, *(layer(*names, chaos="short") for names in groups(known))]
    if all(name in static or name in {*ORDER, *known} for name in arguments):
        return [static.get(name) or layer(name, chaos="long") for name in arguments]
    return [Step(PYTEST, PYTEST, tuple(arguments), servers=True)]


@app.command(context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
def check(
    arguments: Annotated[
        list[str] | None, typer.Argument(metavar="[STEP… | PYTEST ARGUMENTS…]", show_default=False)
    ] = None,
) -> None:
    """Run every check that CI makes, or the named ones; what they need is provided.

    Steps: format, lint, types, imports, and the folders of tests/ (unit, property, contract,
    architecture, integration, e2e, chaos). `chaos` by name runs its long form. Anything else goes
    to pytest.

    \b
    Example:
      ./enlace test
      ./enlace test lint unit
      ./enlace test tests/unit/clock -k pauses
    """
    failed: list[str] = []
    steps = plan(list(arguments or []))
    begun = time.monotonic()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="enlace-test-")))
        servers: Mapping[str, str] | None = None
        if any(step.module == PYTEST for step in steps):
            # here rather than in a test, whose time is limited
            _install_watchers()
        for step in steps:
            if step.servers and servers is None:
                servers = _provide(stack, folder / "servers")
            if not _run(step, servers if step.servers and servers else {}, folder):
                failed.append(step.name)
        tests = _told(folder)
    print(f"\n{len(steps)} checks in {time.monotonic() - begun:.0f} s")
    print(f"failed: {', '.join(failed)}" if failed else "all well")
    if tests:
        print(f"{tests['passed']} passed, {tests['failed']} failed, {tests['skipped']} skipped")
    if failed:
        raise typer.Exit(FOUND)


def _install_watchers() -> None:
    """Only the tests of what is watched need them, and fail by themselves where they are not."""
    try:
        ensure_watchers(lambda text: print(text, flush=True))
    except UserError as error:
        print(f"going on without Prometheus: {error}", flush=True)


def _told(folder: Path) -> Counter[str]:
    """What became of the tests of all steps, by the reports that pytest left in the folder."""
    found: Counter[str] = Counter()
    for file in folder.glob("*.xml"):
        for suite in ET.parse(file).iter("testsuite"):  # noqa: S314 - pytest wrote it just now
            failed = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
            skipped = int(suite.get("skipped", 0))
            found["failed"] += failed
            found["skipped"] += skipped
            found["passed"] += int(suite.get("tests", 0)) - failed - skipped
    return found


def _provide(stack: ExitStack, folder: Path) -> Mapping[str, str]:
    begun = time.monotonic()
    print("\n== servers", flush=True)
    folder.mkdir()
    servers = stack.enter_context(throwaway(folder, lambda text: print(text, flush=True)))
    print(f"== servers ready in {time.monotonic() - begun:.1f} s", flush=True)
    return servers


def _run(step: Step, servers: Mapping[str, str], folder: Path) -> bool:
    print(f"\n== {step.name}", flush=True)
    begun = time.monotonic()
    command = [sys.executable, "-P", "-m", step.module, *step.arguments]
    if step.module == "importlinter":
        command = [str(Path(sys.executable).with_name("lint-imports"))]
    if step.module == PYTEST:
        command.append(f"--junit-xml={folder / step.name.replace(', ', '-')}.xml")
    environment = own_environment({**servers, **step.env})
    # pytest answers 5 when it found no test: that is a failure too
    code = subprocess.run(command, cwd=CHECKOUT, env=environment, check=False).returncode
    word = "ok" if code == os.EX_OK else f"FAILED ({code})"
    print(f"== {step.name} {word} in {time.monotonic() - begun:.1f} s", flush=True)
    return code == os.EX_OK
