"""What the client is written of his requests: each occasion once, in his account's language (A60).

Nothing is written while no mail server is configured: what passed meanwhile is not told later.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, Final

from services.intake.cases import REQUEST
from services.intake.domain import Coverage, Request
from services.intake.domain.subscription import Occasion, occasion_of
from services.intake.policy import IntakePolicy, LetterOccasion, LettersRow
from shared.clock import Calendar, Step, sentence
from shared.clock.steps import local
from shared.contracts import EventBody
from shared.contracts.intake import (
    RequestClosed,
    RequestConfirmationAsked,
    RequestProgressed,
    RequestReceived,
)
from shared.contracts.validation import EvaluationObserved, QueryReminded
from shared.decider import Unknown
from shared.i18n import LANGUAGES, SPANISH, Catalogue, load
from shared.ids import derived_id
from shared.mail import Composed, Letter, Letters, Unsendable, mail_of
from shared.mail.letters import Fact
from shared.policy import area_name
from shared.service import Workshop

KIND: Final = "request"
FULL: Final = 100
TEMPLATES: Final = (
    "request_received",
    "request_confirmation",
    "request_observed",
    "request_reminded",
    "request_approved",
    "request_started",
    "request_progressed",
    "request_deployed",
    "request_not_viable",
    "request_withdrawn",
    "request_replaced",
)


@dataclass(frozen=True, slots=True)
class Notice:
    """One letter: `key` tells it from the others of its request, and from no repetition."""

    occasion: LetterOccasion
    template: str
    key: str
    facts: Mapping[str, Fact] = field(default_factory=dict)


def notice_of(  # noqa: PLR0911 - one return an occasion
    body: EventBody, row: LettersRow, language: str
) -> Notice | None:
    """The letter that an event of a request, or of a query about it, leads to; most to none."""
    match body:
        case RequestReceived():
            return Notice(LetterOccasion.RECEIPT, "request_received", "receipt")
        case RequestConfirmationAsked(notes=notes):
            text = next((n.text for n in notes if n.language == language), notes[0].text)
            occasion = LetterOccasion.CONFIRMATION
            return Notice(occasion, "request_confirmation", "confirmation", {"note": text})
        case EvaluationObserved(query_id=query, questions=questions):
            told: dict[str, Fact] = {"query": query}
            told["questions"] = "\n".join(f"{n}. {one.text}" for n, one in enumerate(questions, 1))
            return Notice(LetterOccasion.OBSERVATION, "request_observed", f"query {query}", told)
        case QueryReminded(number=number):
            occasion, again = LetterOccasion.REMINDER, {"number": number}
            return Notice(occasion, "request_reminded", f"reminder {number}", again)
        case RequestClosed(outcome=outcome, reason=reason):
            facts = {"reason": reason}
            return Notice(LetterOccasion.CLOSE, f"request_{outcome}", "close", facts)
        case RequestProgressed():
            return _notice_of_progress(body, row)
    return None


def _notice_of_progress(body: RequestProgressed, row: LettersRow) -> Notice | None:
    if body.status == "viable" and body.deadlines and not body.gate:
        due = {"due": body.deadlines[0].due_at.isoformat()}
        return Notice(LetterOccasion.APPROVAL, "request_approved", "approval", due)
    coverage = Coverage(body.coverage_signed, body.coverage_exempt, body.coverage_eligible)
    match occasion_of(body):
        case Occasion.START:
            eligible = {"eligible": coverage.eligible}
            return Notice(LetterOccasion.START, "request_started", "start", eligible)
        case Occasion.PROGRESS:
            step = int(coverage.percent) // row.progress_step * row.progress_step
            if not 0 < step < FULL:
                return None
            covered = coverage.signed + coverage.exempt
            facts = {"percent": step, "covered": covered, "eligible": coverage.eligible}
            return Notice(LetterOccasion.PROGRESS, "request_progressed", f"{step} %", facts)
    return None


async def write_notice(
    workshop: Workshop, tenant: str, request_id: str, body: EventBody, query_id: str = ""
) -> None:
    """Write what an event leads to; the same event again writes nothing more.

    `query_id` is the query that a reminder is about, to tell its questions again.
    """
    if workshop.settings.smtp_url is None or mail_of(workshop.tenants[tenant]) is None:
        return
    policy: IntakePolicy = workshop.policy(tenant)
    row = policy.section.letters
    if row is None:
        return
    notice = notice_of(body, row, language_of(workshop, tenant))
    if notice is None or notice.occasion not in row.occasions:
        return
    facts = {"kind": KIND, "request": request_id, **notice.facts}
    key = notice.key
    if query_id:
        facts["query"], key = query_id, f"{key} of {query_id}"
    letter_id = notice_id(tenant, request_id, key)
    letter = Letter(letter_id, tenant, row.mailbox, notice.template, facts)
    await Letters(workshop.database, workshop.now).write(letter)


def notice_id(tenant: str, request_id: str, key: str) -> str:
    """The id of a request's letter: the same occasion, the same letter."""
    return derived_id("letter", tenant, request_id, key)


