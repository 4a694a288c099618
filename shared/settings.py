"""Settings of a process, from ``ENLACE_*`` variables and from files of secrets.

Built once, in main: ``Settings()`` reads the environment; tests pass what they need. Addresses and
secrets have no default. Each variable may also be a file of its name in ``ENLACE_SECRETS_DIR``
(a mounted secret); the variable wins. `docs/settings.md` is generated from here.
"""

import os
import re
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
)

PREFIX: Final = "ENLACE_"
SECRETS_DIR: Final = "ENLACE_SECRETS_DIR"
_OVERRIDE: Final = re.compile(r"ENLACE_([A-Z][A-Z0-9_]*?)_(AMQP_URL|MONGO_URL)")
_MEBIBYTE: Final = 1024 * 1024


def _seconds(value: object) -> object:
    """Let a variable say `2.5` as well as `PT2.5S`."""
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return value
    return value


Duration = Annotated[timedelta, BeforeValidator(_seconds)]


class LogFormat(StrEnum):
    JSON = "json"
    CONSOLE = "console"


class LogLevel(StrEnum):
    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class MissingSetting(ValueError):
    """A service cannot run without this variable; the text names it."""


class ServiceSettings(BaseModel):
    """What one service connects to."""

    model_config = ConfigDict(frozen=True)

    name: str
    amqp_url: SecretStr
    mongo_url: SecretStr
    database: str


class Overrides(BaseModel):
    """Addresses of one service that differ from the process's own."""

    model_config = ConfigDict(frozen=True)

    amqp_url: SecretStr | None = None
    mongo_url: SecretStr | None = None


class Settings(BaseSettings):
    """All of a process; frozen."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    amqp_url: Annotated[
        SecretStr | None, Field(description="Broker, `amqp(s)://user:password@host:port/vhost`")
    ] = None
    mongo_url: Annotated[SecretStr | None, Field(description="Database, `mongodb://…`")] = None
    amqp_management_url: Annotated[
        SecretStr | None,
        Field(
            description="Broker's management API, as an administrator; for `topology apply`. "
            "Empty: the broker's host and login, port 15672 (15671 for `amqps`)"
        ),
    ] = None
    services: Annotated[
        Mapping[str, Overrides],
        Field(
            description="Filled from `ENLACE_<SERVICE>_AMQP_URL` and `ENLACE_<SERVICE>_MONGO_URL`"
        ),
    ] = {}
    database_prefix: Annotated[
        str,
        Field(
            pattern="^[a-z0-9_]{0,30}$", description="Each service's database is this and its name"
        ),
    ] = "enlace_"
    tenants_dir: Annotated[
        Path, Field(description="Folder with one folder of policies per tenant")
    ] = Path("deploy/tenants")
    token_public_keys: Annotated[
        Path | None, Field(description="JWKS file with the keys that tokens are verified with")
    ] = None
    token_private_key: Annotated[
        Path | None,
        Field(
            description="PEM file of the key that signs tokens; only people and the command line"
        ),
    ] = None
    period_public_keys: Annotated[
        Path | None,
        Field(description="JWKS file with the keys that closed months are verified with; only kpi"),
    ] = None
    period_private_key: Annotated[
        Path | None,
        Field(description="PEM file of the key that signs closed months; only kpi"),
    ] = None
    http_host: Annotated[str, Field(description="Address to listen on")] = "127.0.0.1"
    http_port: Annotated[
        int, Field(ge=0, le=65535, description="Port to listen on; 0 takes a free one")
    ] = 8080
    http_body_limit: Annotated[int, Field(gt=0, description="Largest request body, bytes")] = (
        _MEBIBYTE
    )
    http_timeout: Annotated[
        Duration, Field(description="Longest time to answer a request, seconds or ISO 8601")
    ] = timedelta(seconds=30)
    http_max_in_flight: Annotated[
        int, Field(gt=0, description="Requests at once, beyond which the answer is 503")
    ] = 1000
    http_rate: Annotated[
        float, Field(ge=0, description="Requests per second and caller, 0 for no limit")
    ] = 5000
    http_burst: Annotated[
        int, Field(gt=0, description="Requests of one caller at once, beyond its rate")
    ] = 5000
    http_proxies: Annotated[
        int | None,
        Field(
            ge=0,
            le=8,
            description="Proxies of ours before the services, whose `X-Forwarded-For` tells who "
            "asks; 0 when clients connect themselves. Empty: not known, so nothing is limited by "
            "address but the rate",
        ),
    ] = None
    prefetch: Annotated[
        int, Field(gt=0, le=1000, description="Messages a consumer holds unacknowledged")
    ] = 256
    shutdown_timeout: Annotated[
        Duration, Field(description="Time for work at hand to finish on stop")
    ] = timedelta(seconds=20)
    log_level: Annotated[LogLevel, Field(description="Least severe line that is written")] = (
        LogLevel.INFO
    )
    log_format: Annotated[
        LogFormat, Field(description="`json` for programs, `console` for people")
    ] = LogFormat.JSON
    smtp_url: Annotated[
        SecretStr | None,
        Field(
            description="Where mail goes, `smtp://`, `smtp+starttls://` or "
            "`smtps://user:password@host:port`; without it letters wait"
        ),
    ] = None
    mail_listen: Annotated[
        str | None,
        Field(
            pattern=r"^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):\d{1,5}$",
            description="Where intake takes mail by SMTP, `host:port`, behind the institution's "
            "own mail server; without it none is taken",
        ),
    ] = None
    clock: Annotated[
        str | None,
        Field(
            pattern=r"^[^,]+,[^,]+,[0-9.e+]+,[^,]+$",
            description="For demonstrations alone, another clock than the real one: "
            "`begins,since,pace,ends`, from the real instant `since` on `pace` times as fast",
        ),
    ] = None
    otlp_endpoint: Annotated[
        str | None,
        Field(description="Where spans go (OTLP), `http://host:4318/v1/traces`; none without it"),
    ] = None

    def for_service(self, name: str) -> ServiceSettings:
        """Where the service `name` connects; raises `MissingSetting`."""
        own = self.services.get(name, Overrides())
        return ServiceSettings(
            name=name,
            amqp_url=_present(own.amqp_url or self.amqp_url, name, "AMQP_URL"),
            mongo_url=_present(own.mongo_url or self.mongo_url, name, "MONGO_URL"),
            database=f"{self.database_prefix}{name}",
        )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - no .env: one place less to look
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - replaced, see below
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        overrides = _OverrideSource(settings_cls)
        folder = os.environ.get(SECRETS_DIR)
        if folder is None:
            return init_settings, env_settings, overrides
        files = SecretsSettingsSource(settings_cls, secrets_dir=folder)
        return init_settings, env_settings, overrides, files


class _OverrideSource(PydanticBaseSettingsSource):
    """Reads the addresses of single services, whose names are in the variables' names."""

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:  # noqa: ANN401, ARG002
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        services: dict[str, dict[str, str]] = {}
        for variable, value in {**_secret_files(), **os.environ}.items():
            match = _OVERRIDE.fullmatch(variable.upper())
            if match is not None and value:
                services.setdefault(match[1].lower(), {})[match[2].lower()] = value
        return {"services": services} if services else {}


