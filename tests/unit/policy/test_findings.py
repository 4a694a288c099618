"""Each mistake is found with file, line, rule and a reason in both languages."""

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import Field
from typer.testing import CliRunner

from cli.policy import app
from shared.policy import Frozen, PolicyError, Remark, Severity, check, load_tenants

SHIPPED = Path(__file__).resolve().parents[3] / "deploy" / "tenants"


@pytest.fixture
def one(tmp_path: Path) -> Path:
    folder = tmp_path / "osinergmin"
    folder.mkdir()
    for name in ("tenant.yaml", "calendars.yaml", "deadlines.yaml"):
        shutil.copy(SHIPPED / "osinergmin" / name, folder / name)
    return tmp_path


def _errors(directory: Path) -> list[tuple[str, str, str]]:
    return [
        (found.file.name, found.file.read_text().splitlines()[found.line - 1].strip(), found.rule)
        for found in check(directory, {})
    ]


@pytest.mark.parametrize(
    ("file", "old", "new", "line", "rule"),
    [
        (
            "tenant.yaml",
            'version: "2026-07"',
            "",
            "name: Osinergmin (Experiencia Cliente)",
            "missing",
        ),
        (
            "tenant.yaml",
            "languages: [es,",
            "lenguas: [es]\nlanguages: [es,",
            "lenguas: [es]",
            "extra_forbidden",
        ),
        ("tenant.yaml", "    value: next", "    value: [next]", "value: [next]", "string_type"),
        (
            "calendars.yaml",
            '[["08:30", "16:30"]]',
            '[["08:30", "16:30"], ["16:00", "17:00"]]',
            'mon-fri: [["08:30", "16:30"], ["16:00", "17:00"]]',
            "overlapping_windows",
        ),
        ("calendars.yaml", "mon-fri", "lun-vie", 'lun-vie: [["08:30", "16:30"]]', "unknown_field"),
        ("calendars.yaml", "country: PE", "country: XX", "country: XX", "unknown_country"),
        (
            "calendars.yaml",
            "tz: America/Lima\n    weekly:\n      mon-fri",
            "tz: America/Limon\n    weekly:\n      mon-fri",
            "tz: America/Limon",
            "unknown_zone",
        ),
        (
            "calendars.yaml",
            "mail: {calendar: office",
            "mail: {calendar: oficina",
            'mail: {calendar: oficina, cutoff: "16:30", source: "derived: como B:L713"}',
            "unknown_calendar_name",
        ),
        (
            "calendars.yaml",
            'mail: {calendar: office, cutoff: "16:30"',
            'mail: {calendar: office, cutoff: "26:30"',
            'mail: {calendar: office, cutoff: "26:30", source: "derived: como B:L713"}',
            "string_pattern_mismatch",
        ),
        (
            "deadlines.yaml",
            "    amount: 30",
            "    amount: -30",
            "amount: -30",
            "greater_than_equal",
        ),
        (
            "deadlines.yaml",
            "    minimum: 15",
            "    minimum: 31",
            "minimum: 31",
            "minimum_above_amount",
        ),
        (
            "deadlines.yaml",
            "    calendar: telephone-24x7",
            "    calendar: nights",
            "calendar: nights",
            "unknown_calendar_name",
        ),
        (
            "deadlines.yaml",
            "    ambiguity: AMB-1",
            "    ambiguity: AMB-99",
            "ambiguity: AMB-99",
            "unknown_reading",
        ),
        (
            "deadlines.yaml",
            '    source: "A:L1891"',
            '    source: "page 4"',
            'source: "page 4"',
            "string_pattern_mismatch",
        ),
        (
            "deadlines.yaml",
            '    source: "A:L1891"',
            '    source: "A:L1891\\nB"',
            'source: "A:L1891\\nB"',
            "string_pattern_mismatch",
        ),
        (
            "deadlines.yaml",
            "    minimum: 15",
            "    minimum: 15\n    minimum: 14",
            "minimum: 14",
            "duplicate_key",
        ),
        (
            "deadlines.yaml",
            "    minimum: 15",
            "    minimum: [15",
            "unit: calendar_day  # AMB-1: business_day if the client reads it so",
            "syntax",
        ),
        (
            "deadlines.yaml",
            "    minimum: 15",
            "    minimum: !!python/name:os.system 15",
            "minimum: !!python/name:os.system 15",
            "unknown_tag",
        ),
        (
            "deadlines.yaml",
            "    minimum: 15",
            "    minimum: &a 15\n    roll: *a",
            "roll: *a",
            "alias",
        ),
        (
            "deadlines.yaml",
            "    minimum: 15",
            "    minimum: 15\n    [1]: 2",
            "[1]: 2",
            "key_not_text",
        ),
        (
            "deadlines.yaml",
            "figures:",
            (
                "orders:\n  - keys: [request.evaluate, request.never]\n    ambiguity: AMB-1\n"
                '    source: "A:L1"\nfigures:'
            ),
            "- keys: [request.evaluate, request.never]",
            "unknown_deadline",
        ),
    ],
)
def test_each_mistake_has_its_line(
    one: Path, file: str, old: str, new: str, line: str, rule: str
) -> None:
    path = one / "osinergmin" / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    assert (file, line, rule) in _errors(one)
    with pytest.raises(PolicyError, match=rule):
        load_tenants(one)


def test_times_are_text_and_words_are_words(one: Path) -> None:
    path = one / "osinergmin" / "tenant.yaml"
    path.write_text(path.read_text().replace("value: provider", "value: no"))
    assert load_tenants(one)["osinergmin"].reading("clock.calendar") == "no"
    calendars = one / "osinergmin" / "calendars.yaml"
    calendars.write_text(calendars.read_text().replace('cutoff: "16:30"', "cutoff: 16:30"))
    assert load_tenants(one)["osinergmin"].channel("mail").cutoff == 59_400


