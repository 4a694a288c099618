"""The public's ways in over HTTP: what the operations on each kind of case have in common."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any, Generic, Protocol, Self, TypeVar
from urllib.parse import quote

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError
from starlette.responses import Response, StreamingResponse

from services.intake.policy import IntakePolicy
from services.intake.private import Contact, Private
from services.intake.profiles.meeting import Meeting, Met
from services.intake.rules.promise import Promise
from services.intake.views import View
from shared.clock import Step, sentence
from shared.contracts import body_of
from shared.contracts.consultations import EnclosureRef, TextRef
from shared.contracts.stages import StageDeadline
from shared.decider import Stamp, Unknown
from shared.files import GridFiles
from shared.histories import HistoryEvent, history_page
from shared.http import Call, Input, Page, PageQuery, page_of
from shared.service import Workshop, cause_of
from shared.store import Cases, Cause, Entry, Kind, Outcome, behind
from shared.store.cases import MAX_HISTORY

S = TypeVar("S")
V = TypeVar("V", bound="Dated")
_FIRST_EVENTS = 8
Short = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Choice = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000)]
_MAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


def _address(text: str) -> str:
    """As a person has it; nobody is shown the pattern that it must match."""
    if text and _MAIL.fullmatch(text) is None:
        raise PydanticCustomError("mail_address", "is no mail address")
    return text


Address = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=254),
    AfterValidator(_address),
    Field(description="A mail address, such as rosaura@correo.example; empty for none"),
]


class ContactInput(Input):
    """Who asks; kept apart from all events."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""
    email: Address = ""
    phone: Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)] = ""

    def contact(self) -> Contact:
        return Contact(self.name, self.email, self.phone)


class Why(Input):
    """The reason, for the record; nothing about a person."""

    reason: Reason


class DeskDeadlineView(View):
    """A promise and how it stands: `running`, `paused` with the user, or how it ended.

    It ends `met`, `breached` or `cancelled`.
    """

    stage: str
    due_at: datetime
    effective_at: datetime
    state: str
    explain: Sequence[str] = Field(
        (), description="How the date came about, its waits too; where one case is read"
    )


class Caution(View):
    """Something that whoever works on it must see."""

    code: str
    text: str


class TextView(View):
    """Something written, by `user`, `draft`, `specialist` or `note`."""

    id: str
    role: str
    subject: str
    text: str
    at: datetime


class NameView(View):
    """What a document was called by whoever sent it."""

    id: str
    name: str


class Correspondence(View):
    """All that was written in a case and who it is with; for those who attend it."""

    name: str
    email: str
    phone: str
    ground: str = Field(description="Why the law has the person attended before others, if it does")
    texts: Sequence[TextView] = Field(description="Oldest first")
    documents: Sequence[NameView] = Field(description="Names of what came along")


class QueueQuery(PageQuery):
    """Filters of a queue; they narrow each other. Each kind says which statuses it has."""

    status: Annotated[tuple[Choice, ...], Field(max_length=20)] = ()
    code: str | None = Field(None, max_length=80)
    overdue: bool | None = None


class Dated(Protocol):
    """The view of a case that something is promised of."""

    @property
    def deadlines(self) -> Sequence[DeskDeadlineView]:
        """What is promised."""
        ...

    def model_copy(self, *, update: Mapping[str, Any] | None = None) -> Self:
        """The same with other values."""
        ...


def deadline_views(promise: Promise | None) -> list[DeskDeadlineView]:
    if promise is None:
        return []
    return [
        DeskDeadlineView(
            stage=promise.stage,
            due_at=promise.due_at,
            effective_at=promise.effective_at,
            state=promise.state,
        )
    ]


