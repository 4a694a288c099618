"""From a document to a typed section, every mismatch placed on its line."""

from typing import TypeVar

from pydantic import BaseModel, ValidationError

from .documents import Document
from .findings import Finding, Place, Reviewed, Severity

Section = TypeVar("Section", bound=BaseModel)


def validate(
    document: Document, model: type[Section]
) -> tuple[Section | None, tuple[Finding, ...]]:
    """The section, or None with the errors; a section that stands may still bring warnings."""
    try:
        section = model.model_validate(document.body)
    except ValidationError as error:
        return None, tuple(
            _finding(document, tuple(item["loc"]), item["type"], item["msg"], item.get("input"))
            for item in error.errors(include_url=False, include_context=False)
        )
    findings: tuple[Finding, ...] = ()
    if isinstance(section, Reviewed):
        findings = tuple(
            Finding(
                document.path,
                document.line(remark.place),
                remark.rule,
                remark.facts,
                remark.severity,
            )
            for remark in section.remarks()
        )
    refused = any(finding.severity is Severity.ERROR for finding in findings)
    return None if refused else section, findings


def _finding(document: Document, place: Place, kind: str, text: str, given: object) -> Finding:
    name = ".".join(str(part) for part in place)
    rule = "missing_source" if kind == "missing" and place[-1:] == ("source",) else kind
    facts = {"field": name, "detail": f"{name}: {text}", "value": _short(given)}
    return Finding(document.path, document.line(place), rule, facts)


def _short(given: object) -> str:
    text = repr(given)
    limit = 60
    return text if len(text) <= limit else f"{text[:limit]}…"
