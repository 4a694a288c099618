"""`enlace import requests` as a person meets it: what it says, and with which exit code."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from cli.__main__ import main

ROOT = Path(__file__).resolve().parents[3]
HEADER = "code,request_type,topic,title,received_at,due_at,closed_at,status"
GOOD = "A-1,information,t,s,2026-07-01T10:00:00,2026-07-02T10:00:00,2026-07-02T10:00:00,closed"
ENVIRONMENT = {
    "ENLACE_AMQP_URL": "amqp://127.0.0.1:1/",
    "ENLACE_MONGO_URL": "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=200",
    "ENLACE_TENANTS_DIR": str(ROOT / "deploy" / "tenants"),
}


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: object
    said: str
    complained: str


Enlace = Callable[..., Done]


@pytest.fixture
def enlace(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Enlace:
    """The command line, with nothing behind it."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)

    def run(*arguments: str | Path) -> Done:
        with pytest.raises(SystemExit) as ended:
            main(["import", "requests", *map(str, arguments)])
        shown = capsys.readouterr()
        return Done(ended.value.code or 0, shown.out, shown.err)

    return run


def register(folder: Path, *rows: str) -> Path:
    file = folder / "register.csv"
    file.write_text("\n".join([HEADER, *rows, ""]))
    return file


def test_a_dry_run_judges_and_writes_nothing(enlace: Enlace, tmp_path: Path) -> None:
    file = register(tmp_path, GOOD)
    done = enlace(file, "--tenant", "osinergmin", "--dry-run")
    assert (done.code, done.complained) == (0, "")
    assert "1 would be imported, 0 known already, 0 refused" in done.said
    assert "closed on time: 100.00 % (1 of 1 with both dates)" in done.said
    assert [path.name for path in tmp_path.iterdir()] == ["register.csv"]


def test_bad_rows_make_it_end_with_one(enlace: Enlace, tmp_path: Path) -> None:
    file = register(tmp_path, GOOD, "B-1,wish,t,s,2026-07-01T10:00:00,,,received")
    done = enlace(file, "--tenant", "osinergmin", "--dry-run")
    assert done.code == 1
    assert "register.csv.rejects.csv" in done.complained
    kept = (tmp_path / "register.csv.rejects.csv").read_text().splitlines()
    assert kept[0] == f"line,reason,{HEADER}"
    assert kept[1].startswith("3,")
    mended = register(tmp_path, GOOD)
    assert enlace(mended, "--tenant", "osinergmin", "--dry-run").code == 0
    assert not (tmp_path / "register.csv.rejects.csv").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("none.csv", "--tenant", "osinergmin"), "there is no file none.csv"),
        (("{file}", "--tenant", "atlantis"), "no tenant atlantis: choose one of"),
        (("{file}", "--tenant", "osinergmin", "--mapping", "none.toml"), "there is no mapping"),
        (
            ("{file}", "--tenant", "osinergmin", "--mapping", "{root}/baltimore_311.toml"),
            "has no column Agency",
        ),
    ],
)
def test_a_wrong_use_is_told_in_one_line(
    enlace: Enlace, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    places = {"file": register(tmp_path, GOOD), "root": ROOT / "deploy" / "mappings"}
    done = enlace(*(argument.format(**places) for argument in arguments))
    assert done.code == 2
    assert said in done.complained
    assert done.complained.count("\n") == 1
    assert "Traceback" not in done.complained


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('delimiter = ";"', "say ',' as its delimiter, not ';'"),
        ("", "row 1 has code, request_type, topic"),
    ],
)
def test_what_the_header_has_is_told(enlace: Enlace, tmp_path: Path, line: str, said: str) -> None:
    mapping = tmp_path / "m.toml"
    fields = '[fields]\ncode = "Número"\n'
    mapping.write_text(
        f'source = "r"\ntime_zone = "America/Lima"\nrow_id = ["Número"]\n{line}\n{fields}'
    )
    file = register(tmp_path, GOOD)
    done = enlace(file, "--tenant", "osinergmin", "--mapping", str(mapping))
    assert (done.code, said in done.complained) == (2, True), done.complained
    assert "has no column Número" in done.complained


def test_a_database_that_is_away_is_told_in_one_line(enlace: Enlace, tmp_path: Path) -> None:
    done = enlace(register(tmp_path, GOOD), "--tenant", "osinergmin")
    assert done.code == 1
    assert "see ./enlace status, then import again" in done.complained
    assert done.complained.count("\n") == 1


def test_help_has_an_example(enlace: Enlace) -> None:
    done = enlace("--help")
    assert done.code == 0
    assert "./enlace import requests 311.csv.gz --tenant osinergmin" in done.said