def _secret_files() -> dict[str, str]:
    folder = os.environ.get(SECRETS_DIR)
    if folder is None:
        return {}
    names = (path for path in Path(folder).iterdir() if _OVERRIDE.fullmatch(path.name.upper()))
    return {path.name: path.read_text(encoding="utf-8").strip() for path in names}


def _present(value: SecretStr | None, service: str, name: str) -> SecretStr:
    if value is None:
        raise MissingSetting(
            f"set {PREFIX}{name} or {PREFIX}{service.upper()}_{name} to run {service}"
        )
    return value


def describe() -> str:
    """The table of `docs/settings.md`."""
    rows = [_row(name, field) for name, field in Settings.model_fields.items()]
    return "\n".join([*_HEAD, *rows, ""])


_HEAD: Final = (
    "# Settings",
    "",
    "Generated from `shared/settings.py` by `python -m shared.settings > docs/settings.md`;",
    "a test compares. Any of them may be a file of the same name (in small letters) in the folder",
    f"`{SECRETS_DIR}`.",
    "",
    "| variable | default | meaning |",
    "| --- | --- | --- |",
)


_OVERRIDES_ROW: Final = (
    "| `ENLACE_<SERVICE>_AMQP_URL`, `ENLACE_<SERVICE>_MONGO_URL` | the process's own "
    "| One service's own address; its database is `enlace_<service>` |"
)


def _row(name: str, field: Any) -> str:  # noqa: ANN401 - pydantic's FieldInfo
    if name == "services":
        return _OVERRIDES_ROW
    default = (
        field.default.total_seconds() if isinstance(field.default, timedelta) else field.default
    )
    shown = "none" if default is None else f"`{default}`"
    return f"| `{PREFIX}{name.upper()}` | {shown} | {field.description} |"


if __name__ == "__main__":
    import sys

    sys.stdout.write(describe())
