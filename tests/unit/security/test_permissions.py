"""What is not written is denied, for every role; every role has its word in the manuals."""

from pathlib import Path

import pytest

from shared.security import Permissions, Role, UndeclaredOperation, system

TABLE = Permissions({"receive": [Role.LIAISON, Role.REQUESTER], "close": []})
GLOSSARY = Path(__file__).parents[3] / "docs" / "glossary.md"


@pytest.mark.parametrize("role", list(Role))
def test_a_role_may_do_what_its_rows_say(role: Role) -> None:
    roles = frozenset({role})

    assert TABLE.allow("receive", roles) == (role in {Role.LIAISON, Role.REQUESTER})
    assert not TABLE.allow("close", roles)
    assert not TABLE.allow("unheard_of", roles)


def test_without_roles_nothing_is_allowed() -> None:
    assert not TABLE.allow("receive", frozenset())


def test_a_route_cannot_name_an_operation_without_row() -> None:
    assert TABLE.roles_for("receive") == {Role.LIAISON, Role.REQUESTER}
    with pytest.raises(UndeclaredOperation):
        TABLE.roles_for("unheard_of")


def test_the_system_acts_in_its_own_name() -> None:
    actor = system("intake", "acme")

    assert str(actor) == "system:intake"
    assert actor.roles == {Role.SYSTEM}


@pytest.mark.parametrize("role", list(Role))
def test_the_glossary_has_every_role(role: Role) -> None:
    assert f"`{role.value}`" in GLOSSARY.read_text(encoding="utf-8")
