"""Composition of the kpi service."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from services.kpi.api import routes
from services.kpi.books import Books
from services.kpi.consumers import KpiSink
from services.kpi.mailing import SCHEDULE, composer, follows, keep_planned
from services.kpi.metrics import FigureCollector, KpiMetrics
from services.kpi.periods import PERIOD
from services.kpi.policy import SECTION, KpiSection, counting
from services.kpi.targets import TargetCollector
from services.kpi.views import Figures
from services.kpi.words import named
from shared import mail
from shared.i18n import load
from shared.mail import Letters, Postman
from shared.service import Service, Workshop


def _sink(workshop: Workshop) -> KpiSink:
    return KpiSink(Books(workshop.database), workshop.policy, KpiMetrics(workshop.metrics))


async def _prepare(workshop: Workshop) -> None:
    await Books(workshop.database).prepare()
    targets = {name for key in workshop.tenants for name in workshop.policy(key).targets}
    await workshop.registry.post("words", named(load(), targets))


def _tasks(workshop: Workshop) -> Sequence[Callable[[], Awaitable[None]]]:
    collector = FigureCollector(Books(workshop.database), workshop.tenants, workshop.registry)
    targets = TargetCollector(Figures(Books(workshop.database)), workshop)
    letters = Letters(workshop.database, workshop.now)
    postman = Postman(workshop, letters, composer(workshop))
    return collector.watch, targets.watch, postman.watch, partial(keep_planned, workshop)


SERVICE = Service(
    name="kpi",
    kinds=(PERIOD, SCHEDULE),
    follows=follows,
    patterns=("#",),
    sections={SECTION: KpiSection, mail.SECTION: mail.MailSection},
    policy=counting,
    routes=routes,
    sink=_sink,
    prefetch=1_024,  # a transaction a batch of half: twice the events a second of 64 (docs/kpi.md)
    prepare=_prepare,
    tasks=_tasks,
)
