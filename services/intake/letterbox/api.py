"""Incoming mail over HTTP: what became of each message, dead ones read again or put away."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Final

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError
from starlette.responses import Response

from services.intake.desks import Why
from services.intake.letterbox.handling import Handling, Step
from services.intake.letterbox.mails import Mail, Mails, MailStatus
from services.intake.views import View
from shared.http import Call, Input, Page, PageQuery, Routes, page_of
from shared.security import Role
from shared.service import cause_of

ROWS: Final[Mapping[str, set[Role]]] = {
    "read_mails": {Role.CHANNEL_COORDINATOR, Role.TENANT_ADMIN, Role.AUDITOR},
    "read_mail_content": {Role.CHANNEL_COORDINATOR, Role.TENANT_ADMIN},
    "keep_mails": {Role.CHANNEL_COORDINATOR, Role.TENANT_ADMIN},
}


class HandlingView(View):
    """What somebody did with a message."""

    step: Step
    by: str
    at: datetime
    reason: str


class MailView(View):
    """A message and what became of it; who sent it is in its content only."""

    id: str
    address: str = Field(description="The account's own, that it was sent to")
    status: MailStatus
    reason: str = Field(description="Why it is dead or was set aside, such as `mail.loop`")
    detail: str
    received_at: datetime
    size: int
    kind: str = Field(description="The kind of case that it became, such as `intake.consultation`")
    case_id: str
    tries: int
    handled: Sequence[HandlingView] = Field(description="What people did with it, oldest first")


class MailQuery(PageQuery):
    """One status only."""

    status: MailStatus | None = None


def _charset(name: str) -> str:
    """An encoding of words that can be read; a misspelt one would only bury the message again."""
    try:
        # nothing at all is in any encoding, also in one that there is not
        b" ".decode(name or "utf-8", "replace")
    except LookupError:
        raise PydanticCustomError("charset", "is no encoding that is known") from None
    return name


class Reading(Input):
    """How to read it this time; with `charset` whatever it says of its own encoding.

    With `word` as what a person wrote, though it looks like a machine's answer or report.
    """

    charset: Annotated[
        str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{0,40}$"), AfterValidator(_charset)
    ] = ""
    word: bool = False


def mail_view(mail: Mail) -> MailView:
    return MailView(
        id=mail.id,
        address=mail.address,
        status=mail.status,
        reason=mail.reason,
        detail=mail.detail,
        received_at=mail.received_at,
        size=mail.size,
        kind=mail.kind,
        case_id=mail.case_id,
        tries=mail.tries,
        handled=[
            HandlingView(step=one.step, by=one.by, at=one.at, reason=one.reason)
            for one in mail.handled
        ],
    )


def mail_routes(api: Routes, mails: Mails) -> None:
    """The operations below `/api/v1/mails`."""

    @api.get("/mails", may="read_mails")
    async def list_mails(call: Call, query: MailQuery) -> Page[MailView]:
        """Messages that came, newest first; `status=dead` are those that wait for somebody."""
        after = query.after(datetime, str)
        found = await mails.find(call.tenant, query.status, after, query.limit + 1)
        views = [mail_view(one) for one in found]
        return page_of(views, query, lambda one: (one.received_at, one.id))

    @api.get("/mails/{mail_id}", may="read_mails")
    async def read_mail(call: Call, mail_id: str) -> MailView:
        """One message, and why it is where it is."""
        return mail_view(await mails.get(call.tenant, mail_id))

    @api.get("/mails/{mail_id}/content", may="read_mail_content", media_types=["message/rfc822"])
    async def read_mail_content(call: Call, mail_id: str) -> Response:
        """The message as it came, to be saved and never shown in place."""
        content = await mails.content(await mails.get(call.tenant, mail_id))
        return Response(
            content,
            media_type="message/rfc822",
            headers={
                "content-disposition": f'attachment; filename="{mail_id}.eml"',
                "x-content-type-options": "nosniff",
            },
        )

    @api.post("/mails/{mail_id}/read-again", may="keep_mails", problems=("mail.not_dead",))
    async def read_mail_again(call: Call, mail_id: str, body: Reading) -> MailView:
        """Read a dead message, or one set aside, once more: as it is, or as is said of it."""
        step = _step(call, Step.READ_AGAIN, mails.now())
        again = await mails.read_again(call.tenant, mail_id, step, body.charset, word=body.word)
        return mail_view(again)

    @api.post("/mails/{mail_id}/put-away", may="keep_mails", problems=("mail.not_waiting",))
    async def put_mail_away(call: Call, mail_id: str, body: Why) -> MailView:
        """A dead message needs no case, or was answered by hand: it waits for nobody any more.

        It keeps why it was dead, and can still be read again.
        """
        step = _step(call, Step.PUT_AWAY, mails.now(), body.reason)
        return mail_view(await mails.put_away(call.tenant, mail_id, step))


def _step(call: Call, step: Step, at: datetime, reason: str = "") -> Handling:
    return Handling(cause_of(call).id, step, str(call.actor), at, reason)
