"""Profiles: every status with every command, and what makes two contacts the same."""

import pytest

from services.intake.private import Contact
from services.intake.profiles.domain import (
    LIFECYCLE,
    RULES,
    Action,
    Join,
    Meet,
    Prefer,
    Profile,
    Status,
)
from services.intake.profiles.meeting import handles_of
from tests.support.diagrams import diagram
from tests.unit.intake.public.bench import PAGE, Case, lima

COMMANDS = {
    Action.MEET: Meet("phone"),
    Action.PREFER: Prefer("elderly"),
    Action.JOIN: Join("p-1", "p-2"),
}


def met() -> Case[Profile]:
    case = Case(RULES, Profile(), lima(1))
    case.give(Meet("email"))
    return case


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("action", Action)
def test_every_status_with_every_command(status: Status, action: Action) -> None:
    case = Case(RULES, Profile(), lima(1)) if status is Status.NEW else met()
    if status is Status.JOINED:
        case.give(COMMANDS[Action.JOIN])
    end = LIFECYCLE.steps.get((status, action))
    if end is not None:
        assert len(case.give(COMMANDS[action])) == 1
        assert case.state.status is end
    elif action is Action.MEET:
        # his contacts are the other profile's by now; what comes late changes nothing
        assert case.give(COMMANDS[action]) == []
    else:
        assert case.refusal(COMMANDS[action]) == "profile.illegal_transition"


def test_the_same_contact_again_tells_nothing() -> None:
    case = met()
    assert case.give(Meet("email")) == []
    case.give(Meet("phone"))
    assert case.state.contacts == ("email", "phone")


def test_a_profile_is_not_joined_with_itself_and_knows_the_laws_grounds_only() -> None:
    assert met().refusal(Join("p-1", "p-1")) == "profile.joined_with_itself"
    assert met().refusal(Prefer("prisa")) == "desk.unknown_choice"
    case = met()
    (told,) = case.give(Prefer("elderly"))
    assert "elderly" not in told.model_dump_json()
    assert case.state.preferential == "granted"
    case.give(Prefer(""))
    assert case.state.preferential == ""


def test_contacts_are_compared_without_what_people_write_differently() -> None:
    written = Contact("Rosaura", " Rosaura@Correo.Example ", "+51 (1) 614-3636")
    assert handles_of(written) == [("email", "rosaura@correo.example"), ("phone", "+5116143636")]
    assert handles_of(Contact("Rosaura")) == []


def test_the_page_shows_the_table() -> None:
    assert diagram(LIFECYCLE.steps) in PAGE.read_text(encoding="utf-8")
