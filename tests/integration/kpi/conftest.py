"""The kpi service alone, behind a real server."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from services.kpi.service import SERVICE
from shared.security import Role
from shared.settings import Settings
from tests.support.figures import World, world
from tests.support.house import House, running


@pytest.fixture
async def house(settings: Settings, tmp_path: Path) -> AsyncIterator[House]:
    async with running([SERVICE], settings, tmp_path) as house:
        yield house


@pytest.fixture
async def things(settings: Settings) -> AsyncIterator[World]:
    async with world(settings) as things:
        yield things


@pytest.fixture
def reader(house: House) -> httpx.AsyncClient:
    return house.as_(Role.REPORT_READER)
