"""What every test of a running house begins with."""

import pytest

from shared.settings import Settings
from tests.support.house import settings_of


@pytest.fixture
def settings(amqp_url: str, management_url: str, mongo_url: str, database_prefix: str) -> Settings:
    """Settings of a test's own virtual host and databases."""
    return settings_of(amqp_url, management_url, mongo_url, database_prefix)
