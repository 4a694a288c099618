"""One town for all tests of this folder: they read it, or leave it as it was."""

from collections.abc import AsyncIterator

import pytest

from tests.security.town import Town, founded
from tests.support.infra import Infra


@pytest.fixture(scope="session")
async def town(infra: Infra, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    async with founded(infra, tmp_path_factory.mktemp("keys")) as town:
        yield town
