"""From a document to a typed section, every mismatch placed on its line."""

from collections.abc import Iterable, Mapping
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from .documents import Document
from .findings import Finding, Neighbour, Place, Remark, Reviewed, Severity

Section = TypeVar("Section", bound=BaseModel)


def validate(
    document: Document, model: type[Section], beside: Mapping[str, Document] | None = None
) -> tuple[Section | None, tuple[Finding, ...]]:
    """The section, or None with the errors; a section that stands may still bring warnings.

    `beside` are all files of the tenant, where what they say of each other is to be checked too.
    """
    try:
        section = model.model_validate(document.body)
    except ValidationError as error:
        return None, tuple(_finding(document, item) for item in error.errors(include_url=False))
    remarks: list[Remark] = []
    if isinstance(section, Reviewed):
        remarks += section.remarks()
    if beside is not None and isinstance(section, Neighbour):
        remarks += section.remarks_beside({name: one.body for name, one in beside.items()})
    findings = tuple(_told(document, remarks))
    refused = any(finding.severity is Severity.ERROR for finding in findings)
    return None if refused else section, findings


def _told(document: Document, remarks: Iterable[Remark]) -> Iterable[Finding]:
    for one in remarks:
        line = document.line(one.place)
        yield Finding(document.path, line, one.rule, one.facts, one.severity)


def _finding(document: Document, item: ErrorDetails) -> Finding:
    place: Place = tuple(item["loc"])
    name = ".".join(str(part) for part in place)
    kind = item["type"]
    rule = "missing_source" if kind == "missing" and place[-1:] == ("source",) else kind
    bounds = {key: _bound(bound) for key, bound in item.get("ctx", {}).items()}
    told = {"field": name, "detail": f"{name}: {item['msg']}", "value": _short(item.get("input"))}
    return Finding(document.path, document.line(place), rule, bounds | told)


def _bound(bound: object) -> object:
    """A number as it is, so that one is told as one; choices are joined with an English word."""
    return bound if isinstance(bound, int) else str(bound).replace(" or ", ", ")


def _short(given: object) -> str:
    text = repr(given)
    limit = 60
    return text if len(text) <= limit else f"{text[:limit]}…"
