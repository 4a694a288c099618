"""The bus edge: a batch of everybody's events becomes one transaction on the figures."""

from collections.abc import Sequence
from logging import DEBUG
from traceback import format_exc
from typing import Final

import structlog
from pymongo.asynchronous.client_session import AsyncClientSession

from services.kpi.books import Books
from services.kpi.ledger import By, Ledger, Reading, read, stream_of
from services.kpi.metrics import KpiMetrics
from shared.bus.delivery import Burial, Delivery, Verdict
from shared.bus.sink import Bury
from shared.bus.work import at_work_on
from shared.contracts import Envelope
from shared.contracts.events import REGISTRY
from shared.decider import Transient
from shared.store import utc_now

log = structlog.get_logger()
MAX_TRACE: Final = 4_000
UNKNOWN: Final = "unknown"
OWN: Final = "kpi"


class KpiSink:
    """What the inbox hands its batches to.

    The effect of a batch, facts and buckets and places reached, commits as a whole or not at all,
    and only then is the broker told: a batch that comes again changes nothing.
    """

    def __init__(self, books: Books, by: By, metrics: KpiMetrics) -> None:
        self._books = books
        self._by = by
        self._metrics = metrics

    async def process(self, batch: Sequence[Delivery], bury: Bury) -> list[Verdict]:
        """Take a batch; the verdicts are in its order."""
        readings = [read(delivery) for delivery in batch]
        verdicts = dict.fromkeys((delivery.tag for delivery in batch), Verdict.DONE)
        try:
            for delivery, reading in zip(batch, readings, strict=True):
                if reading is None:
                    await self._pass(delivery, bury)
            wanted = [reading for reading in readings if reading is not None]
            verdicts |= await self._settle(wanted, _once(bury))
        except Transient as error:
            log.warning("figures_held", reason=str(error), events=len(batch))
            return [Verdict.HOLD] * len(batch)
        return [verdicts[delivery.tag] for delivery in batch]

    async def _pass(self, delivery: Delivery, bury: Bury) -> None:
        """An event no indicator needs; one that nobody here has heard of is kept."""
        event = delivery.event
        outcome = "passed"
        if event.type not in REGISTRY:
            stem = event.type.rpartition(".v")[0]
            known = any(name.rpartition(".v")[0] == stem for name in REGISTRY)
            reason = "unknown_version" if known else "unknown_type"
            await bury(Burial(delivery.body, reason, event.type))
            outcome = "buried"
        self._metrics.handled([(_stream_of(event, outcome), outcome)])

    async def _settle(self, readings: list[Reading], bury: Bury) -> dict[int, Verdict]:
        """Commit the readings together; when they do not fit, find the one that is to blame."""
        if not readings:
            return {}
        try:
            return await self._commit(readings, bury)
        except Transient:
            raise
        except Exception as error:  # noqa: BLE001 - told below; the rest goes on
            if len(readings) > 1:
                middle = len(readings) // 2
                first = await self._settle(readings[:middle], bury)
                return first | await self._settle(readings[middle:], bury)
            (reading,) = readings
            # the trace without its frames' values: they may be personal data
            event_id, trace = reading.delivery.event.id, format_exc()[-MAX_TRACE:]
            if reading.failure[0]:
                log.error("event_not_even_buried", event_id=event_id, trace=trace)  # noqa: TRY400
                if not reading.delivery.exhausted:
                    return {reading.delivery.tag: Verdict.RETRY}
                await bury(Burial(reading.delivery.body, *reading.failure))
                return {reading.delivery.tag: Verdict.DONE}
            log.error("event_not_counted", event_id=event_id, trace=trace)  # noqa: TRY400
            reading.body, reading.failure = None, ("bug", f"{type(error).__name__}: {error}")
            return await self._settle(readings, bury)

    async def _commit(self, readings: list[Reading], bury: Bury) -> dict[int, Verdict]:
        ids = {reading.fact_id for reading in readings}
        ledger = Ledger(self._by, {})
        verdicts: dict[int, Verdict] = {}

        async def work(session: AsyncClientSession) -> None:
            nonlocal ledger
            ledger = Ledger(self._by, await self._books.load(ids, session))
            for reading in readings:
                verdicts[reading.delivery.tag] = ledger.take(reading)
            for _, burial in ledger.burials:
                await bury(burial)
            await self._books.save(ledger, session)

        await self._books.transact(work)
        self._report(ledger)
        return verdicts

    def _report(self, ledger: Ledger) -> None:
        now = utc_now()
        self._metrics.handled(
            (stream_of(delivery.event.type), outcome) for delivery, outcome in ledger.handled
        )
        for delivery, outcome in ledger.handled:
            if outcome == "handled":
                self._metrics.lag(now - delivery.event.time)
        if log.is_enabled_for(DEBUG):
            for delivery, outcome in ledger.handled:
                with at_work_on(delivery.event, OWN):
                    log.debug("event_heard", type=delivery.event.type, outcome=outcome)
        for delivery, burial in ledger.burials:
            with at_work_on(delivery.event, OWN):
                log.error(
                    "event_buried",
                    type=delivery.event.type,
                    event_id=delivery.event.id,
                    reason=burial.reason,
                    detail=burial.detail,
                )


def _once(bury: Bury) -> Bury:
    """Bury what cannot be counted once, however often its transaction is tried."""
    done: set[bytes] = set()

    async def guarded(burial: Burial) -> None:
        if burial.body not in done:
            await bury(burial)
            done.add(burial.body)

    return guarded


def _stream_of(event: Envelope, outcome: str) -> str:
    """An event that nobody has heard of must not make a series of its own."""
    return UNKNOWN if outcome == "buried" else stream_of(event.type)
