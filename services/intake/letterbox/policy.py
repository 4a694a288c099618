"""`letterbox.yaml`: which addresses are the account's, what is taken, and how much of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field, StringConstraints

from shared.policy import Frozen, Key, Source, Tenant, Tenants

SECTION: Final = "letterbox"
LARGEST: Final = 50 * 1024 * 1024
Address = Annotated[
    str,
    StringConstraints(pattern=r"^[!-~]+@[A-Za-z0-9.-]+$", max_length=254, to_lower=True),
]
MediaType = Annotated[str, StringConstraints(pattern=r"^[a-z]+/[a-z0-9.+-]+$", max_length=100)]


class DeskName(StrEnum):
    """Who attends what comes to an address."""

    CONSULTATIONS = "consultations"
    DOCUMENTS = "documents"
    SUGGESTIONS = "suggestions"
    CLAIMS = "claims"


class Box(Frozen):
    """An address of the account; `way` is how its desk's policy calls this way in."""

    desk: DeskName
    way: Key = "mail"
    source: Source


class Limits(Frozen):
    """What is too much: bytes of a message, parts and their nesting, hops, mails of a sender.

    A document takes 1.37 of its bytes in a message: `max_bytes` has room for one of the largest.
    `hops` is how many servers a message may have passed: more is a loop. `per_hour` is how many
    one sender may send to one address: two machines that answer each other send more.
    """

    max_bytes: Annotated[int, Field(ge=1_024, le=LARGEST)] = 30 * 1024 * 1024
    parts: Annotated[int, Field(ge=1, le=1_000)] = 100
    depth: Annotated[int, Field(ge=1, le=50)] = 10
    enclosures: Annotated[int, Field(ge=0, le=100)] = 20
    enclosure_bytes: Annotated[int, Field(ge=1, le=LARGEST)] = 20 * 1024 * 1024
    hops: Annotated[int, Field(ge=1, le=200)] = 30
    per_hour: Annotated[int, Field(ge=1, le=10_000)] = 30


class LetterboxSection(Frozen):
    """`letterbox.yaml`; `types` are the documents taken, as their first bytes show them."""

    boxes: Annotated[Mapping[Address, Box], Field(min_length=1, max_length=50)]
    limits: Limits = Limits()
    types: Annotated[tuple[MediaType, ...], Field(min_length=1)]
    source: Source


@dataclass(frozen=True, slots=True)
class Place:
    """Whose an address is, and how it is treated."""

    tenant: str
    address: str
    box: Box
    section: LetterboxSection


def letterbox_of(tenant: Tenant) -> LetterboxSection | None:
    """The account's letterbox; None for one that gets no mail.

    Raises:
        PolicyError: the section is wrong.
    """
    return tenant.section(SECTION, LetterboxSection) if SECTION in tenant.documents else None


def places(tenants: Tenants) -> Mapping[str, Place]:
    """All addresses of all accounts.

    Raises:
        ValueError: two accounts claim one address; nobody could tell whose mail it is.
    """
    found: dict[str, Place] = {}
    for key, tenant in tenants.items():
        section = letterbox_of(tenant)
        if section is None:
            continue
        for address, box in section.boxes.items():
            if address in found:
                raise ValueError(
                    f"{address} is in letterbox.yaml of {found[address].tenant} and {key}"
                )
            found[address] = Place(key, address, box, section)
    return found


def largest(known: Sequence[Place]) -> int:
    """The most bytes that any address takes."""
    return max((place.section.limits.max_bytes for place in known), default=0)
