"""The roads begin with the settings of the integration tests."""

from tests.integration.conftest import settings

__all__ = ["settings"]
