"""Signing in and out: what is checked, in which order, and what is told.

Every refusal of a sign-in is the same, whether the login, the password or the person is wrong, and
takes the same time.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil

import structlog

from services.people.cases import PERSON, PROGRAM
from services.people.credentials.accounts import (
    INVITATION,
    Account,
    Accounts,
    account_id,
)
from services.people.credentials.keys import KEY, ProgramKeys
from services.people.credentials.marks import Mark, read_mark
from services.people.credentials.passwords import Passwords, require_strength
from services.people.credentials.sessions import REFRESH, Sessions
from services.people.credentials.tries import TriesKept
from services.people.domain.person import EndSessions, Invite, Person, SetPassword
from services.people.domain.program import Program
from services.people.domain.session import Ending, Session, Verdict
from services.people.policy import PeoplePolicy
from shared.decider import Invalid, NotAllowed, Rejected, Unknown
from shared.http import Call, Refused
from shared.ids import derived_id, new_id
from shared.security import Actor, Issuer, Kind, Role, load_signing_key
from shared.security.tokens import LIFETIME
from shared.service import Workshop, cause_of
from shared.store import Cause

log = structlog.get_logger("enlace.people")


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a sign-in gives; a program gets no refresh token, it has its key."""

    access: str
    seconds: int
    refresh: Mark | None = None
    refresh_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Invited:
    """An invitation as it is shown, once."""

    login: str
    mark: Mark
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class _Tried:
    """Whose password is tried, from which address; empty when that is not known."""

    tenant: str
    login: str
    client: str

    @property
    def of_login(self) -> str:
        return account_id(self.tenant, self.login)

    @property
    def of_address(self) -> str:
        """Of IPv6 the network's: one household has more addresses than could be counted."""
        address = ip_address(self.client)
        if isinstance(address, IPv6Address):
            return derived_id(self.tenant, "address", str(ip_network((address, 64), strict=False)))
        return derived_id(self.tenant, "address", str(address))


