"""Reports: one document, four forms with the same figures."""

from services.kpi.reports.document import Document, Editor, Kind
from services.kpi.reports.forms import Form, rendered

__all__ = ["Document", "Editor", "Form", "Kind", "rendered"]
