"""What a mapping file makes of a row, and that a wall clock's order is kept."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from cli.errors import UserError
from cli.imports.incidents import IncidentMapping
from cli.imports.mapping import BadRow, RowMapping, load, to_instant

ROOT = Path(__file__).resolve().parents[3]
NEW_YORK = ZoneInfo("America/New_York")
MINIMAL = """
source = "register"
time_zone = "America/Lima"
row_id = ["id"]
[fields]
code = "id"
"""


def mapping(**fields: object) -> RowMapping:
    return RowMapping.model_validate(
        {
            "source": "r",
            "time_zone": "America/New_York",
            "date_formats": ["%m/%d/%Y %I:%M:%S %p", "iso"],
            "row_id": ["id"],
            "fields": {"code": "id", **fields},
        }
    )


def test_a_column_a_prefix_a_default_and_a_translation() -> None:
    rule = mapping(
        code={"column": "id", "prefix": "B-"},
        status={"column": "s", "values": {"Closed": "closed"}},
        channel={"column": "c", "values": {"Phone": "telephone"}, "otherwise": "other"},
        request_type={"default": "information"},
    )
    cells = {"id": " 7 ", "s": "Closed", "c": "Fax"}
    assert rule.text("code", cells) == "B-7"
    assert rule.text("status", cells) == "closed"
    assert rule.text("channel", cells) == "other"
    assert rule.text("request_type", cells) == "information"
    assert rule.text("area", cells) == ""


def test_a_value_without_translation_is_a_bad_row() -> None:
    rule = mapping(status={"column": "s", "values": {"Closed": "closed"}})
    with pytest.raises(BadRow, match="status: the mapping has no value for 'Lost'"):
        rule.text("status", {"s": "Lost"})


@pytest.mark.parametrize("cell", ["Atendido", "ATENDIDO", " atendido  hoy ", "Atendido\u00a0hoy"])
def test_what_is_typed_by_hand_is_translated_however_it_is_capitalised(cell: str) -> None:
    values = {"Atendido": "closed", "Atendido hoy": "closed"}
    rule = mapping(status={"column": "s", "values": values, "otherwise": "open"})
    assert rule.text("status", {"s": cell}) == "closed"


def test_a_value_that_stands_for_two_is_refused() -> None:
    with pytest.raises(ValidationError, match="stands for two values"):
        mapping(status={"column": "s", "values": {"Si": "closed", "SI": "open"}})


@pytest.mark.parametrize(
    ("cell", "hour"),
    [
        ("5/07/2026 09:15 a. m.", 9),
        ("05/07/2026 9:15 P.M.", 21),
        ("05/07/2026 09:15 p.\u00a0m.", 21),
        ("05/07/2026 09:15 pm", 21),
    ],
)
def test_the_half_of_the_day_as_spanish_sheets_write_it(cell: str, hour: int) -> None:
    model = load(ROOT / "deploy" / "mappings" / "registro_incidencias.toml", IncidentMapping)
    read = model.instant("registered_at", {"Fecha de ingreso": cell})
    assert read == datetime(2026, 7, 5, hour, 15, tzinfo=ZoneInfo("America/Lima"))


@pytest.mark.parametrize("cell", ["05/07/26 09:15", "05/07/2026 09:15:00", "2026-07-05 09:15"])
def test_the_model_reads_the_dates_of_a_hand_kept_sheet(cell: str) -> None:
    model = load(ROOT / "deploy" / "mappings" / "registro_incidencias.toml", IncidentMapping)
    read = model.instant("registered_at", {"Fecha de ingreso": cell})
    assert read == datetime(2026, 7, 5, 9, 15, tzinfo=ZoneInfo("America/Lima"))


@pytest.mark.parametrize(
    ("cell", "instant"),
    [
        ("04/12/2018 11:11:26 AM", datetime(2018, 4, 12, 15, 11, 26, tzinfo=UTC)),
        ("01/12/2018 11:11:26 PM", datetime(2018, 1, 13, 4, 11, 26, tzinfo=UTC)),
        ("2018-04-12T11:11:26", datetime(2018, 4, 12, 15, 11, 26, tzinfo=UTC)),
        ("2018-04-12T11:11:26Z", datetime(2018, 4, 12, 11, 11, 26, tzinfo=UTC)),
        (datetime(2018, 4, 12, 11, 11), datetime(2018, 4, 12, 15, 11, tzinfo=UTC)),  # noqa: DTZ001
        ("  ", None),
    ],
)
def test_dates(cell: str | datetime, instant: datetime | None) -> None:
    assert mapping(received_at="d").instant("received_at", {"d": cell}) == instant


def test_a_date_of_another_form_is_a_bad_row() -> None:
    with pytest.raises(BadRow, match=r"received_at: '12/04' is not a date of the form %m.* or iso"):
        mapping(received_at="d").instant("received_at", {"d": "12/04"})


def test_an_hour_shown_twice_is_its_first_and_one_left_out_is_the_jump() -> None:
    twice = to_instant(datetime(2018, 11, 4, 1, 30), NEW_YORK)  # noqa: DTZ001
    left_out = to_instant(datetime(2018, 3, 11, 2, 30), NEW_YORK)  # noqa: DTZ001
    assert twice == datetime(2018, 11, 4, 5, 30, tzinfo=UTC)
    assert left_out == datetime(2018, 3, 11, 7, 0, tzinfo=UTC)


WALLS = st.datetimes(datetime(2014, 1, 1), datetime(2026, 1, 1))  # noqa: DTZ001
GAP = datetime(2018, 3, 11, 2, 30)  # noqa: DTZ001


@given(WALLS, st.integers(1, 3 * 86400))
@example(GAP, 1800)
@example(GAP - timedelta(minutes=31), 60)
@example(datetime(2018, 11, 4, 0, 59, 59), 3602)  # noqa: DTZ001
def test_the_order_of_the_wall_clock_is_kept(wall: datetime, seconds: int) -> None:
    wall = wall.replace(microsecond=0)
    assert to_instant(wall, NEW_YORK) <= to_instant(wall + timedelta(seconds=seconds), NEW_YORK)


def test_rows_are_told_apart_by_their_id() -> None:
    assert mapping().key({"id": " 7 "}) == ("7",)
    with pytest.raises(BadRow, match="no value in id"):
        mapping().key({"id": " "})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("America/Lima", "America/Atlantis"), "time_zone"),
        (('code = "id"', 'code = {colum = "id"}'), "fields.code.colum"),
        (('row_id = ["id"]', "row_id = []"), "row_id"),
        (('source = "register"', 'source = "Über"'), "source"),
        (("[fields]", "[fields"), "is not TOML"),
    ],
)
def test_a_wrong_mapping_says_where(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    file = tmp_path / "m.toml"
    file.write_text(MINIMAL.replace(*change), encoding="utf-8")
    with pytest.raises(UserError) as refused:
        load(file, RowMapping)
    assert said in str(refused.value)
    assert refused.value.code == 2


def test_a_missing_mapping_is_a_users_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no mapping"):
        load(tmp_path / "none.toml", RowMapping)


@pytest.mark.parametrize("file", sorted((ROOT / "deploy" / "mappings").glob("*.toml")))
def test_what_we_ship_is_right(file: Path) -> None:
    assert load(file, IncidentMapping).columns


def test_the_example_of_the_document_is_right(tmp_path: Path) -> None:
    document = (ROOT / "docs" / "import.md").read_text(encoding="utf-8")
    file = tmp_path / "example.toml"
    file.write_text(document.split("```toml\n")[1].split("```")[0], encoding="utf-8")
    assert {"code", "received_at", "status"} <= set(load(file, RowMapping).fields)
    file.write_text(document.split("```toml\n")[2].split("```")[0], encoding="utf-8")
    assert load(file, IncidentMapping).is_log
