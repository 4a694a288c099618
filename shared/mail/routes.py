"""The log of letters by HTTP, for the tenant's administrator."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from shared.http import Call, Page, PageQuery, Routes, page_of

from .letters import Fact, Kept, Letters, LetterStatus


class TryView(BaseModel):
    """One try; `outcome` is `sent`, `later` or `failed`, `reason` says why it was not sent.

    Where it is `asked`, somebody wanted it sent once more, and `reason` says who.
    """

    model_config = ConfigDict(frozen=True)

    number: int
    at: datetime
    outcome: str
    reason: str
    milliseconds: int


class LetterView(BaseModel):
    """A letter and its tries; to whom is a word of the policy, not an address.

    `facts` are what it is about, such as which report of which period.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    addressee: str
    template: str
    facts: dict[str, Fact]
    status: LetterStatus
    written_at: datetime
    next_at: datetime | None
    tries: tuple[TryView, ...]


def letter_routes(api: Routes, letters: Letters, *, prefix: str, may: str = "keep_letters") -> None:
    """The operations below `<prefix>/letters`; `may` is a row of the service's permissions."""

    @api.get(f"{prefix}/letters", may=may)
    async def list_letters(call: Call, query: PageQuery) -> Page[LetterView]:
        """What was written, newest first, and what became of it."""
        after = query.after(datetime, str)
        key = None if after is None else (after[0], str(after[1]))
        found = await letters.find(call.tenant, key, query.limit + 1)
        page = page_of(found, query, lambda kept: (kept.written_at, kept.letter.id))
        return Page(items=[_shown(kept) for kept in page.items], next=page.next)

    @api.get(f"{prefix}/letters/{{letter_id}}", may=may)
    async def read_letter(call: Call, letter_id: str) -> LetterView:
        """One letter and every try."""
        return _shown(await letters.get(call.tenant, letter_id))

    @api.post(
        f"{prefix}/letters/{{letter_id}}/send",
        may=may,
        if_match=False,
        problems=("letter.under_way",),
    )
    async def send_letter(call: Call, letter_id: str) -> LetterView:
        """Send it again, under the same Message-ID."""
        return _shown(await letters.send_again(call.tenant, letter_id, str(call.actor)))


def _shown(kept: Kept) -> LetterView:
    return LetterView(
        id=kept.letter.id,
        addressee=kept.letter.addressee,
        template=kept.letter.template,
        facts=dict(kept.letter.facts),
        status=kept.status,
        written_at=kept.written_at,
        next_at=kept.next_at,
        tries=tuple(
            TryView(
                number=one.number,
                at=one.at,
                outcome=one.outcome,
                reason=one.reason,
                milliseconds=one.milliseconds,
            )
            for one in kept.log
        ),
    )
