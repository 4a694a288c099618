"""The public API as somebody of the account uses it."""

from __future__ import annotations

import http.client
import json
import threading
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from cli.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from shared.security import Issuer

PATIENCE_SECONDS: Final = 60.0
FIRST_PAUSE: Final = 0.02
LONGEST_PAUSE: Final = 0.2
LIFETIME: Final = timedelta(minutes=10)
IDLE_SECONDS: Final = 30.0
"""A connection that rested for longer may be closed by the server while it is used again."""


@dataclass(frozen=True, slots=True)
class Somebody:
    """Who acts: a person's id and roles."""

    id: str
    roles: tuple[str, ...]


class Refused(UserError):
    """The API said no; `reason` is the problem's code."""

    def __init__(self, what: str, answer: Answer) -> None:
        super().__init__(f"{what} was refused: {answer.status} {answer.code}")
        self.reason = answer.code


@dataclass(frozen=True, slots=True)
class Answer:
    """What the API said."""

    status: int
    body: dict[str, Any]

    @property
    def fine(self) -> bool:
        return self.status < http.client.BAD_REQUEST

    @property
    def code(self) -> str:
        """The code of a problem, empty when there is none."""
        return str(self.body.get("code", ""))


class Api:
    """Calls for one tenant; each thread has a connection of its own."""

    def __init__(self, base_url: str, tenant: str, issuer: Issuer | None = None) -> None:
        self._issuer = issuer or _local_issuer()
        self._address = urlsplit(base_url).netloc
        self._tenant = tenant
        self._tokens: dict[Somebody, tuple[float, str]] = {}
        self._local = threading.local()

    def call(
        self,
        who: Somebody,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        *,
        key: str | None = None,
        version: int | None = None,
    ) -> Answer:
        """One request; a refusal is an answer too.

        Raises:
            UserError: nothing answers there.
        """
        headers = {"authorization": f"Bearer {self._token(who)}"}
        if body is not None:
            headers["content-type"] = "application/json"
        if key is not None:
            headers["idempotency-key"] = key
        if version is not None:
            headers["if-match"] = f'"{version}"'
        content = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        connection = self._connection()
        try:
            connection.request(method, f"/api/v1{path}", content, headers)
            answer = connection.getresponse()
            text = answer.read()
            self._local.used = time.monotonic()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise UserError(f"{self._address} did not answer {method} {path}: {error}") from error
        return Answer(answer.status, json.loads(text) if text else {})

    def done(
        self,
        who: Somebody,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        *,
        key: str | None = None,
        version: int | None = None,
    ) -> dict[str, Any]:
        """The body of a request that has to work.

        Raises:
            Refused: the API said no.
            UserError: nothing answers.
        """
        answer = self.call(who, method, path, body, key=key, version=version)
        if not answer.fine:
            raise Refused(f"{method} {path}", answer)
        return answer.body

    def _connection(self) -> http.client.HTTPConnection:
        known: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        if known is None:
            known = http.client.HTTPConnection(self._address, timeout=PATIENCE_SECONDS)
            self._local.connection = known
        elif time.monotonic() - getattr(self._local, "used", 0.0) > IDLE_SECONDS:
            known.close()
        return known

    def _token(self, who: Somebody) -> str:
        from shared.security import Actor, Role

        until, token = self._tokens.get(who, (0.0, ""))
        if until < time.monotonic():
            actor = Actor(who.id, self._tenant, frozenset(Role(role) for role in who.roles))
            token = self._issuer.issue(actor, lifetime=LIFETIME)
            until = time.monotonic() + LIFETIME.total_seconds() / 2
            self._tokens[who] = (until, token)
        return token


def _local_issuer() -> Issuer:
    from shared.security import Issuer, load_signing_key
    from shared.security.keys import UnusableKeys
    from shared.settings import Settings

    key = Settings().token_private_key
    if key is None:
        raise UserError("set ENLACE_TOKEN_PRIVATE_KEY: the demonstration is made of people's calls")
    try:
        return Issuer(load_signing_key(key))
    except UnusableKeys as error:
        raise UserError(str(error)) from error


def eventually(look: Callable[[], Answer], until: Callable[[Answer], bool], what: str) -> Answer:
    """Look until the answer pleases.

    Raises:
        UserError: it did not within `PATIENCE_SECONDS`.
    """
    limit, pause = time.monotonic() + PATIENCE_SECONDS, FIRST_PAUSE
    while True:
        answer = look()
        if until(answer):
            return answer
        if time.monotonic() > limit:
            said = answer.code or answer.body.get("status", answer.status)
            raise UserError(f"{what} after {PATIENCE_SECONDS:.0f} s ({said}): see ./enlace status")
        time.sleep(pause)
        pause = min(pause * 1.5, LONGEST_PAUSE)
