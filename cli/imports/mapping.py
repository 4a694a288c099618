"""What the columns of a file mean: a TOML file, documented in `docs/import.md`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
)

from cli.errors import USAGE, UserError
from cli.imports.tables import Layout

ISO = "iso"
_HALF_OF_DAY = re.compile(r"\b([ap])\.?\s?m\b\.?", re.IGNORECASE)
"""Morning or afternoon as Spanish spreadsheets write it: `a. m.`, also with a hard space."""


class BadRow(ValueError):
    """A row that cannot be taken; the text says why."""


class FieldRule(BaseModel):
    """Where a field's value comes from.

    `values` translates, however a cell is capitalised and spaced; what it does not name becomes
    `otherwise`, or the row is refused. `default` stands for an empty cell. A rule may
    have a default alone.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    column: str | None = None
    prefix: str = ""
    values: Mapping[str, str] = {}
    otherwise: str | None = None
    default: str = ""

    @field_validator("values")
    @classmethod
    def _folded(cls, values: Mapping[str, str]) -> Mapping[str, str]:
        found: dict[str, str] = {}
        for said, value in values.items():
            if found.setdefault(_folded(said), value) != value:
                raise ValueError(f"{said!r} stands for two values, capitalised in two ways")
        return found

    def of(self, name: str, cells: Mapping[str, str | datetime]) -> str | datetime:
        """The field's value in a row; raises `BadRow` for one that cannot be translated."""
        found = "" if self.column is None else cells.get(self.column, "")
        if isinstance(found, datetime):
            return found
        text = found.strip()
        if not text:
            return self.default
        if self.values:
            known = self.values.get(_folded(text), self.otherwise)
            if known is None:
                raise BadRow(f"{name}: the mapping has no value for {text[:80]!r}")
            text = known
        return self.prefix + text


def _folded(text: str) -> str:
    """As people mean it, who type it by hand."""
    return " ".join(text.split()).casefold()


def _rule(given: Any) -> Any:  # noqa: ANN401 - a column's name stands for a whole rule
    return {"column": given} if isinstance(given, str) else given


Rule = Annotated[FieldRule, BeforeValidator(_rule)]


class RowMapping(BaseModel):
    """A mapping file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$")]
    time_zone: str
    date_formats: Annotated[tuple[str, ...], Field(min_length=1)] = (ISO,)
    delimiter: Annotated[str, StringConstraints(min_length=1, max_length=1)] = ","
    encoding: str = "utf-8-sig"
    header: Annotated[int, Field(ge=1, le=1_000)] = 1
    sheet: str = ""
    row_id: Annotated[tuple[str, ...], Field(min_length=1)]
    fields: Annotated[Mapping[str, Rule], Field(min_length=1)]

    @field_validator("time_zone")
    @classmethod
    def _exists(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError(f"there is no time zone {name!r}") from None
        return name

    @property
    def layout(self) -> Layout:
        """How the table lies in its file."""
        return Layout(self.delimiter, self.encoding, self.header, self.sheet)

    @property
    def columns(self) -> frozenset[str]:
        """All columns that the file must have."""
        return frozenset(self.row_id) | {
            rule.column for rule in self.fields.values() if rule.column is not None
        }

    def text(self, name: str, cells: Mapping[str, str | datetime]) -> str:
        """A field as text, empty when the mapping has no such field."""
        rule = self.fields.get(name)
        value = "" if rule is None else rule.of(name, cells)
        return value.isoformat() if isinstance(value, datetime) else value

    def instant(self, name: str, cells: Mapping[str, str | datetime]) -> datetime | None:
        """A field as an instant, None when it is empty; raises `BadRow` when it is no date."""
        rule = self.fields.get(name)
        value = "" if rule is None else rule.of(name, cells)
        if isinstance(value, str):
            if not value:
                return None
            value = self._parsed(name, value)
        if value.tzinfo is not None:
            return value.astimezone(UTC)
        return to_instant(value, ZoneInfo(self.time_zone))

    def _parsed(self, name: str, text: str) -> datetime:
        halved = _HALF_OF_DAY.sub(lambda found: f"{found[1]}m", text)
        for form in self.date_formats:
            try:
                if form == ISO:
                    return datetime.fromisoformat(text)
                return datetime.strptime(halved, form)  # noqa: DTZ007 - the zone is the mapping's
            except ValueError:
                continue
        forms = " or ".join(self.date_formats)
        raise BadRow(f"{name}: {text[:40]!r} is not a date of the form {forms}")

    def key(self, cells: Mapping[str, str | datetime]) -> tuple[str, ...]:
        """What tells this row from all others of its source; raises `BadRow` when it is empty."""
        values = tuple(str(cells.get(column, "")).strip() for column in self.row_id)
        if not any(values):
            raise BadRow(f"no value in {', '.join(self.row_id)}, which tells rows apart")
        return values


M = TypeVar("M", bound=RowMapping)


def to_instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """The instant that a wall clock showed; the order of the wall clock is kept.

    An hour that the clock showed twice is its first; one that it left out is the instant it jumped.
    """
    instant = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == wall:
        return instant
    return _jump_before(instant, zone)


@lru_cache(maxsize=256)
def _jump_before(instant: datetime, zone: ZoneInfo) -> datetime:
    """The last change of the zone's offset at or before `instant`, to the second."""
    late = instant.replace(microsecond=0)
    early = late - timedelta(days=1)
    offset = late.astimezone(zone).utcoffset()
    while late - early > timedelta(seconds=1):
        middle = early + timedelta(seconds=(late - early) // timedelta(seconds=1) // 2)
        if middle.astimezone(zone).utcoffset() == offset:
            late = middle
        else:
            early = middle
    return late


def load(path: Path, model: type[M]) -> M:
    """The mapping in a file; `UserError` says in which place it is wrong."""
    try:
        return model.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise UserError(f"there is no mapping {path}", USAGE) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is not TOML: {error}", USAGE) from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise UserError(f"{path}: {place}: {first['msg']}", USAGE) from error


def plain(model: type[M], source: str, time_zone: str, fields: tuple[str, ...], row_id: str) -> M:
    """The mapping of a file whose columns are called as the fields, with ISO dates."""
    return model(
        source=source,
        time_zone=time_zone,
        row_id=(row_id,),
        fields={name: FieldRule(column=name) for name in fields},
    )
