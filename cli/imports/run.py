"""One import: rows in, cases out, a batch at a time, so that memory stays flat."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from pymongo.errors import PyMongoError
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from cli.errors import USAGE, UserError
from cli.imports import mapping as mappings
from cli.imports import tables, writing
from cli.imports.gathering import gathered
from cli.imports.mapping import BadRow, RowMapping
from cli.imports.rejects import Rejects
from shared.decider import Transient, Unknown
from shared.policy import PolicyError, Tenants, load_tenants
from shared.settings import MissingSetting, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from cli.imports.register import Entry, Figures, Reading, Register
    from cli.imports.tables import Row, Table

AT_ONCE: Final = 500
MOST_SHOWN: Final = 30


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
    """What became of the rows; `imported` and `unchanged` are cases."""

    figures: Figures
    rows: int = 0
    imported: int = 0
    unchanged: int = 0
    rejected: int = 0
    seconds: float = 0.0
    faults: Sequence[str] = ()

    def told(self, *, dry_run: bool) -> str:
        """The report, what was done in its first line."""
        verb = "would be imported" if dry_run else "imported"
        return (
            f"{self.rows} rows in {self.seconds:.1f} s: {self.imported} {verb}, "
            f"{self.unchanged} known already, {self.rejected} refused\n{self.figures.told()}"
        )

    def taken(self, entry: Entry, *, new: bool) -> None:
        """Count a case that is, or was already, one of ours."""
        self.imported += new
        self.unchanged += not new
        self.figures.add(entry.command)


def import_register(register: Register, job: Job, settings: Settings | None = None) -> Report:
    """Import a register, with a progress bar on the terminal.

    Raises:
        UserError: what the caller must change first.
    """
    try:
        return asyncio.run(run(register, job, settings or Settings()))
    except (MissingSetting, PolicyError) as error:
        raise UserError(str(error), USAGE) from error
    except (Transient, PyMongoError) as error:
        raise UserError(f"{str(error)[:200]}: see ./enlace status, then import again") from error


async def run(register: Register, job: Job, settings: Settings) -> Report:
    """Import a register."""
    tenants = load_tenants(settings.tenants_dir, register.service.sections)
    policy = _policy(register, job, tenants)
    rule = _mapping(register, job, policy)
    report = Report(register.figures())
    started = time.monotonic()
    async with AsyncExitStack() as stack:
        table = stack.enter_context(tables.opened(job.file, rule.layout))
        _require_columns(register, job, table, rule)
        writer = await _writer(stack, register, job, settings, tenants)
        rejects = stack.enter_context(Rejects(job.rejects, table.columns))
        reading = register.reading(rule, job.tenant, policy)
        importing = _Import(reading, writer, rejects, report)
        show = stack.enter_context(_progress(job.file.name, table))
        units = _units(stack, register, rule, table, importing)
        while batch := list(islice(units, AT_ONCE)):
            await importing.take(batch)
            show(report)
    report.seconds = time.monotonic() - started
    report.faults = rejects.first
    return report


def _policy(register: Register, job: Job, tenants: Tenants) -> Any:  # noqa: ANN401 - each has its own
    if job.tenant not in tenants:
        raise UserError(f"no tenant {job.tenant}: choose one of {', '.join(tenants)}", USAGE)
    try:
        return register.service.policy(tenants[job.tenant])
    except Unknown:
        raise UserError(f"{job.tenant} has no {register.name}s", USAGE) from None


async def _writer(
    stack: AsyncExitStack, register: Register, job: Job, settings: Settings, tenants: Tenants
) -> writing.Writer:
    if job.dry_run:
        return writing.Nowhere()
    return await stack.enter_async_context(writing.store(register, settings, tenants))


def _units(
    stack: AsyncExitStack, register: Register, rule: RowMapping, table: Table, importing: _Import
) -> Iterator[Sequence[Row]]:
    """The rows of one case each."""
    if not register.gathered:
        return ([row] for row in table.rows)
    rows = gathered(table.rows, table.columns, rule, importing.refuse_row)
    return stack.enter_context(rows).units()


@dataclass(slots=True)
class _Import:
    """An import under way."""

    reading: Reading
    writer: writing.Writer
    rejects: Rejects
    report: Report

    async def take(self, units: Sequence[Sequence[Row]]) -> None:
        entries = [entry for unit in units if (entry := self._read(unit)) is not None]
        by_line = {unit[0].line: unit for unit in units}
        for entry, result in zip(entries, await self.writer.write(entries), strict=True):
            if isinstance(result, str):
                self._refuse(by_line[entry.line], result)
            else:
                self.report.taken(entry, new=result)

    def refuse_row(self, row: Row, reason: str) -> None:
        """A row that belongs to no case."""
        self.report.rows += 1
        self._refuse([row], reason)

    def _read(self, unit: Sequence[Row]) -> Entry | None:
        self.report.rows += len(unit)
        if unit[0].fault:
            self._refuse(unit, unit[0].fault)
            return None
        try:
            return self.reading(unit)
        except BadRow as error:
            self._refuse(unit, str(error))
            return None

    def _refuse(self, unit: Sequence[Row], reason: str) -> None:
        """A case is taken as a whole or not at all, so that it can be imported once mended."""
        self.report.rejected += len(unit)
        for row in unit:
            self.rejects.add(row, reason)


def _mapping(register: Register, job: Job, policy: Any) -> RowMapping:  # noqa: ANN401 - each has its own
    if job.mapping is not None:
        rule = mappings.load(job.mapping, register.mapping)
    else:
        source = job.file.name.partition(".")[0].lower()
        fields = tuple(name for name in register.fields if name not in register.hidden)
        rule = mappings.plain(
            register.mapping, source, policy.calendar.zone.key, fields, register.row_id
        )
    unknown = sorted(set(rule.fields) - set(register.fields))
    if unknown:
        known = ", ".join(register.fields)
        raise UserError(
            f"{job.mapping}: a {register.name} has no {unknown[0]}; it has {known}", USAGE
        )
    return rule


def _require_columns(register: Register, job: Job, table: Table, rule: RowMapping) -> None:
    wanted = rule.columns if job.mapping is not None else rule.columns - register.optional
    missing = sorted(wanted - set(table.columns))
    if missing:
        said = f"{job.file} has no column {', '.join(missing)}; row {rule.header} has "
        raise UserError(said + _seen(table.columns, rule.delimiter), USAGE)


def _seen(columns: Sequence[str], delimiter: str) -> str:
    """What the header has, and what to change when that is not what was meant."""
    found = [name for name in columns if name]
    if len(found) == 1 and (other := next((one for one in ";\t|," if one in found[0]), "")):
        return f"one, {found[0][:60]!r}: say {other!r} as its delimiter, not {delimiter!r}"
    shown = ", ".join(name[:40] for name in found[:MOST_SHOWN])
    return f"{shown}: name its own in a --mapping, or the row of the names as its header"


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
