"""Signing in by HTTP: invitations, passwords, sessions, and the tokens of programs."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from services.people.credentials.desk import SignInDesk, Tokens
from services.people.credentials.passwords import LONGEST
from shared.http import Call, Input, Routes
from shared.service import Workshop

Login = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@+-]{2,99}$")]
Password = Annotated[SecretStr, Field(min_length=1, max_length=LONGEST)]
Secret = Annotated[SecretStr, Field(min_length=1, max_length=300)]
TenantName = Annotated[str, StringConstraints(min_length=1, max_length=80)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class NewInvitation(Input):
    """By which login; without it the one that the person has."""

    login: Login | None = None


class ChosenPassword(Input):
    """The password that an invited person chose."""

    invitation: Secret
    password: Password


class PasswordChange(Input):
    """The caller's password, and the one from now on."""

    current: Password
    password: Password


class Credentials(Input):
    """Who signs in, to which account."""

    tenant: TenantName
    login: Login
    password: Password


class RefreshToken(Input):
    """The last refresh token of the session."""

    refresh_token: Secret


class ProgramKey(Input):
    """The key of a program."""

    key: Secret


class SessionsEnd(Input):
    """Why somebody is signed out everywhere."""

    reason: Reason


class _View(BaseModel):
    model_config = ConfigDict(frozen=True)


class InvitationView(_View):
    """An invitation; it is shown in this answer alone."""

    person_id: str
    login: str
    invitation: str = Field(description="To give to the person; shown this once")
    expires_at: datetime


class TokenView(_View):
    """Tokens as in RFC 6749, section 5.1; `expires_in` seconds. A refresh token is good once."""

    access_token: str
    token_type: str = "Bearer"  # noqa: S105 - a scheme's name
    expires_in: int
    refresh_token: str | None = None
    refresh_expires_at: datetime | None = None


class EndedView(_View):
    """How many sessions were ended."""

    ended: int


def sign_in_routes(api: Routes, workshop: Workshop) -> None:
    """Operations on invitations, passwords, sessions and tokens."""
    desk = SignInDesk(workshop)
    _passwords(api, desk)
    _sessions(api, desk)


def _passwords(api: Routes, desk: SignInDesk) -> None:
    @api.post(
        "/people/{person_id}/invitations",
        may="invite_person",
        status=201,
        problems=("person.illegal_transition", "login.other", "login.taken"),
    )
    async def invite_person(call: Call, person_id: str, body: NewInvitation) -> InvitationView:
        """Let a person choose a password, the first one or another; nobody else learns it."""
        invited = await desk.invite(call, person_id, body.login)
        return InvitationView(
            person_id=person_id,
            login=invited.login,
            invitation=invited.mark.text,
            expires_at=invited.expires_at,
        )

    @api.post(
        "/passwords",
        may=None,
        status=204,
        problems=("invitation_wrong", "overloaded", "person.illegal_transition"),
    )
    async def choose_password(call: Call, body: ChosenPassword) -> None:  # noqa: ARG001
        """Choose a password by an invitation; whoever was signed in as the person no longer is."""
        await desk.accept(body.invitation.get_secret_value(), body.password.get_secret_value())

    @api.post(
        "/passwords/change",
        may="change_password",
        status=204,
        problems=("too_many_tries", "overloaded", "person.illegal_transition"),
    )
    async def change_password(call: Call, body: PasswordChange) -> None:
        """Change the caller's own password; all sessions end, also this one."""
        current, password = body.current.get_secret_value(), body.password.get_secret_value()
        await desk.change(call, current, password)


def _sessions(api: Routes, desk: SignInDesk) -> None:
    @api.post("/sessions", may=None, problems=("sign_in_wrong", "too_many_tries", "overloaded"))
    async def sign_in(call: Call, body: Credentials) -> TokenView:
        """Sign in with login and password."""
        password = body.password.get_secret_value()
        return _view(await desk.sign_in(body.tenant, body.login, password, call.client))

    @api.post("/sessions/refresh", may=None, problems=("session_ended",))
    async def refresh_session(call: Call, body: RefreshToken) -> TokenView:  # noqa: ARG001
        """The next tokens; a refresh token that comes again ends its session."""
        return _view(await desk.refresh(body.refresh_token.get_secret_value()))

    @api.post("/sessions/end", may=None, status=204)
    async def sign_out(call: Call, body: RefreshToken) -> None:  # noqa: ARG001
        """Sign out; the access token is good until it expires, minutes later."""
        await desk.sign_out(body.refresh_token.get_secret_value())

    @api.post(
        "/people/{person_id}/sessions/end",
        may="end_sessions",
        problems=("person.illegal_transition",),
    )
    async def end_sessions(call: Call, person_id: str, body: SessionsEnd) -> EndedView:
        """Sign a person out everywhere."""
        return EndedView(ended=await desk.end_all(call, person_id, body.reason))

    @api.post("/tokens", may=None, problems=("key_wrong",))
    async def give_token(call: Call, body: ProgramKey) -> TokenView:  # noqa: ARG001
        """An access token for a program, by its key."""
        return _view(await desk.of_key(body.key.get_secret_value()))


def _view(tokens: Tokens) -> TokenView:
    return TokenView(
        access_token=tokens.access,
        expires_in=tokens.seconds,
        refresh_token=None if tokens.refresh is None else tokens.refresh.text,
        refresh_expires_at=tokens.refresh_until,
    )
