"""Each organ answers for its own incidents; whoever is in no one area on all (B:L1303-1311)."""

import json
from dataclasses import replace

import pytest

from services.incidents.domain import Command
from services.incidents.domain.commands import (
    Classify,
    Coordinate,
    Elevate,
    Extend,
    Forward,
    Observe,
    Register,
    Reopen,
    Reply,
    Reroute,
    Return,
    Solve,
    Take,
    Validate,
)
from shared import i18n
from shared.decider import Invalid, NotAllowed, Rejected
from shared.http.problems import Problems, refusal_of
from tests.support.incidents import (
    ANSWER,
    EVERYBODY,
    NEW,
    QUESTION,
    SOLUTION,
    Case,
    at_tier_2,
    at_tier_3,
    lima,
    policy_of,
    validating,
)

PROVIDER = frozenset({"provider"})
SEACE, RNP, OTI = frozenset({"SEACE"}), frozenset({"RNP"}), frozenset({"OTI"})
AT_TIER_2 = (
    Take(),
    Elevate("Técnica."),
    Reroute("rnp", "Es de ellos."),
    Return("No es nuestra."),
    Solve("Listo."),
    Extend(1, "Falta un dato."),
    Classify("Dicho.", criticality="high"),
    Coordinate(external=False, party="Logística", note="Preguntado."),
)


def told(refusal: Rejected, language: str) -> str:
    """What the caller reads."""
    refused = refusal_of(refusal)
    assert refused is not None
    rendered = Problems(i18n.load()).render(refused, language=language, correlation_id="c")
    return str(json.loads(rendered)["detail"])


@pytest.mark.parametrize("command", AT_TIER_2)
def test_what_is_at_another_areas_desk_is_not_his(command: Command) -> None:
    case = at_tier_2()
    assert case.state.desk == "seace"
    with pytest.raises(NotAllowed) as refused:
        case.give(command, lima(1, 12), areas=RNP)
    assert refused.value.code == "incident.not_your_area"
    assert refused.value.fields == {"area": "seace", "areas": ["RNP"]}
    assert told(refused.value, "es").startswith("La incidencia está en «SEACE»; usted trabaja")
    assert case.give(command, lima(1, 12), areas=SEACE | RNP)


@pytest.mark.parametrize("command", AT_TIER_2)
def test_whoever_is_in_no_one_area_acts_on_all(command: Command) -> None:
    assert at_tier_2().give(command, lima(1, 12))


@pytest.mark.parametrize(
    ("language", "named"),
    [("es", "Desarrollo OTI"), ("en", "OTI development")],
)
def test_a_refusal_calls_an_area_by_its_name(language: str, named: str) -> None:
    case = at_tier_2()
    with pytest.raises(Invalid) as unfit:
        case.give(Elevate("Técnica.", "rnp"), lima(1, 12))
    assert named in told(unfit.value, language)
    # its name is taken in either language, too
    case.give(Elevate("Técnica.", named), lima(1, 12))
    assert case.state.desk == "development"
    with pytest.raises(NotAllowed) as elsewhere:
        case.give(Take(), lima(1, 13), areas=RNP)
    assert f"«{named}»" in told(elsewhere.value, language).replace("“", "«").replace("”", "»")
    with pytest.raises(Invalid) as same:
        case.give(Reroute("development", "Otra vez."), lima(1, 13))
    assert named in told(same.value, language)


def test_a_desk_that_is_no_area_is_called_as_it_is() -> None:
    case = at_tier_2()
    first, _, third = case.state.desks
    case.state = replace(case.state, desks=(first, "Mesa V5", third))
    with pytest.raises(NotAllowed) as elsewhere:
        case.give(Take(), lima(1, 12), areas=RNP)
    assert "«Mesa V5»" in told(elsewhere.value, "es")


def test_what_is_said_by_its_key_is_shown_with_it() -> None:
    with pytest.raises(Invalid) as unknown:
        at_tier_2().give(Classify("x", origin="mars"), lima(1, 12))
    assert "system (Sistema informático), data (Datos" in told(unknown.value, "es")
    assert "system (Computer system), data (Data" in told(unknown.value, "en")
    assert unknown.value.fields["known"] == list(policy_of().section.classification.origins)


def test_an_area_that_incidents_does_not_know_has_no_desk() -> None:
    with pytest.raises(NotAllowed):
        at_tier_2().give(Take(), lima(1, 12), areas=frozenset({"Logística"}))


