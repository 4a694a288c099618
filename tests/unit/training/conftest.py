"""A replication approved on Wednesday 1 July at ten, due on Thursday at 16:30."""

from collections.abc import Callable

import pytest

from services.training.domain.plan import Launch, OpenPlan, Publish
from tests.support.evaluations import lima
from tests.support.replications import LEADERS, SHA, Replication, told_to_client

ADVISERS = ("ana", "beto", "caro", "dana")


@pytest.fixture
def opened() -> Replication:
    replication = Replication()
    promised = told_to_client(lima(2, 16, 30), lima(1))
    replication.give(OpenPlan("SOL-2026-000001", "tema", "título", lima(1), promised), lima(1))
    return replication


@pytest.fixture
def launched(opened: Replication) -> Callable[..., Replication]:
    """With material, launched at noon, everybody enrolled."""

    def make(*advisers: str) -> Replication:
        names = advisers or ADVISERS
        opened.give(Publish(SHA), lima(1, 11))
        opened.give(Launch("r1", LEADERS, len(names)), lima(1, 12))
        opened.enrol(lima(1, 12), *names)
        return opened

    return make
