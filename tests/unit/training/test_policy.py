"""The sections that are shipped, and what is wrong with others."""

from datetime import UTC, date, datetime
from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest
from pydantic import ValidationError

from services.training.policy import SECTION, TrainingSection, training_policy
from services.validation.policy import SECTION as VALIDATION
from services.validation.policy import ValidationSection, evaluation_policy
from shared.clock import ClockError
from shared.decider import Unknown
from shared.policy import Frozen, Tenant, UnknownKey, check, load_tenants
from tests.support.evaluations import TENANTS, tenant

SHIPPED = [one for one in load_tenants(TENANTS).values() if SECTION in one.documents]


@pytest.mark.parametrize("account", SHIPPED, ids=lambda one: str(one.key))
def test_every_shipped_section_stands(account: Tenant) -> None:
    assert evaluation_policy(account).types
    assert training_policy(account).leaders


def test_an_account_without_sections_takes_no_requests(tmp_path: Path) -> None:
    without = ignore_patterns("validation.yaml", "training.yaml")
    copytree(TENANTS / "osce", tmp_path / "osce", ignore=without)
    bare = load_tenants(tmp_path)["osce"]
    with pytest.raises(Unknown, match=r"validation\.not_offered"):
        evaluation_policy(bare)
    with pytest.raises(Unknown, match=r"training\.not_offered"):
        training_policy(bare)


def test_today_is_the_accounts_own() -> None:
    evening_in_lima = datetime(2026, 7, 2, 3, 0, tzinfo=UTC)
    assert training_policy(tenant()).today(evening_in_lima) == date(2026, 7, 1)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{term: request.nothing, source: 'A:L1'}", UnknownKey),
        ("{term: request.system_change, complexity: {low: 5}, source: 'A:L1'}", ClockError),
    ],
)
def test_a_term_that_is_not_there_or_out_of_its_range(
    tmp_path: Path, text: str, fault: type[Exception]
) -> None:
    account = copied(tmp_path)
    section = account / "validation.yaml"
    lines = section.read_text(encoding="utf-8")
    section.write_text(f"{lines}\n  odd: {text}\n", encoding="utf-8")

    with pytest.raises(fault):
        evaluation_policy(load_tenants(tmp_path)["osinergmin"])


@pytest.mark.parametrize(
    ("model", "body"),
    [
        (TrainingSection, {"replicate": "training.replica"}),
        (
            TrainingSection,
            {
                "replicate": "training.replica",
                "cascade": {"leaders": ["king"], "learners": ["adviser"], "source": "A:L2209"},
                "signature": {"methods": ["click"], "source": "A:L2205"},
            },
        ),
        (ValidationSection, {"evaluate": "x", "checks": {}, "max_questions": 0, "types": {}}),
    ],
)
def test_what_nobody_can_read_is_refused(model: type[Frozen], body: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        model.model_validate(body)


def test_a_wrong_section_is_found_with_its_line(tmp_path: Path) -> None:
    section = copied(tmp_path) / "training.yaml"
    text = section.read_text(encoding="utf-8").replace("methods: [click,", "methods: [wink,")
    section.write_text(text, encoding="utf-8")
    models: dict[str, type[Frozen]] = {SECTION: TrainingSection, VALIDATION: ValidationSection}

    found = [f for f in check(tmp_path, models) if f.file.name == "training.yaml"]
    assert [(f.line, str(f.facts["field"])) for f in found] == [(10, "signature.methods.0")]


def copied(folder: Path) -> Path:
    account = folder / "osinergmin"
    account.mkdir()
    for path in (TENANTS / "osinergmin").glob("*.yaml"):
        (account / path.name).write_bytes(path.read_bytes())
    return account