def test_what_goes_sideways_is_the_other_areas_from_then_on() -> None:
    case = at_tier_2()
    case.give(Reroute("rnp", "Es de ellos."), lima(1, 12), areas=SEACE)
    with pytest.raises(NotAllowed):
        case.give(Take(), lima(1, 13), areas=SEACE)
    assert case.give(Take(), lima(1, 13), areas=RNP)


@pytest.mark.parametrize("desk", ["oti", "development", "platform"])
def test_an_organ_acts_for_its_parts_at_tier_3(desk: str) -> None:
    case = at_tier_2()
    case.give(Elevate("Técnica.", desk), lima(1, 12), areas=SEACE)
    with pytest.raises(NotAllowed):
        case.give(Take(), lima(1, 13), areas=SEACE)
    assert case.give(Take(), lima(1, 13), areas=OTI)
    assert case.give(QUESTION, lima(2), areas=OTI)


def test_a_part_does_not_act_for_the_whole() -> None:
    case = at_tier_3()
    assert case.state.desk == "oti"
    with pytest.raises(NotAllowed):
        case.give(Take(), lima(1, 13), areas=frozenset({"development"}))


@pytest.mark.parametrize("command", [Validate(), Observe("Falta.")])
def test_its_own_answer_is_validated_by_the_area_that_elevated_it(command: Command) -> None:
    case = validating(lima(3))
    with pytest.raises(NotAllowed):
        case.give(command, lima(3, 12), areas=RNP)
    assert case.give(command, lima(3, 12), areas=SEACE)


def test_the_provider_answers_whatever_area_he_is_of() -> None:
    case = at_tier_3()
    case.give(Take(), lima(1, 13))
    case.give(QUESTION, lima(2))
    with pytest.raises(NotAllowed):
        case.give(ANSWER, lima(3), EVERYBODY, areas=RNP)
    assert case.give(ANSWER, lima(3), PROVIDER, areas=RNP, organisation="Telco")


@pytest.mark.parametrize("organisation", ["", "telco", "Otra"])
def test_a_provider_answers_what_his_organisation_was_asked(organisation: str) -> None:
    case = at_tier_3()
    case.give(QUESTION, lima(2))
    with pytest.raises(NotAllowed) as refused:
        case.give(ANSWER, lima(3), PROVIDER, organisation=organisation)
    assert refused.value.code == "incident.not_your_question"
    assert case.give(ANSWER, lima(3), PROVIDER, organisation="Telco")


@pytest.mark.parametrize("asked", ["proveedor", " PROVEEDOR", "proveedor de servicios del osce"])
def test_a_provider_is_asked_by_key_or_name(asked: str) -> None:
    case = at_tier_3()
    case.give(replace(QUESTION, provider=asked), lima(2))
    assert case.state.holder == "provider:proveedor"
    assert case.give(ANSWER, lima(3), PROVIDER, organisation="proveedor")


def test_a_provider_answers_what_was_asked_by_its_name_before_it_had_a_key() -> None:
    case = at_tier_3()
    case.give(QUESTION, lima(2))
    (wait,) = case.state.waits
    name = "Proveedor de servicios del OSCE"
    case.state = replace(case.state, waits=(replace(wait, provider=name),))
    with pytest.raises(NotAllowed):
        case.give(ANSWER, lima(3), PROVIDER, organisation="Telco")
    assert case.give(ANSWER, lima(3), PROVIDER, organisation="proveedor")


def test_each_provider_answers_in_turn() -> None:
    case = at_tier_3()
    case.give(QUESTION, lima(2))
    case.give(ANSWER, lima(3), PROVIDER, organisation="Telco")
    case.give(replace(QUESTION, provider="proveedor"), lima(4))
    with pytest.raises(NotAllowed):
        case.give(ANSWER, lima(5), PROVIDER, organisation="Telco")
    assert case.give(ANSWER, lima(5), PROVIDER, organisation="proveedor")


def test_tier_1_is_one_desk_whoever_works_there() -> None:
    case = Case()
    legal = frozenset({"Legal"})
    case.give(Register(**{name: getattr(NEW, name) for name in NEW.__slots__}), lima(1))
    case.give(Forward(), lima(1, 11), areas=legal)
    case.give(Return("No es nuestra."), lima(1, 12))
    case.give(SOLUTION, lima(1, 13), areas=legal)
    case.give(Reply(), lima(1, 14), areas=legal)
    assert case.give(Reopen("Volvió."), lima(2), areas=legal)
