"""Who is written to, and how patiently: `mail.yaml` of a tenant."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Annotated, Any, Final

from pydantic import Field, StringConstraints

from shared.policy import Frozen, Key, Remark, Severity, Source, Tenant
from shared.security.roles import Role

SECTION: Final = "mail"
Address = Annotated[
    str,
    StringConstraints(pattern=r"^[!-~]+@[A-Za-z0-9.-]+$", max_length=254, strip_whitespace=True),
]
SenderName = Annotated[str, StringConstraints(pattern=r"^[^\r\n<>]*$", max_length=100)]


class MailRow(Frozen):
    """How a letter is tried; waits and timeout in seconds, each wait twice the one before.

    A server that cannot be reached uses up no try: letters wait for it `patience_hours`.
    """

    attempts: Annotated[int, Field(ge=1, le=30)] = 8
    first_wait: Annotated[float, Field(gt=0, le=3_600)] = 30.0
    longest_wait: Annotated[float, Field(gt=0, le=86_400)] = 3_600.0
    timeout: Annotated[float, Field(gt=0, le=300)] = 30.0
    patience_hours: Annotated[int, Field(ge=1, le=720)] = 72

    @property
    def lease(self) -> timedelta:
        """After this a try counts as lost: whoever made it is gone."""
        return timedelta(seconds=2 * self.timeout + 30)

    @property
    def patience(self) -> timedelta:
        return timedelta(hours=self.patience_hours)


class DigestRow(Frozen):
    """What the ladder announces within so many minutes is one letter a role."""

    minutes: Annotated[int, Field(ge=1, le=1_440)]
    source: Source


class MailSection(Frozen):
    """`mail.yaml`: the tenant's own sender, and its mailboxes by what they are for.

    A mailbox is an institution's (a desk, a unit, a role), never a person's own.
    """

    sender: Address
    sender_name: SenderName = ""
    mailboxes: Annotated[
        Mapping[Key, Annotated[tuple[Address, ...], Field(min_length=1, max_length=50)]],
        Field(min_length=1),
    ]
    sending: MailRow = MailRow()
    source: Source


def mail_of(tenant: Tenant) -> MailSection | None:
    """The tenant's mail; None for one that is written to by nobody.

    Raises:
        PolicyError: the section is wrong.
    """
    return tenant.section(SECTION, MailSection) if SECTION in tenant.documents else None


def unaddressed(
    rungs: Iterable[Iterable[Role]], bodies: Mapping[str, Mapping[str, Any]]
) -> Iterator[Remark]:
    """Roles that a ladder tells, rung by rung, and that an account with mail has no mailbox for."""
    boxes = bodies.get(SECTION, {}).get("mailboxes")
    if not isinstance(boxes, Mapping):
        return
    told: set[Role] = set()
    for place, roles in enumerate(rungs):
        for role in roles:
            if role.value not in boxes and role not in told:
                facts = {"name": role.value, "known": ", ".join(map(str, boxes))}
                where = ("ladder", place, "notify")
                yield Remark(where, "ladder_mailbox", facts, Severity.WARNING)
        told.update(roles)
