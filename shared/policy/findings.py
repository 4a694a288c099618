"""What is wrong with a policy: where, which rule, and why, in words that say what to do."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from shared.i18n import SPANISH, Catalogue, load

Place = tuple[str | int, ...]
"""The way to a value inside a document: keys and positions."""


class Severity(StrEnum):
    """An error refuses the policy; a warning is loud and lets it pass."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found in a file; `line` counts from 1, `facts` fill the sentence of `rule`."""

    file: Path
    line: int
    rule: str
    facts: Mapping[str, object] = field(default_factory=dict)
    severity: Severity = Severity.ERROR

    def reason(self, language: str = SPANISH) -> str:
        """Why, in one line; a rule without a sentence shows its facts."""
        said = _catalogue().find(language, f"policy.{self.rule}", self.facts)
        return said or self._of_field(language) or str(self.facts.get("detail", dict(self.facts)))

    def _of_field(self, language: str) -> str | None:
        """What is said of such a value in requests too; code of our own says more itself."""
        if "field" not in self.facts or self.rule == "value_error":
            return None
        said = _catalogue().find(language, f"invalid.{self.rule}", self.facts)
        return said and f"{self.facts['field']}: {said}"

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.severity} {self.rule}: {self.reason()}"


@dataclass(frozen=True, slots=True)
class Remark:
    """A finding of a section's own rules, placed inside its document."""

    place: Place
    rule: str
    facts: Mapping[str, object] = field(default_factory=dict)
    severity: Severity = Severity.ERROR


@runtime_checkable
class Reviewed(Protocol):
    """A section with rules of its own, beyond the shape of its fields."""

    def remarks(self) -> Iterable[Remark]:
        """What `policy check` should say about this section."""
        ...


@runtime_checkable
class Neighbour(Protocol):
    """A section that names what lies in another file of its tenant."""

    def remarks_beside(self, bodies: Mapping[str, Mapping[str, Any]]) -> Iterable[Remark]:
        """What `policy check` should say of it beside the tenant's files, as they were read."""
        ...


class PolicyError(Exception):
    """A policy that must not be used; `findings` say why."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("\n".join(str(finding) for finding in self.findings))


@cache
def _catalogue() -> Catalogue:
    return load()
