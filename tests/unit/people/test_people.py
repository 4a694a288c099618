"""Who may hold which role, from when to when."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given as over
from hypothesis import strategies as st

from services.people.domain.person import (
    LIFECYCLE,
    Action,
    ChangeRoles,
    Describe,
    EndSessions,
    Invite,
    Join,
    Leave,
    Person,
    SetPassword,
    Status,
    decide,
    evolve,
    follow,
)
from services.people.domain.program import PROGRAM_LIFE
from services.people.domain.roster import PlanAbsence
from services.people.policy import PeoplePolicy, PeopleSection, people_policy
from services.people.views import PersonQuery, filters
from shared.contracts.people import PersonJoined, PersonLeft, PersonRolesChanged
from shared.decider import Given, Invalid, NotAllowed, Rejected, Stamp
from shared.policy import load_tenants
from shared.security import Role
from shared.store import utc_now
from tests.support.diagrams import diagram

ROOT = Path(__file__).resolve().parents[3]
TENANTS = load_tenants(ROOT / "deploy" / "tenants", {"people": PeopleSection})
POLICY = people_policy(TENANTS["osinergmin"])
ADMIN = frozenset({Role.TENANT_ADMIN.value})
MANAGER = frozenset({Role.SERVICE_MANAGER.value})
START = date(2026, 8, 3)
STAMP = Stamp(utc_now(), "person:ana", 1)
COMMANDS: dict[Action, Any] = {
    Action.JOIN: Join(("adviser",), START),
    Action.CHANGE_ROLES: ChangeRoles(("trainer",), "ascenso"),
    Action.DESCRIBE: Describe(channel="virtual"),
    Action.PLAN: PlanAbsence(START, START),
    Action.INVITE: Invite(utc_now()),
    Action.SET_PASSWORD: SetPassword("invitation"),
    Action.END_SESSIONS: EndSessions("x"),
    Action.LEAVE: Leave(START, "renuncia"),
}


def given(roles: frozenset[str] = ADMIN) -> Given[PeoplePolicy]:
    return Given(utc_now(), "person:ana", "osinergmin", POLICY, roles)


def adviser(*roles: str) -> Person:
    return Person(status=Status.ACTIVE, roles=roles or ("adviser",), starts_on=START)


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("action", Action)
def test_every_status_and_action(status: Status, action: Action) -> None:
    person = Person(status=status, starts_on=None if status is Status.NEW else START)
    allowed = {
        (Status.NEW, Action.JOIN): Status.ACTIVE,
        (Status.ACTIVE, Action.CHANGE_ROLES): Status.ACTIVE,
        (Status.ACTIVE, Action.DESCRIBE): Status.ACTIVE,
        (Status.ACTIVE, Action.PLAN): Status.ACTIVE,
        (Status.LEFT, Action.CHANGE_ROLES): Status.LEFT,
        (Status.LEFT, Action.DESCRIBE): Status.LEFT,
        (Status.LEFT, Action.INVITE): Status.LEFT,
        (Status.LEFT, Action.SET_PASSWORD): Status.LEFT,
        (Status.LEFT, Action.PLAN): Status.LEFT,
        (Status.ACTIVE, Action.INVITE): Status.ACTIVE,
        (Status.ACTIVE, Action.SET_PASSWORD): Status.ACTIVE,
        (Status.ACTIVE, Action.END_SESSIONS): Status.ACTIVE,
        (Status.ACTIVE, Action.LEAVE): Status.LEFT,
        (Status.LEFT, Action.END_SESSIONS): Status.LEFT,
    }
    end = allowed.get((status, action))
    if end is None:
        with pytest.raises(Rejected) as refused:
            decide(person, COMMANDS[action], given())
        assert refused.value.code == "person.illegal_transition"
        return
    assert follow(status, action) is end
    (event,) = decide(person, COMMANDS[action], given())
    assert evolve(person, event, STAMP).status is end


@pytest.mark.parametrize("action", Action)
def test_until_the_last_day_all_goes_on(action: Action) -> None:
    today = POLICY.today(given().at)
    leaver = Person(Status.LEFT, ("adviser",), date(2026, 1, 1), today)
    gone = replace(leaver, last_on=today - timedelta(days=1))
    if (Status.LEFT, action) in LIFECYCLE:
        assert decide(leaver, COMMANDS[action], given())
    if action in (Action.PLAN, Action.END_SESSIONS):
        assert decide(gone, COMMANDS[action], given())
        return
    with pytest.raises(Rejected, match=r"person\.illegal_transition"):
        decide(gone, COMMANDS[action], given())


def test_the_document_shows_the_table() -> None:
    document = (ROOT / "docs" / "lifecycles" / "people.md").read_text(encoding="utf-8")
    for life, last in ((LIFECYCLE, "left"), (PROGRAM_LIFE, "revoked")):
        shown = diagram(life, [last])
        assert f"```mermaid\n{shown}\n```" in document
        assert len(life) == shown.count("-->") - 1


def test_joining_tells_roles_and_dates_and_no_name() -> None:
    command = Join(("trainer", "adviser", "adviser"), START, "telephone", "24x7", ("qu", "es"))
    (event,) = decide(Person(), command, given(MANAGER))
    assert event == PersonJoined(
        roles=("adviser", "trainer"),
        starts_on=START,
        channel="telephone",
        shift="24x7",
        languages=("es", "qu"),
    )
    personal = {"name", "email", "phone", "document"}
    for body in (PersonJoined, PersonRolesChanged, PersonLeft):
        assert not personal & set(body.model_fields)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"roles": ("agent",)}, "roles"),
        ({"roles": ("program",)}, "roles"),
        ({"channel": "smoke"}, "channels"),
        ({"shift": "night"}, "shifts"),
        ({"languages": ("la",)}, "languages"),
    ],
)
def test_what_the_tenant_does_not_have_is_refused(changes: dict[str, Any], field: str) -> None:
    command = Join(**{"roles": ("adviser",), "starts_on": START, **changes})
    with pytest.raises(Invalid) as refused:
        decide(Person(), command, given())
    assert refused.value.fields["field"] == field
    assert refused.value.fields["known"]


@pytest.mark.parametrize(
    ("person", "command"),
    [
        (Person(), Join(("tenant_admin",), START)),
        (Person(), Join(("adviser", "auditor"), START)),
        (adviser(), ChangeRoles(("adviser", "tenant_admin"), "x")),
        (adviser("adviser", "auditor"), ChangeRoles(("adviser",), "x")),
        (adviser("tenant_admin"), Leave(START, "x")),
        (adviser("tenant_admin"), Invite(utc_now())),
    ],
)
def test_guarded_roles_are_an_administrators_to_give_and_take(person: Person, command: Any) -> None:
    with pytest.raises(NotAllowed, match=r"person\.guarded_role"):
        decide(person, command, given(MANAGER))
    assert decide(person, command, given(ADMIN))


def test_a_manager_may_change_the_other_roles_of_an_auditor() -> None:
    change = ChangeRoles(("auditor", "trainer"), "x")
    (event,) = decide(adviser("adviser", "auditor"), change, given(MANAGER))
    assert event == PersonRolesChanged(roles=("auditor", "trainer"), reason="x")


@pytest.mark.parametrize(
    ("place", "roles", "field"),
    [
        ({"organisation": "comdata", "area": "Operaciones"}, ("adviser",), None),
        ({"organisation": "osinergmin"}, ("requester", "liaison"), None),
        ({"organisation": "osinergmin"}, ("adviser",), "roles"),
        ({"organisation": "acme"}, ("adviser",), "organisation"),
        ({"organisation": "comdata", "area": "Legal"}, ("adviser",), "area"),
        ({"area": "Operaciones"}, ("adviser",), "none"),
    ],
)
def test_a_person_belongs_to_an_organisation_that_has_the_roles(
    place: dict[str, str], roles: tuple[str, ...], field: str | None
) -> None:
    command = Join(roles, START, **place)  # type: ignore[arg-type]
    if field is None:
        (event,) = decide(Person(), command, given())
        person = evolve(Person(), event, STAMP)
        assert (person.organisation, person.area) == (place["organisation"], place.get("area", ""))
        with pytest.raises(Invalid, match=r"person\.unknown_value"):
            decide(person, ChangeRoles(("adviser", "liaison"), "x"), given())
        return
    with pytest.raises(Invalid) as refused:
        decide(Person(), command, given())
    assert refused.value.fields.get("field", "none") == field


def test_what_somebody_knows_is_described_as_a_whole() -> None:
    languages = ("qu", "es", "lsp")
    (event,) = decide(adviser(), Describe("virtual", "day", languages, ("chat",)), given())
    person = evolve(adviser(), event, STAMP)
    assert (person.channel, person.languages) == ("virtual", ("es", "lsp", "qu"))
    assert decide(person, Describe("virtual", "day", languages, ("chat",)), given()) == []
    with pytest.raises(Invalid, match=r"person\.unknown_value"):
        decide(person, Describe(languages=("la",)), given())


def test_who_is_taken_over_may_have_left_already() -> None:
    joined, left = decide(Person(), Join(("adviser",), START, last_on=date(2026, 8, 31)), given())
    person = evolve(evolve(Person(), joined, STAMP), left, STAMP)
    assert (person.status, person.last_on) == (Status.LEFT, date(2026, 8, 31))
    with pytest.raises(Invalid, match=r"person\.leaves_before_start"):
        decide(Person(), Join(("adviser",), START, last_on=date(2026, 8, 2)), given())


def test_the_same_roles_are_no_change() -> None:
    assert decide(adviser(), ChangeRoles(("adviser", "adviser"), "x"), given()) == []


def test_nobody_leaves_before_starting() -> None:
    with pytest.raises(Invalid, match=r"person\.leaves_before_start"):
        decide(adviser(), Leave(date(2026, 8, 2), "x"), given())
    (event,) = decide(adviser(), Leave(START, "x"), given())
    assert event == PersonLeft(last_on=START, reason="x")


def test_every_tenant_has_both_sides() -> None:
    for tenant in TENANTS.values():
        policy = people_policy(tenant)
        assert {row.side for row in policy.organisations.values()} >= {"client", "provider"}
        assert {"supervisor", "quality_monitor", "adviser", "liaison"} <= policy.roles


@over(st.lists(st.sampled_from(sorted(POLICY.roles)), min_size=1, max_size=8))
def test_roles_are_kept_as_a_set(roles: list[str]) -> None:
    person = adviser()
    for event in decide(person, ChangeRoles(tuple(roles), "x"), given()):
        person = evolve(person, event, STAMP)
    assert person.roles == tuple(sorted(set(roles)))


def test_filters_narrow_each_other() -> None:
    query = PersonQuery.model_validate({"role": "adviser", "status": "active"})
    assert filters(query) == {"state.roles": "adviser", "state.status": "active"}