@dataclass(frozen=True)
class Desk(Generic[S, V]):
    """The operations on one kind of case; `show` makes its view."""

    workshop: Workshop
    kind: Kind[S]
    show: Callable[[Call, Outcome[S]], V]

    @property
    def cases(self) -> Cases[S]:
        return self.workshop.of(self.kind)

    @property
    def private(self) -> Private:
        return Private(self.workshop.database)

    async def met(self, call: Call, case_id: str, contact: Contact, ground: str) -> Met:
        """Who it is, kept beside the case, and whether he goes first, now or by his profile."""
        policy: IntakePolicy = self.workshop.policy(call.tenant)
        first = policy.public.care.preferential(ground)
        await self.private.keep_contact(call.tenant, case_id, contact)
        if first:
            await self.private.keep_ground(call.tenant, case_id, ground)
        met = await Meeting(self.workshop).meet(call.tenant, contact, str(call.actor))
        return replace(met, preferential=first or met.preferential)

    async def create(self, call: Call, command: object, cause: Cause) -> V:
        """A new case under the cause's id; a repetition is answered as the first call was."""
        outcome = await self.cases.create(cause.id, command, cause)
        return self.show(call, await self._as_first(call, outcome))

    async def give(self, call: Call, case_id: str, command: object) -> V:
        """Give a command to a case on the version the caller saw."""
        outcome = await self.cases.handle(
            case_id, command, cause_of(call), expected=call.expected_version
        )
        return self.show(call, outcome)

    async def keep_words(self, call: Call, case_id: str, role: str, words: str) -> TextRef:
        """Keep what was written in a case, for a command that bears only its id."""
        # whose case it is, before anything is written beside it
        await self.cases.get(case_id, call.tenant)
        return await self.private.keep(call.tenant, case_id, role, words, self.workshop.now())

    async def read(self, call: Call, case_id: str) -> V:
        """One case, its dates with their reasons as they were written down."""
        view = self.show(call, await self.cases.get(case_id, call.tenant))
        history = await self.cases.history(case_id, call.tenant, 0, MAX_HISTORY)
        dates = [_explained(one, history, call.language) for one in view.deadlines]
        return view.model_copy(update={"deadlines": dates})

    async def find(self, call: Call, query: QueueQuery, **fields: object) -> Page[V]:
        """The queue, the tightest promise first."""
        found = await self.cases.find(
            call.tenant,
            _filters(query, self.workshop.now(), fields),
            order=(("state.due_at", 1), ("_id", 1)),
            limit=query.limit + 1,
        )
        page = page_of(found, query, lambda one: (getattr(one.state, "due_at"), one.id))  # noqa: B009
        return Page(items=[self.show(call, one) for one in page.items], next=page.next)

    async def history(self, call: Call, case_id: str, query: PageQuery) -> Page[HistoryEvent]:
        return await history_page(self.cases, call, case_id, query)

    async def correspondence(self, call: Call, case_id: str) -> Correspondence:
        """All that became part of the case; words of a step that was refused did not."""
        history = await self.cases.history(case_id, call.tenant, 0, MAX_HISTORY)
        said = {
            ref["id"]
            for entry in history
            for ref in (entry["data"].get("text"), entry["data"].get("person"))
            if ref
        }
        contact = await self.private.contact(call.tenant, case_id)
        ground = await self._ground(call, case_id)
        names = await self.private.names(call.tenant, case_id)
        return Correspondence(
            name=contact.name,
            email=contact.email,
            phone=contact.phone,
            ground=ground,
            texts=[
                TextView(id=one.id, role=one.role, subject=one.subject, text=one.words, at=one.at)
                for one in await self.private.texts(call.tenant, case_id)
                if one.id in said
            ],
            documents=[NameView(id=one, name=name) for one, name in names.items()],
        )

    async def _ground(self, call: Call, case_id: str) -> str:
        """What was given with the case, else what the profile has."""
        state: Any = (await self.cases.get(case_id, call.tenant)).state
        own = await self.private.ground(call.tenant, case_id)
        return own or await self.private.ground(call.tenant, state.profile_id)

    async def download(
        self, call: Call, known: Sequence[EnclosureRef], document_id: str
    ) -> Response:
        """The document of that id among those of a case, to be saved and never shown in place.

        Raises:
            Unknown: it is not there, or it was refused.
        """
        ref = next((one for one in known if one.id == document_id and one.kept), None)
        if ref is None:
            raise Unknown("enclosure.unknown", id=document_id)
        name, file_id = await self.private.document(call.tenant, ref.id)
        return StreamingResponse(
            GridFiles(self.workshop.database).open(file_id),
            media_type="application/octet-stream",
            headers={
                "content-disposition": "attachment; filename*=UTF-8''" + quote(name or ref.id),
                "content-length": str(ref.size),
                "x-content-type-options": "nosniff",
            },
        )

    async def _as_first(self, call: Call, outcome: Outcome[S]) -> Outcome[S]:
        if not outcome.replayed:
            return outcome
        entries = await self.cases.history(outcome.id, call.tenant, 0, _FIRST_EVENTS)
        decider = self.kind.decider
        state, version = decider.initial(), 0
        for entry in entries:
            if entry["cause"] != entries[0]["cause"]:
                break
            stamp = Stamp(entry["at"], entry["actor"], entry["seq"])
            state = decider.evolve(state, body_of(entry["type"], entry["data"]), stamp)
            version = entry["seq"]
        return Outcome(outcome.id, state, version)


def _explained(
    shown: DeskDeadlineView, history: Sequence[Entry], language: str
) -> DeskDeadlineView:
    told = (one["data"]["deadline"] for one in history if one["data"].get("deadline"))
    made = [StageDeadline.model_validate(one) for one in told]
    steps = next((d.steps for d in reversed(made) if _dates(d) == _dates(shown)), ())
    words = [sentence(Step(one.code, one.params), language) for one in steps]
    return shown.model_copy(update={"explain": words})


def _dates(one: StageDeadline | DeskDeadlineView) -> tuple[str, datetime]:
    return one.stage, one.due_at


def _filters(query: QueueQuery, now: datetime, fields: Mapping[str, object]) -> dict[str, Any]:
    wanted: list[dict[str, Any]] = []
    if query.status:
        wanted.append({"state.status": {"$in": list(map(str, query.status))}})
    chosen = {"code": query.code, **fields}
    wanted += [{f"state.{name}": value} for name, value in chosen.items() if value is not None]
    if query.overdue is not None:
        wanted.append({"state.due_at": {"$lt": now} if query.overdue else {"$gte": now}})
    where: dict[str, Any] = {"$and": wanted} if wanted else {}
    return where | behind("state.due_at", query.after(datetime, str))
