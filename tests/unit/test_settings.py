"""Settings come from variables and secret files, fail early, and never show a secret."""

from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from shared.settings import LogFormat, MissingSetting, Settings, describe

DOCS = Path(__file__).parents[2] / "docs" / "settings.md"


@pytest.fixture(autouse=True)
def _empty(monkeypatch: pytest.MonkeyPatch) -> None:
    import os  # noqa: PLC0415

    for name in [name for name in os.environ if name.startswith("ENLACE_")]:
        monkeypatch.delenv(name)


def test_nothing_is_needed_to_build_them() -> None:
    settings = Settings()

    assert settings.http_host == "127.0.0.1"
    assert settings.http_body_limit == 1_048_576
    assert settings.amqp_url is None


def test_a_service_connects_where_the_process_does_unless_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ENLACE_AMQP_URL", "amqp://all")
    monkeypatch.setenv("ENLACE_AMQP_MANAGEMENT_URL", "http://admin")
    monkeypatch.setenv("ENLACE_MONGO_URL", "mongodb://all")
    monkeypatch.setenv("ENLACE_INTAKE_AMQP_URL", "amqp://intake:own")
    settings = Settings()
    intake, kpi = settings.for_service("intake"), settings.for_service("kpi")

    assert intake.amqp_url.get_secret_value() == "amqp://intake:own"
    assert intake.mongo_url.get_secret_value() == "mongodb://all"
    assert kpi.amqp_url.get_secret_value() == "amqp://all"
    assert (intake.database, kpi.database) == ("enlace_intake", "enlace_kpi")
    assert set(settings.services) == {"intake"}


def test_a_missing_address_is_named() -> None:
    with pytest.raises(MissingSetting, match="ENLACE_AMQP_URL or ENLACE_INTAKE_AMQP_URL"):
        Settings().for_service("intake")


def test_secrets_come_from_files_and_variables_win(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "enlace_amqp_url").write_text("amqp://file\n")
    (tmp_path / "enlace_mongo_url").write_text("mongodb://file\n")
    (tmp_path / "enlace_kpi_mongo_url").write_text("mongodb://kpi-file\n")
    monkeypatch.setenv("ENLACE_SECRETS_DIR", str(tmp_path))
    monkeypatch.setenv("ENLACE_AMQP_URL", "amqp://variable")
    kpi = Settings().for_service("kpi")

    assert kpi.amqp_url.get_secret_value() == "amqp://variable"
    assert kpi.mongo_url.get_secret_value() == "mongodb://kpi-file"


def test_they_cannot_be_changed_and_do_not_show_secrets() -> None:
    settings = Settings(amqp_url="amqp://user:hunter2@host")  # type: ignore[arg-type]

    with pytest.raises(ValidationError):
        settings.http_port = 1  # type: ignore[misc]
    assert "hunter2" not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [("HTTP_PORT", "70000"), ("LOG_LEVEL", "loud"), ("PREFETCH", "0"), ("HTTP_TIMEOUT", "x")],
)
def test_a_wrong_value_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"ENLACE_{name}", value)

    with pytest.raises(ValidationError):
        Settings()


@pytest.mark.parametrize("value", ["2.5", "PT2.5S"])
def test_a_duration_is_seconds_or_iso(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("ENLACE_HTTP_TIMEOUT", value)
    monkeypatch.setenv("ENLACE_LOG_FORMAT", "console")

    assert Settings().http_timeout == timedelta(seconds=2.5)
    assert Settings().log_format is LogFormat.CONSOLE


def test_the_page_is_in_step() -> None:
    assert DOCS.read_text(encoding="utf-8") == describe()
