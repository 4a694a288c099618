"""`enlace audit`: whether the past is as it was written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from cli.errors import FOUND, UserError
from cli.local.home import known_services
from cli.progress import Progress

if TYPE_CHECKING:
    from pymongo.collection import Collection
    from pymongo.database import Database

    from shared.settings import Settings
    from shared.store import Kind
    from shared.store.group import Document

app = typer.Typer()
BATCH = 50
PATIENCE_MS = 5_000


class Break(NamedTuple):
    """Where a chain does not hold."""

    kind: str
    case_id: str
    sequence: int


@app.callback()
def audit() -> None:
    """Check the hash chains."""


@app.command()
def verify(
    case: Annotated[str | None, typer.Argument(metavar="[CASE]", help="Only this case.")] = None,
) -> None:
    """Check the hash chain of every case of every service, or of one case in all of them.

    Each entry of a history is chained to the one before; whatever was changed, added or taken away
    afterwards breaks the chain there. Exit 1 when one is broken, or when there is no such case.

    \b
    Example:
      ./enlace audit verify
      ./enlace audit verify 0199a7c2-8d1e-7a64-b0f3-5f7f0a1c9e52
    """
    from pymongo.errors import PyMongoError

    from shared.settings import MissingSetting, Settings

    cases = broken = 0
    try:
        for found in check(Settings(), case):
            cases += 1
            if found is not None:
                broken += 1
                print(f"broken: {found.kind} {found.case_id} at sequence {found.sequence}")
    except MissingSetting as error:
        raise UserError(str(error)) from error
    except PyMongoError as error:
        reason = str(error).partition(",")[0][:200]
        raise UserError(f"the database did not answer ({reason}): is the system up?") from error
    if case is not None and cases == 0:
        raise UserError(f"no service has a case {case}")
    print(f"{cases} chains checked, {broken} broken")
    if broken:
        raise typer.Exit(FOUND)


def check(settings: Settings, case: str | None = None) -> Iterator[Break | None]:
    """One answer a case: None, or where its chain breaks. Memory stays flat."""
    from pymongo import MongoClient

    from shared.runner import find
    from shared.store.document import CODEC

    names = known_services()
    for service in find(names, names):
        if not service.kinds:
            continue
        own = settings.for_service(service.name)
        client: MongoClient[Document]
        with MongoClient(
            own.mongo_url.get_secret_value(), serverSelectionTimeoutMS=PATIENCE_MS, tz_aware=True
        ) as client:
            database: Database[Document] = client.get_database(own.database, codec_options=CODEC)
            for kind in service.kinds:
                yield from _check_kind(kind, database[kind.collection], case)


def _check_kind(
    kind: Kind[object], collection: Collection[Document], case: str | None
) -> Iterator[Break | None]:
    where = {} if case is None else {"_id": case}
    fields = {"history": 1, "head": 1, "version": 1}
    total = collection.estimated_document_count() if case is None else 1
    with Progress(f"{kind.stream} checked", total) as progress:
        for document in collection.find(where, fields).sort("_id", 1).batch_size(BATCH):
            sequence = _broken_at(document)
            progress.advance()
            yield None if sequence is None else Break(kind.stream, document["_id"], sequence)


def _broken_at(document: Document) -> int | None:
    """Where the chain of a case breaks; at 1 when there is none."""
    from shared.store.history import broken_at

    case_id, history = document["_id"], document.get("history")
    if not isinstance(history, list) or not history:
        return 1
    try:
        sequence = broken_at(case_id, history, document.get("head", ""))
    except (AttributeError, KeyError, TypeError, ValueError):
        sequence = _first_unreadable(case_id, history)
    if sequence is None and document.get("version") != len(history):
        return len(history) + 1
    return sequence


def _first_unreadable(case_id: str, history: list[Document]) -> int:
    """The place of an entry that lacks what every entry has."""
    from shared.store.history import entry_hash

    for place, entry in enumerate(history, 1):
        try:
            entry_hash(case_id, entry["hash"], entry)
            if entry["seq"] != place:
                return place
        except (KeyError, TypeError, ValueError):
            return place
    return len(history)
