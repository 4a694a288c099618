"""The demonstration month: who asks what when, and what everybody does about it, from a seed.

The same seed gives the same month. Some stories are always in it: a request on a Friday a minute
after the cut-off, a cascade that waits for its leaders and for the client, verbal instructions with
and without confirmation, a contradiction, a late client, a late provider, an access, a replacement,
and on the last days one request left in every state. The others are drawn. What would come after
the month does not happen, as in any month.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shared.clock import Calendar

HOUR: Final = 3_600
FRIDAY: Final = 4
DAY: Final = 8 * HOUR
"""Seconds of a business day at the office."""

TOUCHED: Final = "denuncias de alumbrado"
TOPICS: Final = (
    "Electricidad: corte",
    "Electricidad: cobros indebidos",
    "Electricidad: alumbrado público",
    "Gas natural: fugas",
    "Gas natural: Bono Gas",
    "Hidrocarburos: requisitos grifo",
    "Minería: denuncias",
    "Información general: oficinas",
)
AREAS: Final = ("División de Supervisión Regional", "Electricidad", "Gas natural", "Hidrocarburos")
SUBJECTS: Final = (
    "Cambia un plazo",
    "Nuevo requisito",
    "Aclaración de un procedimiento",
    "Datos que se piden",
    "Vigencia de una norma",
)
QUESTIONS: Final = ("¿Desde qué fecha rige?", "¿Vale para lo que está en trámite?")
ANSWERS: Final = ("Desde el primer día del mes próximo.", "No, solo para lo nuevo.")


@dataclass(frozen=True, slots=True)
class Step:
    """What somebody does to a story's request at an instant of the month."""

    at: datetime
    name: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Story:
    """A request of the month; `kind` says what it is there for."""

    number: int
    kind: str
    steps: tuple[Step, ...]