@pytest.mark.parametrize(
    ("name", "content", "rule"),
    [
        ("deadlines.yaml", b"\xff\xfe", "unreadable"),
        ("deadlines.yaml", b"- a\n- b\n", "not_a_mapping"),
        ("deadlines.yaml", b"a: " + b"[" * 100 + b"]" * 100, "too_deep"),
        ("deadlines.yaml", b"a: \x00", "syntax"),
        ("deadlines.yaml", b"#" * (5 << 20), "too_large"),
        ("deadlines.yaml", None, "missing_file"),
        ("surprise.yaml", b"a: 1", "unclaimed_file"),
    ],
)
def test_files_that_cannot_be_used(one: Path, name: str, content: bytes | None, rule: str) -> None:
    path = one / "osinergmin" / name
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    assert [found.rule for found in check(one, {})] == [rule]


def test_a_folder_without_tenants_is_a_mistake(tmp_path: Path) -> None:
    assert [found.rule for found in check(tmp_path, {})] == ["no_tenants"]


def test_a_tenants_name_is_a_safe_one(one: Path) -> None:
    (one / "osinergmin").rename(one / "Mi Cuenta")
    assert [found.rule for found in check(one, {})] == ["folder_name"]


def test_every_mistake_is_found_in_one_go(one: Path) -> None:
    folder = one / "osinergmin"
    (folder / "tenant.yaml").write_text("name: X\n")
    (folder / "deadlines.yaml").write_text("deadlines: {a: {amount: x}}\n")
    rules = {(found.file.name, found.rule) for found in check(one, {})}
    assert rules == {
        ("tenant.yaml", "missing"),
        ("deadlines.yaml", "int_parsing"),
        ("deadlines.yaml", "missing"),
        ("deadlines.yaml", "missing_source"),
    }


class Desk(Frozen):
    """A section of a service, with a rule of its own."""

    seats: int
    doors: tuple[str, ...] = ()

    def remarks(self) -> Iterable[Remark]:
        for place, door in enumerate(self.doors):
            if door == "locked":
                yield Remark(("doors", place), "locked_door", {"detail": f"{door}: open it"})
        if self.seats > 100:
            yield Remark(("seats",), "crowded", {"detail": "many seats"}, Severity.WARNING)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("seats: 3\n", []),
        ("seats: 300\n", [(1, "crowded", Severity.WARNING, "many seats")]),
        (
            "seats: 3\ndoors:\n  - open\n  - locked\n",
            [(4, "locked_door", Severity.ERROR, "locked: open it")],
        ),
        ("doors: []\n", [(1, "missing", Severity.ERROR, "falta seats")]),
    ],
)
def test_a_service_checks_its_own_section(
    one: Path, text: str, found: list[tuple[int, str, Severity, str]]
) -> None:
    (one / "osinergmin" / "desk.yaml").write_text(text)
    seen = check(one, {"desk": Desk})
    assert [(f.line, f.rule, f.severity, f.reason()) for f in seen] == found
    refused = any(severity is Severity.ERROR for _, _, severity, _ in found)
    if refused:
        with pytest.raises(PolicyError):
            load_tenants(one, {"desk": Desk})
        with pytest.raises(PolicyError):
            load_tenants(one)["osinergmin"].section("desk", Desk)
    else:
        section = load_tenants(one, {"desk": Desk})["osinergmin"].section("desk", Desk)
        assert section.seats in {3, 300}


class Room(Frozen):
    """A section of plain values."""

    doors: tuple[str, ...] = ()
    seats: Annotated[int, Field(ge=1)] = 1
    side: Literal["left", "right"] = "left"
    name: Annotated[str, Field(min_length=1)] = "a"


@pytest.mark.parametrize(
    ("text", "spanish", "english"),
    [
        ("doors: 3", "doors: Debe ser una lista.", "doors: Must be a list."),
        ("seats: 0", "seats: Debe ser 1 o más.", "seats: Must be 1 or more."),
        (
            "name: ''",
            "name: Debe tener al menos 1 carácter.",
            "name: Must have at least 1 character.",
        ),
        (
            "side: top",
            "side: Debe ser uno de: 'left', 'right'.",
            "side: Must be one of: 'left', 'right'.",
        ),
    ],
)
def test_a_wrong_value_is_told_in_both_languages(
    one: Path, text: str, spanish: str, english: str
) -> None:
    (one / "osinergmin" / "room.yaml").write_text(f"{text}\n")
    (found,) = check(one, {"room": Room})
    assert (found.reason(), found.reason("en")) == (spanish, english)


def test_a_section_that_is_not_there_names_its_file(one: Path) -> None:
    tenant = load_tenants(one, {"desk": Desk})["osinergmin"]
    with pytest.raises(PolicyError, match=r"desk\.yaml:1: error missing_file"):
        tenant.section("desk", Desk)


def test_the_command_prints_one_line_each_and_exits_with_one(one: Path) -> None:
    runner = CliRunner()
    assert runner.invoke(app, ["check", str(one)]).exit_code == 0
    path = one / "osinergmin" / "deadlines.yaml"
    path.write_text(path.read_text().replace(', source: "A:L1867"', ""))
    spanish = runner.invoke(app, ["check", str(one)])
    english = runner.invoke(app, ["check", str(one), "--language", "en"])
    assert spanish.exit_code == english.exit_code == 1
    assert spanish.output.startswith(f"{path}:3: error [missing_source] ")
    assert "lleva su fuente" in spanish.output
    assert "carries its source" in english.output
    assert spanish.output.count("\n") == 1
