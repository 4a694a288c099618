"""The acta over HTTP: as data, to be printed, to be verified."""

from collections.abc import Mapping
from html import escape
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict
from starlette.responses import HTMLResponse

from services.training.acta import Acta, ActaLine, Actas, Verdict
from services.training.api_terms import Hash
from services.training.evidence import Evidences
from services.training.policy import TrainingPolicy
from shared.http import Call, Input, Routes
from shared.i18n import Catalogue, load
from shared.service import Workshop

SLOW = 30.0
STYLE = (
    "body{font:11pt/1.4 sans-serif;margin:2cm}table{border-collapse:collapse;width:100%}"
    "th,td{border:1px solid #888;padding:3px 6px;text-align:left;vertical-align:top}"
    "code{font-size:8pt;overflow-wrap:anywhere}thead{display:table-header-group}"
    "tr{break-inside:avoid}"
)


class ActaQuery(Input):
    """As of when; now when nothing is said."""

    as_of: AwareDatetime | None = None


class VerifyQuery(ActaQuery):
    """The hash that an acta bears, and the instant it names."""

    hash: Hash


def acta_routes(api: Routes, workshop: Workshop) -> None:
    """Operations on actas."""
    actas, words = Actas(workshop), load()

    @api.get("/trainings/{training_id}/acta", may="read_enrolments", timeout=SLOW)
    async def read_acta(call: Call, training_id: str, query: ActaQuery) -> Acta:
        """Who signed what, when and how, as the histories tell it."""
        return await actas.write(call.tenant, training_id, query.as_of)

    @api.get(
        "/trainings/{training_id}/acta.html",
        may="read_enrolments",
        timeout=SLOW,
        media_types=("text/html",),
    )
    async def print_acta(call: Call, training_id: str, query: ActaQuery) -> HTMLResponse:
        """The acta to be printed and signed by hand."""
        acta = await actas.write(call.tenant, training_id, query.as_of)
        policy: TrainingPolicy = workshop.policy(call.tenant)
        page = _Page(words, call.language, policy)
        return HTMLResponse(
            page.of(acta),
            headers={"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'"},
        )

    evidence = Evidences(workshop.database)

    @api.get("/trainings/{training_id}/evidence/{sha256}", may="read_evidence")
    async def read_evidence(call: Call, training_id: str, sha256: str) -> EvidenceView:
        """What a signature was made with, by the hash that the acta shows."""
        record, intact = await evidence.get(call.tenant, training_id, sha256)
        return EvidenceView(
            sha256=sha256, person_id=record["person_id"], content=record["content"], intact=intact
        )

    @api.get("/trainings/{training_id}/acta/verify", may="read_enrolments", timeout=SLOW)
    async def verify_acta(call: Call, training_id: str, query: VerifyQuery) -> Verdict:
        """Whether an acta's hash is what the histories give."""
        return await actas.verify(call.tenant, training_id, query.hash, query.as_of)


class EvidenceView(BaseModel):
    """What a signature was made with; `intact` is whether it still has its hash."""

    model_config = ConfigDict(frozen=True)

    sha256: str
    person_id: str
    content: Mapping[str, Any]
    intact: bool


class _Page:
    """An acta as a page, in a language and an account's own time."""

    def __init__(self, words: Catalogue, language: str, policy: TrainingPolicy) -> None:
        self._words, self._language = words, language
        self._zone = policy.clock.calendar.zone

    def of(self, acta: Acta) -> str:
        """The whole page."""
        facts = [
            ("code", acta.code),
            ("topic", acta.topic),
            ("title", acta.title),
            ("status", self._word(f"status.{acta.status}")),
            ("as_of", acta.as_of.isoformat()),
            ("version", f"{acta.material_version or ''} {acta.sha256 or ''}"),
            ("coverage", f"{acta.signed} / {acta.eligible}"),
            ("exempt", str(acta.exempt)),
            ("head", acta.head),
            ("intact", self._word("yes" if acta.intact else "no")),
            ("acta_sha256", acta.acta_sha256),
        ]
        listed = "".join(
            f"<tr><th>{self._word(name)}</th><td>{escape(value)}</td></tr>" for name, value in facts
        )
        names = ("person", "role", "state", "at", "version", "method", "evidence", "chain")
        head = "".join(f"<th>{self._word(name)}</th>" for name in names)
        rows = "".join(self._row(line) for line in acta.lines)
        name = self._word("heading")
        return (
            f'<!doctype html><html lang="{self._language}"><head><meta charset="utf-8">'
            f"<title>{name} {escape(acta.code)}</title><style>{STYLE}</style></head><body>"
            f"<h1>{name}</h1><p>{self._word('statement')}</p><table>{listed}</table>"
            f"<h2>{self._word('people')}</h2>"
            f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></body></html>"
        )

    def _row(self, line: ActaLine) -> str:
        at = "" if line.at is None else line.at.astimezone(self._zone).strftime("%Y-%m-%d %H:%M:%S")
        seen = f"{line.material_version or ''} <code>{escape(line.sha256 or '')}</code>"
        cells = (
            escape(line.person_id),
            ", ".join(self._word(f"role.{role}") for role in line.roles),
            self._word(f"status.{line.status}")
            + (f": {escape(line.reason)}" if line.reason else ""),
            at,
            seen,
            "" if line.method is None else self._word(f"method.{line.method}"),
            f"<code>{escape(line.evidence_sha256 or '')}</code>",
            f"<code>{escape(line.head)}</code>",
        )
        return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"

    def _word(self, name: str) -> str:
        return escape(self._words.text(self._language, f"acta.{name}"))
