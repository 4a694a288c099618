"""Reports: one document, four forms with the same figures."""

from services.kpi.policy import Form, Kind
from services.kpi.reports.document import Asked, Editor
from services.kpi.reports.forms import rendered
from services.kpi.reports.rows import Document

__all__ = ["Asked", "Document", "Editor", "Form", "Kind", "rendered"]
