"""The forms a report can have, by the ending of its address."""

from collections.abc import Callable, Mapping
from typing import Final

from services.kpi.policy import Form
from services.kpi.reports.as_csv import as_csv
from services.kpi.reports.as_pdf import as_pdf
from services.kpi.reports.rows import Document
from services.kpi.reports.tables import Tabler
from shared.i18n import Catalogue

MEDIA_TYPES: Final[Mapping[Form, str]] = {
    Form.JSON: "application/json",
    Form.CSV: "text/csv; charset=utf-8; header=present",
    Form.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Form.PDF: "application/pdf",
}


def _as_xlsx(document: Document, tabler: Tabler) -> bytes:
    # openpyxl takes as long as a fifth of the service's start, which it need not wait for
    from services.kpi.reports.as_xlsx import as_xlsx  # noqa: PLC0415

    return as_xlsx(document, tabler)


_RENDERERS: Final[Mapping[Form, Callable[[Document, Tabler], bytes]]] = {
    Form.CSV: as_csv,
    Form.XLSX: _as_xlsx,
    Form.PDF: as_pdf,
}


def rendered(document: Document, form: Form, words: Catalogue) -> bytes:
    """The document in a form; a PDF of thousands of rows takes seconds."""
    if form is Form.JSON:
        return document.model_dump_json().encode()
    return _RENDERERS[form](document, Tabler(document, words))
