"""The closing of months, and the chain of their signatures."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.kpi.closing import (
    FIRST,
    CloseMonth,
    Series,
    Signer,
    days_of,
    decide,
    digest,
    evolve,
    first_fault,
    month_after,
    unsigned,
)
from services.kpi.sealing import PeriodKeys, PeriodSigner, keys_of, signer_of
from shared.contracts.kpi import FrozenFigure, PeriodClosed
from shared.decider import Given, Rejected, Stamp
from shared.security.keys import ensure_keys
from shared.settings import Settings

OVER = datetime(2026, 8, 1, 5, tzinfo=UTC)
FIGURES = (FrozenFigure(id="requests.received", version=1, numerator=7),)


def closing(month: str, signer: Signer | None = None) -> CloseMonth:
    return CloseMonth(month, OVER, "America/Lima", "2026-07", FIGURES, signer)


def close(state: Series, month: str, at: datetime = OVER, signer: Signer | None = None) -> Series:
    given = Given(at, "person:ana", "osinergmin", None)
    for number, body in enumerate(decide(state, closing(month, signer), given), 1):
        assert isinstance(body, PeriodClosed)
        state = evolve(state, body, Stamp(at, "person:ana", number))
    return state


def test_signature_is_of_the_canonical_json() -> None:
    (body,) = close(Series(), "2026-07").months
    figure = {
        "denominator": None,
        "id": "requests.received",
        "numerator": 7,
        "part": "",
        "version": 1,
    }
    content = {
        "figures": [figure],
        "month": "2026-07",
        "policy": "2026-07",
        "previous": "0" * 64,
        "tenant": "osinergmin",
        "time_zone": "America/Lima",
    }
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    assert body.sha256 == hashlib.sha256(canonical.encode()).hexdigest()


def test_what_a_figure_left_out_and_aimed_at_is_frozen_and_signed() -> None:
    (bare,) = close(Series(), "2026-07").months
    told = FIGURES[0].model_copy(update={"excluded": {"unjudged": 2}, "target": 0.0})
    full = bare.model_copy(update={"figures": (told,)})
    assert full.model_dump()["figures"][0].keys() - bare.model_dump()["figures"][0].keys() == {
        "excluded",
        "target",
    }
    assert digest("osinergmin", full) != digest("osinergmin", bare)
    again = PeriodClosed.model_validate_json(full.model_dump_json())
    assert digest("osinergmin", again) == digest("osinergmin", full)
    assert PeriodClosed.model_validate_json(bare.model_dump_json()) == bare


def test_a_month_knows_by_which_definitions_it_was_closed() -> None:
    found = close(Series(), "2026-07").find("2026-07")
    assert found is not None
    assert not found.counted_otherwise("requests.received", 1)
    assert found.counted_otherwise("requests.received", 2)
    assert not found.counted_otherwise("requests.newer_than_the_close", 2)


def test_each_month_is_chained_to_the_one_before() -> None:
    series = close(close(close(Series(), "2025-11"), "2025-12"), "2026-01")
    first, second, third = series.months
    assert (first.previous, second.previous, third.previous) == (FIRST, first.sha256, second.sha256)
    assert first_fault("osinergmin", series.months) is None


def test_changed_or_missing_month_is_found() -> None:
    series = close(close(close(Series(), "2026-05"), "2026-06"), "2026-07")
    first, second, third = series.months
    figure = FIGURES[0].model_copy(update={"numerator": 8})
    changed = second.model_copy(update={"figures": (figure,)})
    assert first_fault("osinergmin", (first, changed, third)) == "2026-06"
    signed = changed.model_copy(update={"sha256": digest("osinergmin", changed)})
    assert first_fault("osinergmin", (first, signed, third)) == "2026-07"
    assert first_fault("osinergmin", (first, third)) == "2026-07"
    assert first_fault("osce", series.months) == "2026-05"


def keys_in(folder: Path) -> tuple[PeriodSigner, PeriodKeys]:
    files = ensure_keys(folder)
    own = {"period_private_key": files.private, "period_public_keys": files.public}
    settings = Settings().model_copy(update=own)
    signer, keys = signer_of(settings), keys_of(settings)
    assert signer is not None
    assert keys is not None
    return signer, keys


def test_a_chain_made_anew_lacks_the_keys_signatures(tmp_path: Path) -> None:
    signer, keys = keys_in(tmp_path / "own")
    series = close(Series(), "2026-05")
    for month in ("2026-06", "2026-07"):
        series = close(series, month, signer=signer)
    assert first_fault("osinergmin", series.months, keys) is None
    assert unsigned(series.months) == 0

    first, second, third = series.months
    figure = FIGURES[0].model_copy(update={"numerator": 8})
    changed = second.model_copy(update={"figures": (figure,)})
    again = changed.model_copy(update={"sha256": digest("osinergmin", changed)})
    assert first_fault("osinergmin", (first, again, third), keys) == "2026-06"
    stranger, _ = keys_in(tmp_path / "other")
    other = close(close(Series(), "2026-05"), "2026-06", signer=stranger)
    assert first_fault("osinergmin", other.months, keys) == "2026-06"
    stripped = third.model_copy(update={"signature": "", "key_id": ""})
    assert first_fault("osinergmin", (first, second, stripped)) == "2026-07"
    garbled = third.model_copy(update={"signature": "none"})
    assert first_fault("osinergmin", (first, second, garbled), keys) == "2026-07"


def test_months_without_a_key_are_told_as_unsigned(tmp_path: Path) -> None:
    bare = close(close(Series(), "2026-05"), "2026-06")
    assert unsigned(bare.months) == 2
    assert unsigned(Series().months) == 0
    signer, _ = keys_in(tmp_path)
    assert unsigned(close(bare, "2026-07", signer=signer).months) == 0
    assert signer_of(Settings()) is None
    assert keys_of(Settings()) is None


def test_month_is_closed_once() -> None:
    series = close(Series(), "2026-07")
    assert close(series, "2026-07", OVER + timedelta(days=40)) == series


def test_month_that_is_not_over_is_refused() -> None:
    with pytest.raises(Rejected) as refused:
        close(Series(), "2026-07", OVER - timedelta(milliseconds=1))
    assert refused.value.code == "period.not_over"
    assert close(Series(), "2026-07", OVER).months


@pytest.mark.parametrize("month", ["2026-05", "2026-08", "2025-07"])
def test_months_are_closed_in_order(month: str) -> None:
    with pytest.raises(Rejected) as refused:
        close(close(Series(), "2026-06"), month)
    assert (refused.value.code, refused.value.fields["expected"]) == (
        "period.out_of_order",
        "2026-07",
    )


def test_months_have_their_days() -> None:
    assert [str(day) for day in days_of("2028-02")] == ["2028-02-01", "2028-02-29"]
    assert month_after("2026-12") == "2027-01"
