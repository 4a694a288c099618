"""The edge keeps to its OpenAPI document: schemathesis tries to prove otherwise."""

from pathlib import Path
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import load_all_checks
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance

from tests.support.http_edge import Desk, make_desk

# the token is given to each call, so it cannot be taken away again (test_operations does); and no
# schema can tell a cursor or a business rule, which may refuse what is well formed
EXCLUDED = [ignored_auth, positive_data_acceptance]


def test_schemathesis_finds_nothing(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    load_all_checks()
    document = schemathesis.openapi.from_asgi("/api/v1/openapi.json", desk.app)
    for result in document.get_all_operations():
        operation = result.ok()
        # the upload is FastAPI's own and the slow one sleeps; failures are provoked elsewhere
        if operation.path.endswith(("/uploads", "/slow", "/fail")):
            continue
        _fuzz(desk, operation)


def _fuzz(desk: Desk, operation: Any) -> None:
    headers = desk.bearer()

    @given(case=operation.as_strategy())
    @settings(
        max_examples=25,
        deadline=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def fuzz(case: Any) -> None:
        case.call_and_validate(headers=headers, excluded_checks=EXCLUDED)

    fuzz()
