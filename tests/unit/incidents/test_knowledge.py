"""The knowledge base: Spanish words, and what may become of an entry."""

import pytest

from services.incidents.domain.article import (
    Apply,
    Article,
    Command,
    Content,
    Publish,
    Rate,
    Retire,
    Revise,
    Standing,
    decide,
    evolve,
)
from shared.decider import Given, Invalid, Rejected, Stamp
from shared.words import stems
from tests.support.incidents import lima, policy_of

CONTENT = Content(
    title="No carga el registro de proveedores",
    symptoms="La página queda en blanco al ingresar.",
    causes=("Sesión caducada", "Memoria agotada"),
    treatment="Cerrar la sesión y volver a ingresar.",
    template="Estimada usuaria: …",
    area="SEACE",
    kind="error",
)


def given(state: Article, *commands: Command, actor: str = "person:sol") -> Article:
    for command in commands:
        for event in decide(state, command, Given(lima(1), actor, "osce", policy_of())):
            state = evolve(state, event, Stamp(lima(1), actor, 1))
    return state


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("facturación", "facturacion"),
        ("facturación", "facturas"),
        ("REGISTROS", "registro"),
        ("registrar", "registrado"),
        ("contraseña", "contrasenas"),
        ("errores", "error"),
        ("veces", "vez"),
        ("bloqueo", "bloqueada"),
        ("sesiones", "sesión"),
        ("proveedora", "proveedores"),
        ("conexiones", "conexión"),
    ],
)
def test_forms_of_one_word_meet(one: str, other: str) -> None:
    assert stems(one) == stems(other)


@pytest.mark.parametrize(
    ("one", "other"), [("registro", "regla"), ("ORA-00942", "ORA-00943"), ("pago", "página")]
)
def test_different_words_stay_apart(one: str, other: str) -> None:
    assert stems(one) != stems(other)


def test_words_that_say_nothing_are_left_out() -> None:
    assert stems("el de la y no") == ""
    assert stems("") == ""


def test_an_entry_is_published_revised_and_retired() -> None:
    state = given(Article(), Publish(CONTENT), Revise(CONTENT))
    assert (state.standing, state.area) == (Standing.PUBLISHED, "seace")
    assert "registr" in state.title_words.split()
    gone = given(state, Retire("Se corrigió."))
    assert gone.standing is Standing.RETIRED
    for command in (Revise(CONTENT), Retire("Otra vez."), Rate(helpful=True)):
        with pytest.raises(Rejected, match=r"article\.retired"):
            given(gone, command)
    with pytest.raises(Rejected, match=r"article\.already_published"):
        given(gone, Publish(CONTENT))


def test_a_person_has_one_vote_the_last() -> None:
    state = given(Article(), Publish(CONTENT), Rate(helpful=True), Rate(helpful=True))
    assert (state.helpful, len(state.votes)) == (1, 1)
    state = given(given(state, Rate(helpful=False)), Rate(helpful=True), actor="person:tito")
    assert (state.helpful, len(state.votes)) == (1, 2)


def test_an_incident_counts_once_however_often_it_is_told() -> None:
    state = given(Article(), Publish(CONTENT), Apply("i-1"), Apply("i-1"), Apply("i-2"))
    assert (state.applied, state.incidents) == (2, ("i-1", "i-2"))
    assert given(Article(), Apply("i-1")) == Article()


def test_its_area_and_type_are_those_of_the_classification() -> None:
    with pytest.raises(Invalid, match=r"incident\.unknown_area"):
        given(Article(), Publish(Content("t", "s", ("c",), "t", "", "x", "error")))
