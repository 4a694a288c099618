"""README and guides tell the truth: commands run, excerpts come out, links lead somewhere."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest
import typer.main

from cli.__main__ import COMMANDS, build
from cli.demo import load
from cli.demo.api import Api, Somebody
from cli.demo.day import PEOPLE, SCENES, TENANT
from cli.local.home import Home
from tests.support.checkout import ROOT, Checkout
from tests.support.documents import blocks, compare, differs, last_json, run, steps

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

OURS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(ROOT.glob("docs/**/*.md"))]
GUIDES = [path for path in OURS if steps(path)]
COMMAND = re.compile(r"\./enlace +([a-z]+)(?: +([a-z]+))?")
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
TEST = re.compile(r"(tests/[\w/]+\.py)::(\w+)")
READER = Somebody("reader", ("auditor",))


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    """What a newcomer has after `./enlace up`."""
    assert shutil.which("curl"), "the guides use curl: install it"
    copy = Checkout.copy_to(tmp_path_factory.mktemp("documented"))
    try:
        started = copy.run("up", "--detach")
        assert started.returncode == 0, started.stdout + started.stderr
        assert f"{len(SCENES)} requests" in started.stdout
        yield copy
    finally:
        copy.run("down", "--wipe")
        for process in copy.processes():
            process.kill()


@pytest.fixture
def api(copy: Checkout, monkeypatch: pytest.MonkeyPatch) -> Api:
    home = Home(copy.folder / ".enlace")
    for variable, value in home.environment(home.state()).items():
        monkeypatch.setenv(variable, value)
    return Api(home.state().url, TENANT)


def standing(api: Api) -> Counter[str]:
    """How many requests of the day are in each status."""
    requests = api.done(READER, "GET", "/requests?limit=100")["items"]
    return Counter(request["status"] for request in requests)


def test_the_day_has_every_state_and_is_loaded_once(api: Api, copy: Checkout) -> None:
    wanted = Counter(scene.goal for scene in SCENES)
    wanted["in_evaluation"] += wanted["replaced"]  # what took the place of another
    people = api.done(READER, "GET", "/people?limit=100")["items"]
    assert standing(api) == wanted

    load(copy.state()["url"])

    assert standing(api) == wanted
    assert api.done(READER, "GET", "/people?limit=100")["items"] == people


def test_a_request_that_was_taken_further_is_left_as_it_is(api: Api, copy: Checkout) -> None:
    (observed,) = api.done(READER, "GET", "/requests?status=observed")["items"]
    liaison = Somebody("visitor", ("liaison",))
    path = f"/requests/{observed['id']}"
    api.done(liaison, "POST", f"{path}/withdraw", {"reason": "Ya no."}, version=observed["version"])

    load(copy.state()["url"])

    assert api.done(READER, "GET", path)["status"] == "withdrawn"


def test_the_day_of_another_version_is_left_as_it_is(
    api: Api, copy: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = standing(api)
    monkeypatch.setattr("cli.demo.PEOPLE", [replace(one, name="Otra") for one in PEOPLE])
    said: list[str] = []

    load(copy.state()["url"], said.append)

    assert said == ["left as it is: the day of another version was loaded here"]
    assert standing(api) == before


@pytest.mark.parametrize("guide", GUIDES, ids=name)
def test_its_commands_do_what_it_says(guide: Path, copy: Checkout, tmp_path: Path) -> None:
    document = steps(guide)

    printed = run(document, copy.folder, tmp_path, copy.environment, timeout=480)

    for step, text in zip(document, printed, strict=True):
        if step.excerpt is not None:
            difference = compare(step.excerpt, text)
            assert not difference, f"{name(guide)}:{step.excerpt.line}: {difference}"


def test_the_changelog_names_every_metric(copy: Checkout) -> None:
    with urlopen(f"{copy.state()['url']}/metrics") as answer:  # noqa: S310 - our own address
        served = set(re.findall(r"^# TYPE (enlace_\w+)", answer.read().decode(), re.MULTILINE))
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")

    told = set(re.findall(r"`(enlace_\w+)`", changelog.partition("#### Metrics")[2]))

    assert {one for one in served if not one.endswith("_created")} <= told


@pytest.mark.parametrize("document", OURS, ids=name)
def test_every_command_it_names_exists(document: Path) -> None:
    known = {command.name: command for command in COMMANDS}
    for command, below in set(COMMAND.findall(document.read_text(encoding="utf-8"))):
        assert command in known, f"./enlace {command}"
        if known[command].example and below:
            group = typer.main.get_command(build(command)).commands[command]  # type: ignore[attr-defined]
            assert below in group.commands, f"./enlace {command} {below}"


@pytest.mark.parametrize("document", OURS, ids=name)
def test_its_links_lead_somewhere(document: Path) -> None:
    for target in LINK.findall(document.read_text(encoding="utf-8")):
        assert (document.parent / target).exists(), target


@pytest.mark.parametrize("document", OURS, ids=name)
def test_every_test_it_names_exists(document: Path) -> None:
    for file, test in TEST.findall(document.read_text(encoding="utf-8")):
        source = (ROOT / file).read_text(encoding="utf-8")
        assert re.search(rf"def {test}\(", source), f"{file}::{test}"


def test_the_tour_is_run_at_all() -> None:
    tour = steps(ROOT / "README.md")
    assert len(tour) >= 10
    assert sum(step.excerpt is not None for step in tour) >= 10
    assert {block.language for block in blocks(ROOT / "README.md")} <= {
        *("sh", "json", "text"),
        *("console", "mermaid"),
    }


@pytest.mark.parametrize(
    ("wanted", "got", "found"),
    [
        ({"a": "…"}, {"a": [1], "b": 2}, ""),
        ({"a": 1}, {"b": 1}, "$.a is missing"),
        ({"a": 1}, {"a": 2}, "$.a is 2, not 1"),
        ([1, 3], [1, 2, 3], ""),
        ([3, 1], [1, 2, 3], "$[1]: no such item in [1, 2, 3]"),
    ],
)
def test_an_excerpt_is_compared(wanted: object, got: object, found: str) -> None:
    assert differs(wanted, got) == found
    assert last_json('x {"a": 1}{"a": {"b": 2}}') == {"a": {"b": 2}}
