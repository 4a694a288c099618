"""Who may try how often, what a refresh token leads to, what a program's key is good for."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given as over
from hypothesis import strategies as st

from services.people.credentials.marks import new_mark, read_mark
from services.people.credentials.passwords import Passwords, require_strength
from services.people.domain import program
from services.people.domain.person import Person, Status
from services.people.domain.program import (
    PROGRAM_LIFE,
    Program,
    ProgramAction,
    ProgramStatus,
    Register,
    Revoke,
)
from services.people.domain.session import MAX_USED, Ending, Session, Verdict
from services.people.domain.tries import Tries, TryRules
from services.people.policy import people_policy
from shared import i18n
from shared.contracts.people import ProgramRegistered
from shared.decider import Invalid, NotAllowed, Rejected, Stamp
from shared.http.problems import STATUS
from tests.unit.people.test_people import ADMIN, MANAGER, TENANTS, given

ROOT = Path(__file__).resolve().parents[3]
NOW = datetime(2026, 8, 3, 14, 0, tzinfo=UTC)
IDLE = timedelta(hours=10)
RULES = TryRules(free=3, first=timedelta(seconds=2), longest=timedelta(minutes=1))
LATER = NOW + timedelta(days=30)


def test_some_tries_at_once_then_ever_longer_waits() -> None:
    tries, waits = Tries(), []
    for _ in range(10):
        tries = tries.counted(NOW, RULES)
        waits.append(tries.wait(NOW).total_seconds())
    assert waits == [0, 0, 2, 4, 8, 16, 32, 60, 60, 60]
    assert tries.wait(NOW + timedelta(seconds=59.5)) == timedelta(seconds=0.5)
    assert tries.wait(NOW + timedelta(seconds=60)) == timedelta()


def session(**changes: Any) -> Session:
    opened = Session("ana", "t1", NOW + timedelta(hours=24), NOW + IDLE)
    return replace(opened, **changes)


def test_a_refresh_token_is_good_once_and_ends_the_session_the_second_time() -> None:
    verdict, after = session().refreshed("t1", "t2", NOW, IDLE)
    assert (verdict, after.current, after.used) == (Verdict.ROTATED, "t2", ("t1",))

    verdict, ended = after.refreshed("t1", "t3", NOW, IDLE)
    assert (verdict, ended.ended_at, ended.reason) == (Verdict.REUSED, NOW, Ending.REUSED)
    assert ended.refreshed("t2", "t4", NOW, IDLE)[0] is Verdict.REFUSED


@pytest.mark.parametrize(
    ("state", "presented", "at"),
    [
        (session(), "guess", NOW),
        (session(), "t1", NOW + IDLE),
        (session(idle_until=NOW + timedelta(days=9)), "t1", NOW + timedelta(hours=24)),
        (session().ended(NOW, Ending.LOGGED_OUT), "t1", NOW),
        (session(used=tuple(map(str, range(MAX_USED)))), "t1", NOW),
    ],
)
def test_what_is_not_the_sessions_token_changes_nothing(
    state: Session, presented: str, at: datetime
) -> None:
    assert state.refreshed(presented, "t2", at, IDLE) == (Verdict.REFUSED, state)


@over(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 600)), max_size=30))
def test_nobody_refreshes_after_a_reuse_or_the_end(steps: list[tuple[int, int]]) -> None:
    state, at, names = session(), NOW, ["t1"]
    for back, minutes in steps:
        at += timedelta(minutes=minutes)
        presented = names[max(0, len(names) - 1 - back)]
        was_open = state.is_open(at)
        verdict, state = state.refreshed(presented, f"t{len(names) + 1}", at, IDLE)
        assert (verdict is Verdict.ROTATED) == (was_open and presented == names[-1])
        if verdict is Verdict.ROTATED:
            names.append(state.current)
        if verdict is Verdict.REUSED:
            assert not state.is_open(at)
    assert state.expires_at == session().expires_at


@pytest.mark.parametrize(
    ("person", "today", "may"),
    [
        (Person(Status.ACTIVE, ("adviser",), date(2026, 8, 3)), date(2026, 8, 2), False),
        (Person(Status.ACTIVE, ("adviser",), date(2026, 8, 3)), date(2026, 8, 3), True),
        (Person(Status.LEFT, (), date(2026, 1, 1), date(2026, 8, 3)), date(2026, 8, 3), True),
        (Person(Status.LEFT, (), date(2026, 1, 1), date(2026, 8, 3)), date(2026, 8, 4), False),
        (Person(), date(2026, 8, 3), False),
    ],
)
def test_a_person_acts_from_the_first_to_the_last_day(
    person: Person, today: date, *, may: bool
) -> None:
    assert person.may_act(today) is may


@pytest.mark.parametrize("password", ["corto", "aaaaaaaaaaaaaaaa", "soy-RQuispe-de-lima"])
def test_a_weak_password_is_refused(password: str) -> None:
    with pytest.raises(Invalid, match=r"password\.weak"):
        require_strength(password, "rquispe", 12)
    require_strength("mi perro come pan duro", "rquispe", 12)


async def test_passwords_are_kept_as_argon2id_with_a_salt_of_their_own() -> None:
    passwords = Passwords()
    one, other = [await passwords.hashed("mi perro come pan duro") for _ in range(2)]
    assert one.startswith("$argon2id$")
    assert one != other
    assert await passwords.fits("mi perro come pan duro", one)
    assert not await passwords.fits("mi gato come pan duro", one)
    assert not await passwords.fits("of nobody", None)


def test_a_secret_is_read_as_it_was_written_and_kept_as_its_hash() -> None:
    mark = new_mark("enk", "p-1")
    assert read_mark("enk", mark.text) == mark
    assert mark.secret not in mark.kept
    for text in ("", "enk_", "enk_p-1", "enk_.x", mark.text.replace("enk", "enr")):
        assert read_mark("enk", text) is None


COMMANDS: dict[ProgramAction, Any] = {
    ProgramAction.REGISTER: Register("crm", ("requester",), LATER),
    ProgramAction.REVOKE: Revoke("fin"),
}


@pytest.mark.parametrize("status", ProgramStatus)
@pytest.mark.parametrize("action", ProgramAction)
def test_every_status_and_action_of_a_program(status: ProgramStatus, action: ProgramAction) -> None:
    state, asked = Program(status=status), replace(given(), at=NOW)
    end = PROGRAM_LIFE.get((status, action))
    if end is None:
        with pytest.raises(Rejected, match=r"program\.illegal_transition"):
            program.decide(state, COMMANDS[action], asked)
        return
    (event,) = program.decide(state, COMMANDS[action], asked)
    assert program.evolve(state, event, Stamp(NOW, "person:ana", 1)).status is end


def test_a_program_acts_in_its_roles_until_its_end() -> None:
    asked = replace(given(), at=NOW)
    (event,) = program.decide(Program(), Register("crm", ("requester",), LATER), asked)
    assert event == ProgramRegistered(name="crm", roles=("program", "requester"), expires_at=LATER)
    state = program.evolve(Program(), event, Stamp(NOW, "person:ana", 1))
    assert state.may_act(LATER - timedelta(milliseconds=1))
    assert not state.may_act(LATER)
    assert not replace(state, status=ProgramStatus.REVOKED).may_act(NOW)


def test_a_program_of_a_provider_reads_nothing_of_the_house() -> None:
    osce = replace(given(), at=NOW, policy=people_policy(TENANTS["osce"]))
    mine = Register("telco", ("provider",), LATER, "proveedor")
    (event,) = program.decide(Program(), mine, osce)
    state = program.evolve(Program(), event, Stamp(NOW, "person:ana", 1))
    assert (state.roles, state.organisation) == (("provider",), "proveedor")
    # nor one that was registered before this was asked
    older = event.model_copy(update={"roles": ("program", "provider"), "organisation": ""})
    assert program.evolve(Program(), older, Stamp(NOW, "person:ana", 1)).roles == ("provider",)
    with pytest.raises(Invalid, match=r"person\.provider_without_organisation"):
        program.decide(Program(), replace(mine, organisation=""), osce)
    with pytest.raises(Invalid, match=r"person\.unknown_value"):
        program.decide(Program(), replace(mine, organisation="uaus"), osce)


@pytest.mark.parametrize(
    ("changes", "roles", "error", "code"),
    [
        ({"expires_at": NOW}, ADMIN, Invalid, "program.bad_expiry"),
        ({"expires_at": NOW + timedelta(days=367)}, ADMIN, Invalid, "program.bad_expiry"),
        ({"roles": ("agent",)}, ADMIN, Invalid, "person.unknown_value"),
        ({"roles": ("auditor",)}, MANAGER, NotAllowed, "person.guarded_role"),
    ],
)
def test_what_a_program_may_not_be(
    changes: dict[str, Any], roles: frozenset[str], error: type[Rejected], code: str
) -> None:
    command = Register(**{"name": "crm", "roles": ("requester",), "expires_at": LATER, **changes})
    with pytest.raises(error) as refused:
        program.decide(Program(), command, replace(given(roles), at=NOW))
    assert refused.value.code == code


CODE = re.compile(
    r'"((?:person|people|program|login|password|sign_in|shift|roster|absence)\.[a-z_]+)"'
)
TEXTS = [path.read_text(encoding="utf-8") for path in ROOT.glob("services/people/**/*.py")]
CODES = sorted({code for text in TEXTS for code in CODE.findall(text)} | {"program.unknown"})
EDGE = sorted(re.findall(r'Refused\(\s*"([a-z_]+)"', "\n".join(TEXTS)))


@pytest.mark.parametrize("language", i18n.LANGUAGES)
@pytest.mark.parametrize("code", sorted({*CODES, *EDGE}))
def test_a_refusal_is_told_in_words(code: str, language: str) -> None:
    catalogue = i18n.load()
    for part in ("title", "detail"):
        assert catalogue.find(language, f"problem.{code}.{part}")


def test_the_codes_are_found() -> None:
    assert {"person.guarded_role", "program.bad_expiry", "login.taken"} <= set(CODES)
    assert {"sign_in_wrong", "session_ended", "too_many_tries"} <= set(EDGE) <= set(STATUS)
