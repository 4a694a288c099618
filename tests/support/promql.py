"""What tests read from deploy/: rules, dashboards, and the names in PromQL."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
RULES = DEPLOY / "prometheus" / "rules"
DASHBOARDS = DEPLOY / "grafana" / "dashboards"
_SUFFIXES = ("_bucket", "_sum", "_count", "_total")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_SELECTOR = re.compile(r"\b((?:enlace_\w+|up)(?:\{[^}]*\})?)(?![\w:{])")
_NAME = re.compile(r"(?<![\w:])(?:[a-z_]+:)?enlace_\w+(?::\w+)?")


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def rules() -> list[dict[str, Any]]:
    return [
        rule
        for file in sorted(RULES.glob("*.yaml"))
        for group in read(file)["groups"]
        for rule in group["rules"]
    ]


def alerts() -> list[dict[str, Any]]:
    return [rule for rule in rules() if "alert" in rule]


def recorded() -> set[str]:
    return {rule["record"] for rule in rules() if "record" in rule}


def dashboards() -> dict[str, dict[str, Any]]:
    return {
        file.stem: json.loads(file.read_text(encoding="utf-8"))
        for file in sorted(DASHBOARDS.glob("*.json"))
    }


def panels(dashboard: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for panel in dashboard["panels"]:
        yield panel
        yield from panel.get("panels") or ()


def queries() -> dict[str, str]:
    """Every expression of a panel, by dashboard, panel and place."""
    return {
        f"{name}/{panel['title']}/{target['refId']}": target["expr"]
        for name, dashboard in dashboards().items()
        for panel in panels(dashboard)
        for target in panel.get("targets") or ()
    }


def names(expression: str) -> set[str]:
    """The metrics of ours, and recorded series, that an expression names."""
    return set(_NAME.findall(_STRING.sub('""', expression)))


def selectors(expression: str) -> set[str]:
    """Its metrics with their label matchers, each a query of its own; not recorded series."""
    return {found for found in _SELECTOR.findall(expression) if ":" not in found.partition("{")[0]}


def family(name: str) -> str:
    """The metric's family as the exposition's TYPE line names it (OpenMetrics)."""
    for suffix in _SUFFIXES:
        name = name.removesuffix(suffix)
    return name
