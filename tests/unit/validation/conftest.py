"""An evaluation of the account osinergmin."""

from collections.abc import Callable
from datetime import datetime

import pytest

from services.validation.domain import Open
from services.validation.policy import EvaluationPolicy
from tests.support.evaluations import Case, lima, osinergmin


@pytest.fixture(scope="session")
def policy() -> EvaluationPolicy:
    return osinergmin()


@pytest.fixture
def opened(policy: EvaluationPolicy) -> Callable[..., Case]:
    """A case whose request was received, on Wednesday 1 July at ten when nothing is said."""

    def make(at: datetime | None = None, request_type: str = "information") -> Case:
        case, received = Case(policy), at or lima(1)
        case.give(Open("SOL-2026-000001", request_type, "tema", "título", received), received)
        return case

    return make
