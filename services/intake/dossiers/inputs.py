"""What callers send about files of the documents desk."""

from typing import Annotated

from pydantic import AwareDatetime, Field, StringConstraints

from services.intake.desks import Choice, ContactInput, QueueQuery, Short, Text
from services.intake.dossiers.domain import Status
from shared.http import Input

MAX_BODY = 28 * 1024 * 1024
_BASE64 = r"^[A-Za-z0-9+/]*={0,2}$"


class NewDocument(Input):
    """A document: its name, and its content in base64."""

    name: Short
    content: Annotated[str, StringConstraints(min_length=4, max_length=MAX_BODY, pattern=_BASE64)]


class NewDossier(Input):
    """Documents presented for a service of the catalogue, by a person or for an entity."""

    service: Choice
    text: Text
    contact: ContactInput
    for_entity: bool = False
    preferential: Annotated[str, Field(max_length=80)] = ""
    documents: Annotated[tuple[NewDocument, ...], Field(max_length=50)] = ()


class Addition(Input):
    """More for a file that is open."""

    text: Text
    documents: Annotated[tuple[NewDocument, ...], Field(max_length=50)] = ()


class Acceptance(Input):
    """To which area; the catalogue's when it is left out."""

    area: Annotated[str, Field(max_length=80)] = ""


class Resolution(Input):
    """The area's answer."""

    text: Text


class NewNotification(Input):
    """By which means the answer is notified."""

    means: Choice


class Receipt(Input):
    """What proves the reception: the receipt, its file number, its instant, who took it.

    `number` is the notification that it proves; the last when it is left out.
    """

    proof: Choice
    file_number: Short
    received_at: AwareDatetime
    person: Short
    number: Annotated[int, Field(ge=1, le=1_000)] | None = None


class DossierQuery(QueueQuery):
    """Filters of the queue."""

    status: Annotated[tuple[Status, ...], Field(max_length=20)] = ()
    service: str | None = Field(None, max_length=80)
    area: str | None = Field(None, max_length=80)
