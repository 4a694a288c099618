"""All services keep to their OpenAPI document: schemathesis tries to prove otherwise.

Real HTTP, real broker and database, a token that may do everything, and ids that exist: what is
generated reaches the deciders.
"""

import asyncio
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import load_all_checks
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance

from shared.security import Actor, Role
from tests.security.town import MINE, Town, founded
from tests.support.eventually import PATIENCE
from tests.support.infra import Infra

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]
EXAMPLES = 4
WALKS = 15
AT_THE_EDGE = {
    "invalid_idempotency_key",
    "invalid_if_match",
    "invalid_request",
    "malformed_json",
    "malformed_request",
    "method_not_allowed",
    "not_found",
    "precondition_required",
    "token_invalid",
    "token_missing",
    "unsupported_media_type",
}
VERSIONS = st.integers(1, 4)
WORDS: dict[str, Any] = {
    "type": "information",
    "roles": ["adviser"],
    "channel": "",
    "shift": "",
    "languages": [],
    "skills": [],
    "indicator": "requests.received",
    "from": "2026-07-01",
    "to": "2026-07-31",
}
# the token is given to each call, so it cannot be taken away again (tests/security does that at
# every door); and no schema can tell a business rule, which may refuse what is well formed
EXCLUDED = [ignored_auth, positive_data_acceptance]


@pytest.fixture(scope="module")
async def town(infra: Infra, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    async with founded(infra, tmp_path_factory.mktemp("keys")) as town:
        yield town


async def test_no_request_gets_an_answer_that_was_not_promised(town: Town) -> None:
    token = town.house.issuer.issue(Actor("ana", MINE, frozenset(Role)))
    findings, codes = await asyncio.to_thread(fuzz_all, town.house.url, token, town.ids)

    assert not findings, "\n\n".join(findings)
    # the control: what was generated came through to the services, and not only to the edge
    shallow = {label: seen for label, seen in codes.items() if seen <= AT_THE_EDGE}
    assert shallow == {}
    assert {"", "stale_version"} <= set().union(*codes.values())


async def test_no_chain_of_requests_does_either(town: Town) -> None:
    """Stateful: ids and versions of one answer go into the next request, along inferred links."""
    token = town.house.issuer.issue(Actor("ana", MINE, frozenset(Role)))
    statuses = await asyncio.to_thread(walk, town.house.url, token)

    assert 200 in statuses
    assert len(statuses) >= 4


def walk(url: str, token: str) -> set[int]:
    """The statuses that were met; raises what was found."""
    load_all_checks()
    document = schemathesis.openapi.from_url(f"{url}/api/v1/openapi.json", timeout=PATIENCE)
    machine: Any = document.as_state_machine()
    statuses: set[int] = set()
    headers = {"authorization": f"Bearer {token}"}

    class Walk(machine):  # type: ignore[misc]
        def get_call_kwargs(self, case: Any) -> dict[str, Any]:
            body = case.body
            if isinstance(body, dict) and "type" in body and isinstance(body["type"], str):
                body["type"] = WORDS["type"]
            return {"headers": headers, "timeout": PATIENCE}

        def validate_response(self, response: Any, case: Any, **_: Any) -> None:
            statuses.add(response.status_code)
            case.validate_response(response, headers=headers, excluded_checks=EXCLUDED)

    Walk.run(
        settings=settings(
            max_examples=WALKS,
            stateful_step_count=8,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
    )
    return statuses


def fuzz_all(url: str, token: str, ids: list[str]) -> tuple[list[str], dict[str, set[str]]]:
    """What was found in words, and the codes that each operation answered with (none: done)."""
    load_all_checks()
    document = schemathesis.openapi.from_url(f"{url}/api/v1/openapi.json", timeout=PATIENCE)
    results: list[Any] = list(document.get_all_operations())
    operations = [result.ok() for result in results]
    assert len(operations) >= 20
    findings: list[str] = []
    codes: dict[str, set[str]] = {}
    with requests.Session() as session:
        session.headers["authorization"] = f"Bearer {token}"
        for operation in operations:
            try:
                seen = codes.setdefault(operation.label, set())
                fuzz(operation, session, ids, seen)
                if seen <= AT_THE_EDGE:
                    # which are drawn is another matter with every line that changes here
                    fuzz(operation, session, ids, seen, 10 * EXAMPLES)
            except BaseExceptionGroup as group:
                findings += [f"{operation.label}: {one}" for one in group.exceptions]
            except Exception as error:  # noqa: BLE001 - told with those of the other operations
                findings.append(f"{operation.label}: {error}")
    return findings, codes


def fill(case: Any, thing: str, version: int) -> None:
    """Put in what only the account and its present state can tell."""
    for name in case.path_parameters or {}:
        case.path_parameters[name] = thing
    if "If-Match" in case.headers:
        case.headers["If-Match"] = f'"{version}"'
    for part in (case.query, case.body):
        if isinstance(part, dict):
            part.update({name: word for name, word in WORDS.items() if part.get(name)})


def fuzz(
    operation: Any,
    session: requests.Session,
    ids: list[str],
    codes: set[str],
    examples: int = EXAMPLES,
) -> None:
    """Well-formed and ill-formed requests; half of the well-formed ones meet something."""

    @given(case=operation.as_strategy(), thing=st.sampled_from([None, *ids]), version=VERSIONS)
    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def attempt(case: Any, thing: str | None, version: int) -> None:
        if thing is not None and case.meta.generation.mode is GenerationMode.POSITIVE:
            fill(case, thing, version)
        headers = {"authorization": session.headers["authorization"]}
        answer = case.call_and_validate(
            session=session, headers=headers, timeout=PATIENCE, excluded_checks=EXCLUDED
        )
        codes.add("" if answer.status_code < HTTPStatus.BAD_REQUEST else answer.json()["code"])

    attempt()
