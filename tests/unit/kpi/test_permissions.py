"""Who answers for a way in reads its figures; those of persons are for who leads them."""

import pytest

from services.kpi.permissions import PERMISSIONS
from shared.security import Role

ANSWER_FOR_THEM = (
    Role.INCIDENT_LEADER,
    Role.INCIDENT_COORDINATOR,
    Role.SUGGESTIONS_OFFICER,
    Role.CLAIMS_OFFICER,
    Role.LEGAL_REVIEWER,
    Role.IMPROVEMENT_LEADER,
    Role.IMPROVEMENT_SECRETARY,
    Role.IMPROVEMENT_MEMBER,
)


@pytest.mark.parametrize("role", ANSWER_FOR_THEM)
def test_who_reports_on_it_reads_the_figures(role: Role) -> None:
    assert PERMISSIONS.allow("read_indicators", frozenset({role}))
    assert not PERMISSIONS.allow("read_people_figures", frozenset({role}))


@pytest.mark.parametrize("role", [Role.ADVISER, Role.AGENT, Role.SPECIALIST_L2, Role.PROVIDER])
def test_others_do_not(role: Role) -> None:
    assert not PERMISSIONS.allow("read_indicators", frozenset({role}))
