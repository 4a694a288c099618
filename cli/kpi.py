"""`enlace kpi`: the figures against the histories they come from."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import cache
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from cli.errors import FOUND, USAGE, UserError
from cli.progress import Progress

if TYPE_CHECKING:
    from services.kpi.books import Books
    from services.kpi.histories import Archive
    from services.kpi.ledger import By
    from services.kpi.verify import Verdict
    from shared.policy import Tenants
    from shared.settings import Settings
    from shared.store.group import Document

app = typer.Typer()
T = TypeVar("T")
SHOWN = 20
HEAD = ("tenant", "family", "measure", "served", "recounted", "")


@app.callback()
def kpi() -> None:
    """Recount or rebuild the figures."""


@app.command()
def verify(
    *,
    tenant: Annotated[str | None, typer.Option(help="Only this account's figures.")] = None,
    patience: Annotated[
        float, typer.Option(min=0, help="Seconds given to events on their way.")
    ] = 10.0,
) -> None:
    """Recount every case from the services' histories and compare with the served figures.

    Exit 1 when a figure differs, when a case stays behind its history, when a fact has no case, or
    when a closed month was changed.

    \b
    Example:
      ./enlace kpi verify --tenant osinergmin
    """
    settings, tenants = _settings()
    if tenant is not None and tenant not in tenants:
        raise UserError(f"no tenant {tenant}; there are {', '.join(tenants)}", USAGE)
    verdict = _run(lambda: _verify(settings, _rules(tenants), tenant, patience))
    _show(verdict)
    if not verdict.fine:
        raise typer.Exit(FOUND)


async def _verify(settings: Settings, by: By, tenant: str | None, patience: float) -> Verdict:
    from services.kpi import verify as comparison
    from services.kpi.sealing import keys_of

    async with _open(settings) as (books, archive):
        with Progress("cases recounted", await archive.total()) as progress:
            return await comparison.verify(
                books,
                archive,
                by,
                tenant=tenant,
                patience=patience,
                tick=progress.advance,
                keys=keys_of(settings),
            )


def _show(verdict: Verdict) -> None:
    rows = [
        (*name, str(served), str(recounted), "" if served == recounted else "differs")
        for *name, served, recounted in verdict.table()
    ]
    _print_table([HEAD, *rows] if rows else [])
    differences = verdict.differences
    for found in differences[:SHOWN]:
        place = found.bucket.replace("|", " ")
        print(f"differs: {place} {found.measure}: {found.served}, recounted {found.recounted}")
    if len(differences) > SHOWN:
        print(f"… and {len(differences) - SHOWN} more")
    for (case_id, service), length in list(verdict.behind.items())[:SHOWN]:
        print(f"behind: {service} {case_id}: not all of its {length} events are counted")
    for case_id in verdict.unknown[:SHOWN]:
        print(f"unknown: {case_id} is counted, but no service has such a case")
    for owner, month in verdict.faults.items():
        print(f"changed: the closed month {month} of {owner} is not as it was signed")
    for owner, number in verdict.unsigned.items():
        print(f"unsigned: no key vouches for the last {number} closed months of {owner}")
    if verdict.buried:
        print(f"{verdict.buried} streams have dead letters: see `enlace dead list --service kpi`")
    print(
        f"{verdict.cases} cases recounted: {len(differences)} amounts differ, "
        f"{len(verdict.behind) + verdict.unfollowed} streams behind, {len(verdict.unknown)} unknown"
    )
    if verdict.differences or verdict.behind or verdict.unknown:
        print("`enlace kpi rebuild` makes the figures anew from the histories")


@app.command()
def rebuild(
    *,
    restart: Annotated[
        bool, typer.Option("--restart", help="From the first case, not where the last one stopped.")
    ] = False,
) -> None:
    """Make the figures anew from the services' histories, while the system runs.

    Broken off, it goes on where it stopped when it is called again.

    \b
    Example:
      ./enlace kpi rebuild
    """
    settings, tenants = _settings()
    started = time.monotonic()
    _run(lambda: _rebuild(settings, _rules(tenants), restart=restart))
    print(f"done in {time.monotonic() - started:.1f} s; `enlace kpi verify` compares")


async def _rebuild(settings: Settings, by: By, *, restart: bool) -> None:
    from services.kpi import rebuild as making

    async with _open(settings) as (books, archive):
        await books.prepare()
        with Progress("cases rebuilt", await archive.total()) as progress:
            done = await making.rebuild(books, archive, by, restart=restart, tick=progress.advance)
    print(
        f"{done.cases} cases rebuilt, {done.corrected} of them corrected, {done.removed} unknown "
        f"removed, {done.buckets} buckets put right, {done.unreadable} events unreadable"
    )


@asynccontextmanager
async def _open(settings: Settings) -> AsyncIterator[tuple[Books, Archive]]:
    from pymongo import AsyncMongoClient

    from services.kpi.books import Books
    from services.kpi.histories import Archive
    from shared.store.document import CODEC

    own = settings.for_service("kpi")
    client: AsyncMongoClient[Document] = AsyncMongoClient(
        own.mongo_url.get_secret_value(),
        w="majority",
        journal=True,
        readConcernLevel="majority",
        serverSelectionTimeoutMS=5_000,
        tz_aware=True,
    )
    async with client, Archive(settings) as archive:
        yield Books(client.get_database(own.database, codec_options=CODEC)), archive


def _settings() -> tuple[Settings, Tenants]:
    from services.kpi.policy import SECTION, KpiSection
    from shared.policy import PolicyError, load_tenants
    from shared.settings import MissingSetting, Settings

    settings = Settings()
    try:
        settings.for_service("kpi")
        return settings, load_tenants(settings.tenants_dir, {SECTION: KpiSection})
    except (MissingSetting, PolicyError) as error:
        raise UserError(str(error), USAGE) from error


def _rules(tenants: Tenants) -> By:
    from services.kpi.policy import counting

    @cache
    def by(tenant: str) -> object:
        if tenant not in tenants:
            raise UserError(f"there are figures of {tenant}, which has no policy: add its folder")
        return counting(tenants[tenant])

    return by  # type: ignore[return-value]


def _run(work: Callable[[], Awaitable[T]]) -> T:
    from pymongo.errors import PyMongoError

    from shared.decider import Transient

    async def run() -> T:
        return await work()

    try:
        return asyncio.run(run())
    except (PyMongoError, Transient) as error:
        reason = str(error).partition(",")[0][:200]
        raise UserError(f"the database did not answer ({reason}): is the system up?") from error


def _print_table(rows: list[tuple[str, ...]]) -> None:
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))] if rows else []
    for row in rows:
        cells = (
            cell.rjust(width) if column in {3, 4} else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        print("  ".join(cells).rstrip())
