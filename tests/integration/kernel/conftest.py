import pytest

from tests.support import toy
from tests.support.kernel import Bench


@pytest.fixture
def bench(amqp_url: str, management_url: str, mongo_url: str, database_prefix: str) -> Bench:
    """The kernel's bench with the toys' topology declared."""
    bench = Bench(amqp_url, management_url, mongo_url, database_prefix)
    bench.declare()
    toy.BROKEN.clear()
    return bench