@dataclass
class Pen:
    """Writes one story: each step some working time after the one before."""

    calendar: Calendar
    rng: random.Random
    at: datetime
    steps: list[Step] = field(default_factory=list)

    def then(self, seconds: int, name: str, **facts: Any) -> Pen:  # noqa: ANN401 - any JSON
        """Go on after `seconds` of office time, give or take some minutes."""
        shift = seconds + self.rng.randrange(60, 900)
        self.at = self.calendar.add_business_time(self.at, shift)
        self.steps.append(Step(self.at, name, facts))
        return self

    def ask(self, **changes: Any) -> Pen:  # noqa: ANN401 - any JSON
        """The client asks, now."""
        rng = self.rng
        body = {
            "type": "information",
            "topic": rng.choice(TOPICS),
            "subject": rng.choice(SUBJECTS),
            "description": "Instrucción para los asesores de todas las líneas.",
            "area": rng.choice(AREAS),
            **changes,
        }
        self.steps.append(Step(self.at, "ask", {"body": body}))
        return self

    def observed(self, wait: int) -> Pen:
        """Asked back, and answered after the client's own time."""
        self.then(HOUR, "observe", questions=QUESTIONS)
        return self.then(wait, "answer", answers=ANSWERS)

    def replicated(self, after: int = HOUR) -> Pen:
        """From the approval to the last signature."""
        self.then(after, "approve", complexity="").prepared()
        return self.then(HOUR // 2, "leaders").then(HOUR // 2, "sign", share=0.4).signed()

    def prepared(self) -> Pen:
        text = "Ayuda memoria: lo que cambia, desde cuándo y qué se responde."
        return self.then(HOUR, "material", text=text).then(HOUR // 4, "launch")

    def signed(self) -> Pen:
        return self.then(HOUR // 2, "sign", share=1.0)


@dataclass(frozen=True, slots=True)
class Month:
    """A month of an account, and its days of work."""

    first: date
    calendar: Calendar

    @property
    def begins(self) -> datetime:
        return self.local(self.first)

    @property
    def ends(self) -> datetime:
        following = (self.first + timedelta(days=31)).replace(day=1)
        return self.local(following)

    @property
    def days(self) -> Sequence[date]:
        """Its business days."""
        found = (self.first + timedelta(days=n) for n in range(31))
        return [
            one
            for one in found
            if one.month == self.first.month and self.calendar.add_business_days(one, 0) == one
        ]

    def local(self, day: date, hour: int = 0, minute: int = 0) -> datetime:
        return datetime.combine(day, time(hour, minute), tzinfo=self.calendar.zone)


def plan(month: Month, seed: int, drawn: int) -> list[Story]:
    """The month's stories: those that are always there, and `drawn` more."""
    rng = random.Random(f"{month.first} {seed}")  # noqa: S311 - a story, not a secret
    told = [*_always(month, rng), *_left_over(month, rng)]
    days = month.days[:-1]
    for _ in range(drawn):
        at = month.local(rng.choice(days), rng.randrange(8, 18), rng.randrange(60))
        told.append(("drawn", _drawn(Pen(month.calendar, rng, at))))
    ends = month.ends
    return [
        Story(number, kind, tuple(step for step in pen.steps if step.at < ends))
        for number, (kind, pen) in enumerate(told, 1)
    ]


def _always(month: Month, rng: random.Random) -> list[tuple[str, Pen]]:
    days = month.days

    def on(day: int, hour: int = 9, minute: int = 0) -> Pen:
        return Pen(month.calendar, rng, month.local(days[day], hour, minute))

    friday = max(day for day in days[:-3] if day.weekday() == FRIDAY)
    late = Pen(month.calendar, rng, month.local(friday, 16, 31))
    ahead = (month.ends.date() + timedelta(days=9)).isoformat()
    sooner = days[15].isoformat()
    doubts = ("¿También de noche?", "¿Se pide foto?")
    gate = on(2).ask(topic=TOPICS[1], subject="Cobros: qué se pide primero")
    gate.then(HOUR, "approve", complexity="").then(HOUR // 4, "share", content="Para conocimiento.")
    for number, text in enumerate((*doubts, doubts[0].upper())):
        gate.then(0, "doubt", text=text, adviser=number)
    gate.then(HOUR // 4, "consult").then(0, "material", text="Cobros: primero el recibo.")
    gate.then(HOUR // 4, "launch_in_vain").then(2 * DAY, "clarify").then(HOUR // 4, "launch")
    gate.then(HOUR // 4, "sign_in_vain").then(DAY, "leaders").then(HOUR, "sign", share=0.5).signed()
    access = on(3).ask(type="system_access", subject="Consulta de expedientes")
    access.then(HOUR, "approve", complexity="").then(HOUR, "grant", system="expedientes", days=60)
    change = on(5).ask(type="system_change", subject="Dos motivos nuevos en el árbol")
    replaced = on(9).ask(subject="Requisitos, primera versión").then(HOUR, "approve", complexity="")
    replaced.prepared().then(HOUR, "replace", subject="Requisitos, versión final").replicated()
    rule = on(6).ask(topic=TOPICS[2], touches=[TOUCHED], effective_on=ahead)
    other = on(6, 10).ask(topic=TOPICS[2], touches=[TOUCHED], subject="Otra forma de denunciar")
    older = on(11).ask(topic=TOPICS[2], touches=[TOUCHED], effective_on=sooner)
    why = "Contradice lo que rige desde una fecha posterior."
    return [
        ("friday", late.ask(subject="Llegó el viernes a las 16:31").replicated()),
        ("blocked", gate),
        ("verbal lapsed", on(4).ask(verbal=True, subject="Por teléfono, sin confirmar")),
        ("verbal", on(5).ask(verbal=True, subject="Por teléfono").then(DAY // 4, "confirm")),
        ("contradiction", rule.replicated(HOUR // 2)),
        ("contradiction", other.then(HOUR, "withdraw", reason="Ya lo dice otra solicitud.")),
        ("contradiction", older.then(HOUR, "refuse", reason=why)),
        ("late client", on(3, 11).ask(subject="El cliente tarda").observed(6 * DAY).replicated()),
        ("late provider", on(8).ask(subject="El proveedor tarda").replicated(2 * DAY)),
        ("access", access.then(HOUR, "complete", note="Accesos entregados y probados.")),
        ("change", change.then(HOUR, "approve", complexity="medium")),
        ("replaced", replaced),
    ]


def _left_over(month: Month, rng: random.Random) -> list[tuple[str, Pen]]:
    """One in each state at the month's end."""

    def on(hour: int) -> Pen:
        return Pen(month.calendar, rng, month.local(month.days[-1], hour)).ask()

    def viable(hour: int) -> Pen:
        return on(hour).then(0, "approve", complexity="")

    asked = on(9).then(0, "observe", questions=QUESTIONS)
    answered = on(9).then(0, "observe", questions=QUESTIONS).then(HOUR, "answer", answers=ANSWERS)
    leaders = viable(9).then(0, "material", text="Ayuda.").then(0, "launch")
    begun = viable(9).then(0, "material", text="Ayuda.").then(0, "launch").then(0, "leaders")
    access = Pen(month.calendar, rng, month.local(month.days[-1], 9)).ask(type="system_access")
    return [
        ("in_evaluation", on(14)),
        ("observed", asked),
        ("answered", answered),
        ("viable", access.then(0, "approve", complexity="")),
        ("preparing", viable(10)),
        ("training_leaders", leaders),
        ("deploying", begun.then(HOUR, "sign", share=0.4)),
    ]


def _drawn(pen: Pen) -> Pen:
    kind = pen.rng.choice(("information", "information", "training", "reinforcement"))
    pen.ask(type=kind)
    way = pen.rng.random()
    if way < 0.06:  # noqa: PLR2004 - shares of a month, invented
        return pen.then(2 * HOUR, "refuse", reason="No hay recursos este mes.")
    if way < 0.12:  # noqa: PLR2004
        return pen.then(HOUR, "withdraw", reason="Ya no hace falta.")
    if way < 0.3:  # noqa: PLR2004
        return pen.observed(pen.rng.randrange(HOUR, 3 * DAY)).replicated()
    return pen.replicated(pen.rng.choice((HOUR, 2 * HOUR, 4 * HOUR, 10 * HOUR)))
