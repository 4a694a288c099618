"""Turns batches of events into commands to cases: in order per stream, each effect once.

Within a batch, streams run side by side and their reads and writes travel together; the events of
one stream run one after another. First the effects are committed, each case remembering the event
(`heard`), then the stream's cursor, then the broker is told. A crash in between repeats an event
that the case already knows.
"""

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import structlog
from opentelemetry.trace import StatusCode, Tracer
from pydantic import ValidationError

from shared.bus.delivery import Burial, Delivery, Verdict
from shared.bus.hears import Hears, Send
from shared.bus.order import Cursor, Cursors, Place
from shared.bus.work import at_work_on
from shared.contracts import (
    Envelope,
    EventBody,
    UnknownEventType,
    UnknownEventVersion,
    decode,
    encode,
)
from shared.decider import Rejected, Transient
from shared.store import Cases, Cause, utc_now
from shared.telemetry.kernel import KernelMetrics
from shared.telemetry.tracing import consumer_span, traceparent_of
from shared.waiting import together

log = structlog.get_logger()
Bury = Callable[[Burial], Awaitable[None]]
MAX_CURSOR_RACES = 8
FAN_OUT = 64


class CaseSink:
    """The consuming side of a service whose effects are commands to its cases."""

    def __init__(
        self,
        hears: Hears,
        cases: Mapping[str, Cases[Any]],
        cursors: Cursors,
        metrics: KernelMetrics,
        workshop: object = None,
        tracer: Tracer | None = None,
    ) -> None:
        self._tracer = tracer
        self._workshop = workshop
        self._hears = hears
        self._cases = cases
        self._cursors = cursors
        self._metrics = metrics

    async def process(self, batch: Sequence[Delivery], bury: Bury) -> list[Verdict]:
        """Handle a batch; the verdicts are in its order."""
        streams: dict[str, list[Delivery]] = {}
        for delivery in batch:
            streams.setdefault(delivery.event.stream, []).append(delivery)
        verdicts = await asyncio.gather(
            *(self._stream(name, deliveries, bury) for name, deliveries in streams.items())
        )
        by_tag = {
            delivery.tag: verdict
            for deliveries, answers in zip(streams.values(), verdicts, strict=True)
            for delivery, verdict in zip(deliveries, answers, strict=True)
        }
        return [by_tag[delivery.tag] for delivery in batch]

    async def follow(self, event: Envelope, bury: Bury, body: EventBody | None) -> None:
        """Carry out what an event of the service's own asks, as it is published.

        It may come again, and after a later one: what it asks must bear both.
        """
        with at_work_on(event, self._hears.service):
            failure = await self._traced(event, late=True, body=body)
            if failure is not None:
                await bury(Burial(encode(event), *failure))
            self._count(event, "followed" if failure is None else "buried")

    async def _stream(self, name: str, deliveries: Sequence[Delivery], bury: Bury) -> list[Verdict]:
        try:
            return await self._in_order(name, deliveries, bury)
        except Transient as error:
            log.warning("stream_held", stream=name, reason=str(error))
            return [Verdict.HOLD] * len(deliveries)

    async def _in_order(
        self, name: str, deliveries: Sequence[Delivery], bury: Bury
    ) -> list[Verdict]:
        starts = all(d.event.sequence == i for i, d in enumerate(deliveries, 1))
        for _ in range(MAX_CURSOR_RACES):
            cursor = Cursor(name) if starts else await self._cursors.load(name)
            starts = False
            before = (cursor.reached, len(cursor.early), len(cursor.passed_over))
            verdicts = [await self._one(cursor, delivery, bury) for delivery in deliveries]
            after = (cursor.reached, len(cursor.early), len(cursor.passed_over))
            if before == after or await self._cursors.save(cursor):
                return verdicts
        return [Verdict.RETRY] * len(deliveries)

    async def _one(self, cursor: Cursor, delivery: Delivery, bury: Bury) -> Verdict:
        event = delivery.event
        place = cursor.place(event.sequence, replay=delivery.replay)
        if place is Place.REPEATED:
            self._count(event, "repeated")
            return Verdict.DONE
        if place is Place.EARLY:
            self._count(event, "early")
            return Verdict.DONE if cursor.park(event.sequence, delivery.body) else Verdict.RETRY
        await self._apply(cursor, delivery, bury)
        while (parked := cursor.next_parked()) is not None:
            waited = Delivery(decode(parked), parked, tag=0)
            await self._apply(cursor, waited, bury)
        return Verdict.DONE

    async def _apply(self, cursor: Cursor, delivery: Delivery, bury: Bury) -> None:
        with at_work_on(delivery.event, self._hears.service):
            await self._take(cursor, delivery, bury)

    async def _take(self, cursor: Cursor, delivery: Delivery, bury: Bury) -> None:
        event = delivery.event
        failure = (delivery.exhausted, "") if delivery.exhausted else None
        failure = failure or await self._traced(event, late=delivery.replay)
        if failure is not None:
            reason, detail = failure
            await bury(Burial(delivery.body, reason, detail))
            log.error(
                "event_buried", type=event.type, event_id=event.id, reason=reason, detail=detail
            )
        cursor.advance(event.sequence, handled=failure is None)
        lag = (utc_now() - event.time).total_seconds()
        self._metrics.observe_lag(self._hears.service, lag)
        self._count(event, "handled" if failure is None else "buried")

    async def _traced(
        self, event: Envelope, *, late: bool, body: EventBody | None = None
    ) -> tuple[str, str] | None:
        if self._tracer is None:
            return await self._try(event, body, late=late)
        with consumer_span(self._tracer, self._hears.service, event) as span:
            # what the handling causes continues from its span
            continued = dataclasses.replace(event, traceparent=traceparent_of(span))
            failure = await self._try(continued, body, late=late)
            if failure is not None:
                span.set_status(StatusCode.ERROR, failure[0])
        return failure

    async def _try(
        self, event: Envelope, body: EventBody | None, *, late: bool
    ) -> tuple[str, str] | None:
        """Carry out what the event asks; a failure is returned as reason and detail."""
        try:
            sends = await self._hears.commands(event, self._workshop, body)
            for start in range(0, len(sends), FAN_OUT):
                part = sends[start : start + FAN_OUT]
                await together([self._send(send, event, late=late) for send in part])
        except (UnknownEventType, UnknownEventVersion) as error:
            return error.reason, event.type
        except ValidationError as error:
            return "invalid_body", _where(error)
        except Rejected as error:
            return "rejected", str(error)
        except Transient:
            raise
        except Exception as error:
            # A bug must not stop the queue; it is kept with its trace for whoever mends it.
            log.exception("event_handler_failed", type=event.type, event_id=event.id)
            return "bug", f"{type(error).__name__}: {error}"
        return None

    async def _send(self, send: Send, event: Envelope, *, late: bool) -> None:
        """Give the command to its case, which knows what it heard by place and by id.

        What may come after a later one (`late`) is known by its id alone.
        """
        cause = Cause(
            tenant=event.tenant,
            actor=f"system:{self._hears.service}",
            id=event.id,
            source=None if late else (event.stream, event.sequence),
            correlation=event.correlationid,
            causation=event.id,
            trace=event.traceparent,
        )
        cases = self._cases[send.kind]
        if send.create:
            await cases.create(send.case_id, send.command, cause)
        else:
            await cases.handle(send.case_id, send.command, cause)

    def _count(self, event: Envelope, outcome: str) -> None:
        self._metrics.count_handled(self._hears.service, event.name.stream, outcome)
        log.debug(
            "event_heard",
            type=event.type,
            event_id=event.id,
            outcome=outcome,
            correlation_id=event.correlationid,
        )


def _where(error: ValidationError) -> str:
    """Where a body is wrong, without the values: they may be personal data."""
    return "; ".join(
        f"{'.'.join(map(str, e['loc']))}: {e['type']}" for e in error.errors(include_input=False)
    )[:500]
