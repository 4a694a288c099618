"""An account's areas by their names, wherever it lists them."""

from pathlib import Path

import pytest

from shared.policy import area_name, load_tenants

TENANTS = load_tenants(Path(__file__).resolve().parents[3] / "deploy" / "tenants")


@pytest.mark.parametrize(
    ("tenant", "area", "es", "en"),
    [
        ("osinergmin", "gas-natural", "Gas natural", "Natural gas"),
        ("osinergmin", "Gas natural", "Gas natural", "Natural gas"),
        ("osinergmin", " mining", "Minería", "Mining"),
        ("osinergmin", "Área de otra", "Área de otra", "Área de otra"),
        ("osce", "seace", "SEACE", "SEACE"),
        ("osce", "development", "Desarrollo OTI", "OTI development"),
        # a list without names: the keys are what they are called
        ("comteco", "noc", "noc", "noc"),
    ],
)
def test_an_area_is_called_by_its_name(tenant: str, area: str, es: str, en: str) -> None:
    account = TENANTS[tenant]
    assert (area_name(account, area, "es"), area_name(account, area, "en")) == (es, en)