class SignInDesk:
    """The work behind the routes."""

    def __init__(self, workshop: Workshop) -> None:
        database = workshop.database
        self._workshop = workshop
        self._people = workshop.of(PERSON)
        self._programs = workshop.of(PROGRAM)
        self._passwords = Passwords()
        self._accounts = Accounts(database)
        self._sessions = Sessions(database)
        self._tries = TriesKept(database)
        self._keys = ProgramKeys(database)
        key = workshop.settings.token_private_key
        self._issuer = None if key is None else Issuer(load_signing_key(key))

    async def invite(self, call: Call, person_id: str, login: str | None) -> Invited:
        """Have a person choose a password; the login stays as it is once it is there."""
        await self._people.get(person_id, call.tenant)
        known = await self._accounts.of_person(call.tenant, person_id)
        chosen = login or (known.login if known else None)
        if chosen is None:
            raise Invalid("login.missing")
        if known is not None and known.id != account_id(call.tenant, chosen):
            raise Rejected("login.other", login=known.login)
        expires_at = self._workshop.now() + self._policy(call.tenant).sign_in.invitation_lifetime
        # the trail first: who may not invite changes nothing
        await self._people.handle(person_id, Invite(expires_at), cause_of(call))
        mark = await self._accounts.invite(call.tenant, person_id, chosen, expires_at)
        return Invited(known.login if known else chosen, mark, expires_at)

    async def accept(self, invitation: str, password: str) -> None:
        """Set the password that the invited person chose."""
        mark = read_mark(INVITATION, invitation)
        account = None if mark is None else await self._accounts.by_id(mark.id)
        now = self._workshop.now()
        if mark is None or account is None or not account.invites(mark, now):
            raise Refused("invitation_wrong")
        await self._set(account, password, "invitation")

    async def change(self, call: Call, current: str, password: str) -> None:
        """Replace the caller's own password."""
        account = None
        if call.actor.kind is Kind.PERSON:
            account = await self._accounts.of_person(call.tenant, call.actor.subject)
        if account is None:
            raise Unknown("login.unknown")
        tried = _Tried(account.tenant, account.login, call.client)
        if not await self._tried(tried, current, account.password):
            raise NotAllowed("password.wrong")
        await self._set(account, password, "change")

    async def _set(self, account: Account, password: str, how: str) -> None:
        rules = self._policy(account.tenant).sign_in
        require_strength(password, account.login, rules.password_length)
        hashed = await self._passwords.hashed(password)
        await self._people.handle(
            account.person_id, SetPassword(how), _own_cause(account.tenant, account.person_id)
        )
        keep = self._accounts.accept if how == "invitation" else self._accounts.change
        if not await keep(account, hashed):
            raise Refused("invitation_wrong" if how == "invitation" else "conflict")
        now = self._workshop.now()
        await self._sessions.end_all(account.tenant, account.person_id, now, Ending.PASSWORD)

    async def sign_in(self, tenant: str, login: str, password: str, client: str) -> Tokens:
        """A session for who knows the password."""
        if tenant not in self._workshop.tenants:
            await self._passwords.fits(password, None)
            raise Refused("sign_in_wrong")
        account = await self._accounts.by_id(account_id(tenant, login))
        tried = _Tried(tenant, login, client)
        right = await self._tried(tried, password, account.password if account else None)
        person = await self._present(tenant, account.person_id) if right and account else None
        if account is None or person is None:
            raise Refused("sign_in_wrong")
        rules = self._policy(tenant).sign_in
        mark, session = await self._sessions.begin(
            account, self._workshop.now(), rules.session_lifetime, rules.idle_time
        )
        return self._tokens(tenant, session, person, mark)

    async def _tried(self, tried: _Tried, password: str, kept: str | None) -> bool:
        right = await self._passwords.fits(password, kept, lambda: self._count(tried))
        if right:
            await self._tries.forget(tried.of_login)
            if tried.client:
                await self._tries.forgive(tried.of_address)
        return right

    async def _count(self, tried: _Tried) -> None:
        rules, now = self._policy(tried.tenant).sign_in, self._workshop.now()
        if tried.client:
            _refuse(await self._tries.count(tried.of_address, now, rules.tries_of_address))
        wait = await self._tries.count(tried.of_login, now, rules.tries)
        if wait and tried.client:
            await self._tries.forgive(tried.of_address)
        _refuse(wait)

    async def refresh(self, token: str) -> Tokens:
        """The next tokens of a session; one that comes again ends it."""
        mark = read_mark(REFRESH, token)
        found = None if mark is None else await self._sessions.find(mark.id)
        if mark is None or found is None:
            raise Refused("session_ended")
        tenant, session = found
        now = self._workshop.now()
        rules = self._policy(tenant).sign_in
        person = await self._present(tenant, session.person_id)
        if person is None:
            await self._sessions.end(mark.id, now, Ending.LEFT)
            raise Refused("session_ended")
        account = await self._accounts.of_person(tenant, session.person_id)
        if account is None or account.opens_by != session.opened_by:
            # opened by the password before, while it was replaced
            await self._sessions.end(mark.id, now, Ending.PASSWORD)
            raise Refused("session_ended")
        verdict, following, changed = await self._sessions.refresh(
            mark, session, now, rules.idle_time
        )
        if verdict is Verdict.REUSED and session.ended_at is None:
            log.warning("refresh_token_reused", tenant=tenant, person=session.person_id)
            cause = Cause(tenant, "system:people", id=f"{mark.id}:reused")
            await self._people.handle(session.person_id, EndSessions(Ending.REUSED.value), cause)
        if verdict is not Verdict.ROTATED:
            raise Refused("session_ended")
        return self._tokens(tenant, changed, person, following)

    async def sign_out(self, token: str) -> None:
        """End the session of a refresh token; whatever else it is, it opens nothing either."""
        mark = read_mark(REFRESH, token)
        found = None if mark is None else await self._sessions.find(mark.id)
        if mark is not None and found is not None:
            _, session = found
            if mark.kept in (session.current, *session.used):
                await self._sessions.end(mark.id, self._workshop.now(), Ending.LOGGED_OUT)

    async def end_all(self, call: Call, person_id: str, reason: str) -> int:
        """Sign a person out everywhere; how many sessions that were."""
        await self._people.handle(person_id, EndSessions(reason), cause_of(call))
        now = self._workshop.now()
        return await self._sessions.end_all(call.tenant, person_id, now, Ending.TAKEN)

    async def of_key(self, key: str) -> Tokens:
        """An access token for a program."""
        mark = read_mark(KEY, key)
        tenant = None if mark is None else await self._keys.tenant_of(mark)
        if mark is None or tenant is None:
            raise Refused("key_wrong")
        try:
            program: Program = (await self._programs.get(mark.id, tenant)).state
        except Unknown:
            raise Refused("key_wrong") from None
        if not program.may_act(self._workshop.now()):
            raise Refused("key_wrong")
        roles = frozenset(Role(role) for role in program.roles)
        organisation = program.organisation
        return self._issued(Actor(mark.id, tenant, roles, Kind.PROGRAM, organisation=organisation))

    async def _present(self, tenant: str, person_id: str) -> Person | None:
        """The person, if he may act today."""
        try:
            person: Person = (await self._people.get(person_id, tenant)).state
        except Unknown:
            return None
        today = self._policy(tenant).today(self._workshop.now())
        return person if person.may_act(today) else None

    def _tokens(self, tenant: str, session: Session, person: Person, mark: Mark) -> Tokens:
        roles = frozenset(Role(role) for role in person.roles)
        areas = frozenset({person.area} - {""})
        issued = self._issued(
            Actor(session.person_id, tenant, roles, areas=areas, organisation=person.organisation)
        )
        until = min(session.expires_at, session.idle_until)
        return replace(issued, refresh=mark, refresh_until=until)

    def _issued(self, actor: Actor) -> Tokens:
        if self._issuer is None:
            raise Unknown("sign_in.not_offered")
        return Tokens(self._issuer.issue(actor), int(LIFETIME.total_seconds()))

    def _policy(self, tenant: str) -> PeoplePolicy:
        policy: PeoplePolicy = self._workshop.policy(tenant)
        return policy


def _refuse(wait: timedelta) -> None:
    if wait:
        seconds = max(1, ceil(wait.total_seconds()))
        raise Refused(
            "too_many_tries",
            headers={"retry-after": str(seconds)},
            fields={"seconds": seconds},
        )


def _own_cause(tenant: str, person_id: str) -> Cause:
    # without the request's fingerprint, which a password could be guessed from
    return Cause(tenant, f"person:{person_id}", id=new_id())
