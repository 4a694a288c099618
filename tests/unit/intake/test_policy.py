"""What the tenants ship, and a section that is wrong."""

from dataclasses import replace

import pytest

from services.intake.policy import intake_policy
from shared.decider import Unknown
from tests.unit.intake.bench import AT, TENANTS


@pytest.mark.parametrize("name", sorted(TENANTS))
def test_every_type_of_every_tenant_can_be_promised(name: str) -> None:
    policy = intake_policy(TENANTS[name])
    for kind in policy.types:
        for deadline in policy.promises(kind, AT):
            assert deadline.due_at > AT
            assert deadline.steps[-1].code == "source"


def test_osinergmin_has_the_types_of_the_document() -> None:
    assert set(intake_policy(TENANTS["osinergmin"]).types) == {
        "information",
        "training",
        "reinforcement",
        "system_change",
        "system_access",
    }


def test_series_are_not_shared_by_types() -> None:
    for tenant in TENANTS.values():
        rows = intake_policy(tenant).types.values()
        assert len({row.series for row in rows}) == len(rows)


def test_a_tenant_without_the_section_takes_no_requests() -> None:
    documents = {name: body for name, body in TENANTS["osce"].documents.items() if name != "intake"}
    with pytest.raises(Unknown, match=r"intake\.not_offered"):
        intake_policy(replace(TENANTS["osce"], documents=documents))
