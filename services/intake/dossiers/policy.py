"""`documents.yaml`: the catalogue of services, the desk's hours, what is taken, what proves."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from services.intake.letterbox.policy import SECTION as LETTERBOX
from services.intake.letterbox.policy import DeskName, MediaType
from services.intake.rules.desk import DeskPolicy, DeskSection
from services.intake.rules.promise import Waits, deadline
from services.intake.rules.rows import (
    LetterRows,
    Named,
    Words,
    chosen,
)
from shared.contracts.stages import StageDeadline
from shared.policy import Frozen, Key, Remark, Severity, Source, Tenant

MAIL: Final = "mail"
"""The means by which the account itself writes; by others somebody carries it."""
SECTION: Final = "documents"
RESOLVE: Final = "resolve"
CORRECT: Final = "correct"
REPLY: Final = "reply"
"""The proof that is the person's own word, in answer to the notice."""
SAME_DAY: Final = "same_day"
BEFORE_OPENING: Final = "documents.before_opening"
LARGEST: Final = 20 * 1024 * 1024
SECOND: Final = timedelta(seconds=1)


Occasion = Literal["received", "observed", "required", "rejected", "notified"]


class ServiceRow(Frozen):
    """A service of the catalogue: what it is, who attends it, until when, what it needs."""

    name: Words
    area: Key
    term: Key
    requirements: tuple[Words, ...] = ()
    source: Source


class Taken(Frozen):
    """What documents are taken: bytes of each, how many at once, types by their first bytes."""

    max_bytes: Annotated[int, Field(ge=1, le=LARGEST)] = LARGEST
    at_once: Annotated[int, Field(ge=1, le=50)] = 10
    types: Annotated[tuple[MediaType, ...], Field(min_length=1)]
    source: Source


class DocumentsSection(DeskSection):
    """`documents.yaml`. `calendar` has the hours of the desk; `correction` is the user's term.

    `channel` is what files are counted by that come to the desk itself and not by mail.
    """

    channel: Key = "documents-desk"
    correction: Key
    areas: Annotated[Mapping[Key, Named], Field(min_length=1)]
    services: Annotated[Mapping[Key, ServiceRow], Field(min_length=1)]
    documents: Taken
    means: Annotated[Mapping[Key, Named], Field(min_length=1)]
    proofs: Annotated[Mapping[Key, Named], Field(min_length=1)]
    letters: Mapping[Occasion, LetterRows] = {}

    def remarks_beside(self, bodies: Mapping[str, Mapping[str, Any]]) -> Iterator[Remark]:
        """What nobody is told; a notice that a reply would prove, and no address for the reply."""
        yield from super().remarks_beside(bodies)
        boxes = bodies.get(LETTERBOX, {}).get("boxes")
        boxes = boxes.values() if isinstance(boxes, Mapping) else ()
        desks = {box.get("desk") for box in boxes if isinstance(box, Mapping)}
        if REPLY in self.proofs and "notified" in self.letters and DeskName.DOCUMENTS not in desks:
            yield Remark(("proofs", REPLY), "no_reply_box", severity=Severity.WARNING)


class DocumentsPolicy(DeskPolicy[DocumentsSection]):
    """One tenant's documents desk, ready to ask."""

    def received(self, at: datetime) -> datetime:
        """When something presented now counts as received: in hours now, else the next day."""
        opening = self.calendar.is_open(at)
        # the closing second itself is still within the hours
        if opening.open or self.calendar.is_open(at - SECOND).open:
            return at
        zone, following = self.calendar.zone, opening.next_open
        early = following.astimezone(zone).date() == at.astimezone(zone).date()
        if early and not self._same_day:
            return self.calendar.add_business_days_keep_time(following, 1)
        return following

    @property
    def _same_day(self) -> bool:
        readings = self.tenant.readings
        return BEFORE_OPENING in readings and readings[BEFORE_OPENING].value == SAME_DAY

    def promise(self, service: str, at: datetime) -> StageDeadline:
        """Until when a file for that service, presented now, is answered."""
        return self._promise(RESOLVE, self.service(service).term, at)

    def moved(self, service: str, effective: datetime, waits: Waits) -> StageDeadline | None:
        """The date of one that counted as received then, without the time that the user had it.

        None for a service that the catalogue no longer has: it keeps its first date.
        """
        row = self.section.services.get(service)
        if row is None:
            return None
        return deadline(self.tenant.plan({RESOLVE: row.term}), row.term, effective, waits)

    def correction(self, at: datetime) -> StageDeadline:
        """Until when the user may put right what is observed now."""
        return self._promise(CORRECT, self.section.correction, at)

    def _promise(self, stage: str, term: str, at: datetime) -> StageDeadline:
        return deadline(self.tenant.plan({stage: term}), term, self.received(at))

    def service(self, name: str) -> ServiceRow:
        return self.section.services[chosen("service", name, self.section.services)]

    def area(self, name: str) -> str:
        return chosen("area", name, self.section.areas)

    def means(self, name: str) -> str:
        return chosen("means", name, self.section.means)

    def proof(self, name: str) -> str:
        return chosen("proof", name, self.section.proofs)


def documents_policy(tenant: Tenant) -> DocumentsPolicy | None:
    """The tenant's section, its names looked up so that a misspelt one shows at start.

    Raises:
        PolicyError, UnknownKey, Invalid: the section is wrong, or names what is not there.
    """
    if SECTION not in tenant.documents:
        return None
    section = tenant.section(SECTION, DocumentsSection)
    policy = DocumentsPolicy(tenant, section)
    tenant.calendar(section.calendar)
    tenant.term(section.correction)
    for row in section.services.values():
        tenant.term(row.term)
        policy.area(row.area)
    return policy
