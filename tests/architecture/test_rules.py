"""Rules of the house that no linter knows: sizes, names, and who may touch what."""

import ast
import dataclasses
import re
import subprocess
from pathlib import Path

import pytest

from cli.local.home import known_services
from shared.runner import find

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(
    path for folder in ("shared", "services", "cli") for path in (ROOT / folder).rglob("*.py")
)
LIMIT = 330
FORBIDDEN_NAMES = {"utils", "helpers", "common", "manager", "processor", "base", "data", "info"}
NAMES = [str(path.relative_to(ROOT)) for path in SOURCES]


@pytest.mark.parametrize("path", SOURCES, ids=NAMES)
def test_a_module_is_small_and_named_for_what_it_is(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LIMIT
    assert path.stem not in FORBIDDEN_NAMES


def test_events_leave_by_the_relay_alone() -> None:
    """Whoever published beside the outbox would announce what may not be saved."""
    senders = {
        name
        for path, name in zip(SOURCES, NAMES, strict=True)
        if re.search(r"publisher\.publish\(|basic_publish\(", path.read_text(encoding="utf-8"))
    }
    assert senders <= {"shared/bus/relay.py", "shared/bus/inbox.py", "shared/bus/dead.py"}


@pytest.mark.parametrize(
    "path",
    [
        p
        for p in SOURCES
        if p.parent.parent.name == "services" or "domain" in p.parts or "rules" in p.parts
    ],
    ids=str,
)
def test_the_domain_reads_no_clock_and_throws_no_dice(path: Path) -> None:
    if not {"domain", "rules"} & {*path.parts, path.stem}:
        return
    tree = ast.parse(path.read_text(encoding="utf-8"))
    called = {f"{ast.unparse(node.func)}" for node in ast.walk(tree) if isinstance(node, ast.Call)}
    forbidden = {"datetime.now", "datetime.utcnow", "date.today", "time.time", "utc_now", "new_id"}
    assert not called & forbidden


def test_nothing_connects_or_reads_the_environment_when_imported() -> None:
    """Every module imports with an empty environment and opens no socket."""
    program = (
        "import importlib, pathlib, socket, sys\n"
        "def refuse(*a, **k): raise AssertionError('a socket at import')\n"
        "socket.socket.connect = refuse\n"
        f"root = pathlib.Path({str(ROOT)!r})\n"
        "for folder in ('shared', 'services'):\n"
        "    for path in sorted((root / folder).rglob('*.py')):\n"
        "        name = '.'.join(path.relative_to(root).with_suffix('').parts)\n"
        "        importlib.import_module(name.removesuffix('.__init__'))\n"
    )
    done = subprocess.run(
        [str(ROOT / ".venv" / "bin" / "python"), "-c", program],
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]


def test_no_path_of_a_machine_and_no_registry_is_in_the_project() -> None:
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    parent = f"{ROOT.parent}/"
    hosts = re.compile(r"(files\.pythonhosted|pypi\.org/simple|registry\.npmjs)")
    for name in tracked:
        path = ROOT / name
        if path.suffix in {".gz", ".xlsx", ".png", ".mo"} or not path.exists():
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        assert parent not in text or parent == "/", name
        assert name == "tests/architecture/test_rules.py" or not hosts.search(text), name


@pytest.mark.parametrize("name", known_services())
def test_a_state_never_changes(name: str) -> None:
    """One initial state serves all cases of a kind."""
    (service,) = find([name], [name])
    for kind in service.kinds:
        state = kind.decider.initial()
        assert dataclasses.is_dataclass(state)
        assert state.__dataclass_params__.frozen, kind.thing
        values = [getattr(state, field.name) for field in dataclasses.fields(state)]
        assert not [value for value in values if isinstance(value, list | set)], kind.thing