def language_of(workshop: Workshop, tenant: str) -> str:
    """The account's first language that there are words in."""
    known = (one for one in workshop.tenants[tenant].languages if one in LANGUAGES)
    return next(known, SPANISH)


async def compose(workshop: Workshop, letter: Letter) -> Composed:
    """The letter's words, and its place behind the letter of receipt.

    Raises:
        Unsendable: the account has no such mailbox.
    """
    tenant, facts = letter.tenant, letter.facts
    mail = mail_of(workshop.tenants[tenant])
    to = () if mail is None else mail.mailboxes.get(letter.addressee, ())
    if mail is None or not to:
        raise Unsendable("no_address")
    request_id = str(facts["request"])
    request = (await workshop.of(REQUEST).get(request_id, tenant)).state
    policy: IntakePolicy = workshop.policy(tenant)
    language = language_of(workshop, tenant)
    words = words_for(request, facts, policy.calendar, language)
    if request.area:
        words["area"] = area_name(workshop.tenants[tenant], request.area, language)
    words["account"] = workshop.tenants[tenant].name
    if letter.template == "request_reminded":
        words["questions"] = await _asked(workshop, tenant, request_id, str(facts["query"]))
    receipt = notice_id(tenant, request_id, "receipt")
    place = f"<{receipt}@{mail.sender.rpartition('@')[2]}>"
    headers = {} if letter.id == receipt else {"In-Reply-To": place, "References": place}
    return Composed(
        to=tuple(to),
        subject=_words().text(language, f"letter.{letter.template}.subject", words),
        text=_words().text(language, f"letter.{letter.template}.text", words),
        headers=headers,
    )


async def _asked(workshop: Workshop, tenant: str, request_id: str, query_id: str) -> str:
    """The questions of a query, as the letter with them has them; a dash when none was written."""
    first = notice_id(tenant, request_id, f"query {query_id}")
    try:
        kept = await Letters(workshop.database, workshop.now).get(tenant, first)
    except Unknown:
        return "-"
    return str(kept.letter.facts["questions"])


@cache
def _words() -> Catalogue:
    return load()


def words_for(
    request: Request, facts: Mapping[str, Fact], calendar: Calendar, language: str
) -> dict[str, Any]:
    """What the words of a letter are filled with; a date that was not promised is not shown."""
    evaluation = next((s.due_at for s in request.stages if s.name == "evaluation"), None)
    due = facts.get("due")
    promised = datetime.fromisoformat(str(due)) if due else evaluation
    told = {"received": request.received_at, "due": promised}
    dates = {
        name: sentence(Step(name, {"at": local(at, calendar.zone)}), language)
        if at is not None
        else _words().text(language, "letter.no_due")
        for name, at in told.items()
    }
    return {
        "code": request.code,
        "subject": request.title,
        "topic": request.topic,
        "area": request.area or "-",
        "coverage": request.coverage.percent,
        "replaced_by": request.replaced_by.code if request.replaced_by else "-",
        **facts,
        **dates,
        "reason": facts.get("reason") or "-",
    }
