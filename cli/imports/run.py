"""One import: rows in, cases out, a batch at a time, so that memory stays flat."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from pymongo.errors import PyMongoError
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from cli.errors import USAGE, UserError
from cli.imports import mapping as mappings
from cli.imports import tables, writing
from cli.imports.mapping import BadRow, RowMapping
from cli.imports.rejects import Rejects
from cli.imports.requests import FIELDS, OPTIONAL, Entry, entry_of
from services.intake.policy import IntakePolicy
from services.intake.service import SERVICE
from shared.decider import Transient
from shared.policy import PolicyError, Tenants, load_tenants
from shared.settings import MissingSetting, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from cli.imports.tables import Row, Table

AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be imported, for whom, and where bad rows go."""

    file: Path
    tenant: str
    mapping: Path | None
    rejects: Path
    dry_run: bool = False


@dataclass(slots=True)
class Report:
    """What became of the rows. `timed` have a due and a closing date, `on_time` kept it."""

    rows: int = 0
    imported: int = 0
    unchanged: int = 0
    rejected: int = 0
    timed: int = 0
    on_time: int = 0
    seconds: float = 0.0

    def told(self, *, dry_run: bool) -> str:
        """The report in two lines."""
        verb = "would be imported" if dry_run else "imported"
        share = f"{100 * self.on_time / self.timed:.2f} %" if self.timed else "unknown"
        return (
            f"{self.rows} rows in {self.seconds:.1f} s: {self.imported} {verb}, "
            f"{self.unchanged} known already, {self.rejected} refused\n"
            f"closed on time: {share} ({self.on_time} of {self.timed} with both dates)"
        )

    def taken(self, entry: Entry, *, new: bool) -> None:
        """Count a row that is, or was already, a request of ours."""
        self.imported += new
        self.unchanged += not new
        request = entry.command.imported
        if request.due_at is not None and request.closed_at is not None:
            self.timed += 1
            self.on_time += request.closed_at <= request.due_at


def import_requests(job: Job, settings: Settings | None = None) -> Report:
    """Import a register, with a progress bar on the terminal.

    Raises:
        UserError: what the caller must change first.
    """
    try:
        return asyncio.run(run(job, settings or Settings()))
    except (MissingSetting, PolicyError) as error:
        raise UserError(str(error), USAGE) from error
    except (Transient, PyMongoError) as error:
        raise UserError(f"{str(error)[:200]}: see ./enlace status, then import again") from error


async def run(job: Job, settings: Settings) -> Report:
    """Import a register."""
    tenants = load_tenants(settings.tenants_dir, SERVICE.sections)
    if job.tenant not in tenants:
        raise UserError(f"no tenant {job.tenant}: choose one of {', '.join(tenants)}", USAGE)
    policy: IntakePolicy = SERVICE.policy(tenants[job.tenant])
    rule = _mapping(job, policy)
    started = time.monotonic()
    async with AsyncExitStack() as stack:
        table = stack.enter_context(
            tables.opened(job.file, delimiter=rule.delimiter, encoding=rule.encoding)
        )
        _require_columns(job, table, rule)
        writer = await _writer(stack, job, settings, tenants)
        rejects = stack.enter_context(Rejects(job.rejects, table.columns))
        importing = _Import(rule, job.tenant, frozenset(policy.types), writer, rejects, Report())
        show = stack.enter_context(_progress(job.file.name, table))
        while rows := list(islice(table.rows, AT_ONCE)):
            await importing.take(rows)
            show(importing.report)
    importing.report.seconds = time.monotonic() - started
    return importing.report


async def _writer(
    stack: AsyncExitStack, job: Job, settings: Settings, tenants: Tenants
) -> writing.Writer:
    if job.dry_run:
        return writing.Nowhere()
    return await stack.enter_async_context(writing.store(settings, tenants))


@dataclass(slots=True)
class _Import:
    """An import under way."""

    rule: RowMapping
    tenant: str
    types: frozenset[str]
    writer: writing.Writer
    rejects: Rejects
    report: Report

    async def take(self, rows: Sequence[Row]) -> None:
        entries = [entry for row in rows if (entry := self._read(row)) is not None]
        by_line = {row.line: row for row in rows}
        for entry, result in zip(entries, await self.writer.write(entries), strict=True):
            if isinstance(result, str):
                self._refuse(by_line[entry.line], result)
            else:
                self.report.taken(entry, new=result)

    def _read(self, row: Row) -> Entry | None:
        self.report.rows += 1
        try:
            return entry_of(row, self.rule, self.tenant, self.types)
        except BadRow as error:
            self._refuse(row, str(error))
            return None

    def _refuse(self, row: Row, reason: str) -> None:
        self.report.rejected += 1
        self.rejects.add(row, reason)


def _mapping(job: Job, policy: IntakePolicy) -> RowMapping:
    if job.mapping is not None:
        rule = mappings.load(job.mapping)
    else:
        source = job.file.name.partition(".")[0].lower()
        rule = mappings.plain(source, policy.calendar.zone.key, FIELDS, "code")
    unknown = sorted(set(rule.fields) - set(FIELDS))
    if unknown:
        known = ", ".join(FIELDS)
        raise UserError(f"{job.mapping}: a request has no {unknown[0]}; it has {known}", USAGE)
    return rule


def _require_columns(job: Job, table: Table, rule: RowMapping) -> None:
    wanted = rule.columns if job.mapping is not None else rule.columns - OPTIONAL
    missing = sorted(wanted - set(table.columns))
    if missing:
        raise UserError(
            f"{job.file} has no column {', '.join(missing)}: name its own in a --mapping", USAGE
        )


@contextmanager
def _progress(name: str, table: Table) -> Iterator[Callable[[Report], None]]:
    """A bar on the terminal, by the bytes read; nothing where there is no terminal."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rows]} rows, {task.fields[bad]} refused"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(name, total=table.size or None, rows=0, bad=0)

        def show(report: Report) -> None:
            bar.update(task, completed=table.read, rows=report.rows, bad=report.rejected)

        yield show
