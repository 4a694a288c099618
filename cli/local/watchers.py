"""Prometheus and Alertmanager beside the services; only where their programs are installed.

Both run what `deploy/` says, with the addresses of this machine in the place of the containers'.
"""

from __future__ import annotations

import json
import os
import shutil
from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Final

from cli.local.home import CHECKOUT
from cli.local.part import Part
from cli.local.process import Child
from cli.local.services import says_ready

if TYPE_CHECKING:
    from pathlib import Path

PROMETHEUS: Final = CHECKOUT / "deploy" / "prometheus"
ALERTMANAGER: Final = CHECKOUT / "deploy" / "alertmanager"
SCRAPE_EVERY: Final = "5s"


def _deployed(file: Path) -> dict[str, Any]:
    import yaml

    loaded: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return loaded


class _Watcher(Part):
    """A program with a configuration file and data in one folder."""

    program: ClassVar[str]

    def __init__(self, folder: Path, *, port: int, log: Path) -> None:
        self.folder = folder
        self.port = port
        self.log = log

    @classmethod
    def installed(cls) -> str | None:
        return shutil.which(cls.program)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def launch(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / f"{self.name}.yml"
        # JSON is YAML: no quoting of our own for folders with odd names
        file.write_text(json.dumps(self._config(), indent=1), encoding="utf-8")
        arguments = [self.installed() or self.program, f"--config.file={file}", *self._options()]
        self.child = Child(arguments, env=os.environ, folder=self.folder, log=self.log)

    @abstractmethod
    def _config(self) -> dict[str, Any]: ...

    @abstractmethod
    def _options(self) -> list[str]: ...

    def ready(self) -> bool:
        # the port is open long before: until its data are read it answers all else with 503
        return says_ready(self.port, "/-/ready")


class Prometheus(_Watcher):
    """Scrapes the services at `target` and tells `alertmanager`; both are loopback ports."""

    name = "prometheus"
    program = "prometheus"

    def __init__(
        self,
        folder: Path,
        *,
        port: int,
        target: int,
        log: Path,
        alertmanager: int | None = None,
        every: str = SCRAPE_EVERY,
    ) -> None:
        super().__init__(folder, port=port, log=log)
        self._target = target
        self._alertmanager = alertmanager
        self._every = every

    def _config(self) -> dict[str, Any]:
        config = _deployed(PROMETHEUS / "prometheus.yml")
        told = [] if self._alertmanager is None else [_static(self._alertmanager)]
        return config | {
            "global": {"scrape_interval": self._every, "evaluation_interval": self._every},
            "rule_files": [str(PROMETHEUS / pattern) for pattern in config["rule_files"]],
            "alerting": {"alertmanagers": [{"static_configs": told}]},
            "scrape_configs": [{"job_name": "enlace", "static_configs": [_static(self._target)]}],
        }

    def _options(self) -> list[str]:
        return [
            f"--storage.tsdb.path={self.folder / 'data'}",
            "--storage.tsdb.retention.time=15d",
            f"--web.listen-address=127.0.0.1:{self.port}",
        ]


class Alertmanager(_Watcher):
    """Routes and inhibits as in a deployment, and shows it; it sends nothing from here."""

    name = "alertmanager"
    program = "prometheus-alertmanager"

    def _config(self) -> dict[str, Any]:
        config = _deployed(ALERTMANAGER / "alertmanager.yml")
        return config | {"receivers": [{"name": one["name"]} for one in config["receivers"]]}

    def _options(self) -> list[str]:
        return [
            f"--storage.path={self.folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{self.port}",
            "--cluster.listen-address=",
        ]


def _static(port: int) -> dict[str, list[str]]:
    return {"targets": [f"127.0.0.1:{port}"]}
