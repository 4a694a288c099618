"""Reports that leave by themselves: planned by the policy, written once a period and addressee.

The letter holds which report of which days; its figures, its files and its addresses are made when
it is sent.
"""

import asyncio
from collections.abc import Iterable
from datetime import date
from typing import Final

import structlog

from services.kpi.desk import Desk
from services.kpi.periods import Periods
from services.kpi.policy import Counting, Form, Kind
from services.kpi.reports import Asked, Editor, rendered
from services.kpi.reports.forms import MEDIA_TYPES
from services.kpi.schedule import DECIDER, PlanReport, Schedule
from services.kpi.views import Period
from shared.bus.hears import Heard, Hears, Send
from shared.contracts.kpi import ScheduleReached
from shared.decider import Transient
from shared.i18n import load
from shared.ids import derived_id
from shared.mail import Composed, Composer, Enclosure, Letter, Letters, Unsendable, mail_of
from shared.service import Workshop
from shared.store import Cause
from shared.store import Kind as CaseKind

log = structlog.get_logger()
SCHEDULE: Final[CaseKind[Schedule]] = CaseKind("kpi", "schedule", DECIDER)
TEMPLATE: Final = "report"
ACTOR: Final = "system:kpi"
RETRY_SECONDS: Final = 5.0
follows: Final = Hears("kpi")


async def plan(workshop: Workshop) -> None:
    """Bring every account's schedule up to its policy; what is planned so already stays."""
    for tenant in sorted(workshop.tenants):
        counting: Counting = workshop.policy(tenant)
        known = await workshop.of(SCHEDULE).find(tenant, {"state.due_at": {"$ne": None}})
        names = {found.state.name for found in known}
        for name in sorted(names | set(counting.reports)):
            cause = Cause(tenant=tenant, actor=ACTOR)
            command = PlanReport(name)
            await workshop.of(SCHEDULE).handle(_case_of(tenant, name), command, cause, create=True)


async def keep_planned(workshop: Workshop) -> None:
    """Plan once, however often the database is away; a changed policy comes with a new start."""
    while True:
        try:
            await plan(workshop)
        except Transient as error:
            log.warning("reports_not_planned", reason=str(error)[:200])
            await asyncio.sleep(RETRY_SECONDS)
        else:
            await asyncio.Event().wait()


def _case_of(tenant: str, name: str) -> str:
    return derived_id(tenant, "schedule", name)


@follows(ScheduleReached)
async def on_schedule_reached(heard: Heard[ScheduleReached], workshop: Workshop) -> Iterable[Send]:
    """One letter an addressee; the same period again writes nothing more."""
    if mail_of(workshop.tenants[heard.tenant]) is None:
        log.warning("report_without_mailboxes", report=heard.body.name)
        return []
    letters = Letters(workshop.database, workshop.now)
    for addressee in heard.body.to:
        await letters.write(letter_of(heard.tenant, heard.body, addressee))
    return []


def letter_of(tenant: str, body: ScheduleReached, addressee: str) -> Letter:
    """The letter that brings a report to one addressee."""
    occasion = ("report", tenant, body.name, body.first.isoformat(), addressee)
    facts = {
        "report": body.report,
        "first": body.first.isoformat(),
        "last": body.last.isoformat(),
        "forms": " ".join(body.forms),
        "language": body.language,
    }
    if body.area:
        facts["area"] = body.area
    return Letter(derived_id(*occasion), tenant, addressee, TEMPLATE, facts)


def composer(workshop: Workshop) -> Composer:
    """Composes a report's letter when it is sent."""
    words = load()
    desk = Desk(workshop, words)
    editor, periods = Editor(workshop, desk, words), Periods(workshop, desk)

    async def compose(letter: Letter) -> Composed:
        mail = mail_of(workshop.tenants[letter.tenant])
        if mail is None or letter.addressee not in mail.mailboxes:
            raise Unsendable("no_mailbox")
        facts = {name: str(value) for name, value in letter.facts.items()}
        if letter.template != TEMPLATE or facts["report"] not in tuple(Kind):
            raise Unsendable("unknown_template")
        first, last = (date.fromisoformat(facts[name]) for name in ("first", "last"))
        asked = Asked(Kind(facts["report"]), Period.of(first, last), facts.get("area", ""))
        language = facts["language"]
        frozen = await periods.frozen(letter.tenant, asked.period)
        document = await editor.document(letter.tenant, language, asked, frozen)
        told = {"title": document.title, "account": document.account, "start": first, "end": last}
        stem = f"{letter.tenant}-{asked.stem}"
        enclosures = [
            Enclosure(
                f"{stem}.{form}",
                MEDIA_TYPES[form].partition(";")[0],
                await asyncio.to_thread(rendered, document, form, words),
            )
            for form in map(Form, facts["forms"].split())
        ]
        return Composed(
            to=mail.mailboxes[letter.addressee],
            subject=words.text(language, "letter.report.subject", told),
            text=words.text(language, "letter.report.body", told),
            enclosures=tuple(enclosures),
        )

    return compose
