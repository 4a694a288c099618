"""Access tokens: signed by people (or the command line), verified by every service.

A JWT of type ``at+jwt`` (RFC 9068), signed with Ed25519, living ten minutes. Verification is
strict and costs about 250 µs, so a verified token is remembered by its SHA-256 until it expires:
a caller's later requests cost about 2 µs.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from hashlib import sha256
from secrets import token_hex
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import BadSignatureError, JoseError
from joserfc.jwk import GuestProtocol, KeySet, OKPKey
from joserfc.jws import JWSRegistry

from shared.security.actor import Actor, Kind
from shared.security.keys import ALGORITHM, load_jwks
from shared.security.roles import Role
from shared.settings import MissingSetting, Settings

ISSUER: Final = "enlace-people"
AUDIENCE: Final = "enlace-api"
LIFETIME: Final = timedelta(minutes=10)
LEEWAY_SECONDS: Final = 30
MAX_LENGTH: Final = 4096
_TYPE: Final = "at+jwt"
_FOREIGN_KEYS: Final = frozenset({"jku", "x5u", "jwk", "x5c", "crit"})
_REQUIRED: Final = ("iss", "aud", "sub", "jti", "iat", "exp", "tenant", "roles")
_ROLES: Final[Mapping[str, Role]] = {role.value: role for role in Role}

Seconds = Callable[[], float]


class TokenError(Exception):
    """The token proves nothing; `code` says why, never what was in it."""

    code = "token_invalid"


class TokenMalformed(TokenError):
    """Not a token of ours in form: header, claims or encoding."""


class TokenForged(TokenError):
    """The signature is not by one of the known keys."""


class TokenExpired(TokenError):
    """It was good once."""

    code = "token_expired"


class WrongAudience(TokenError):
    """Issued by, or for, somebody else."""


class Issuer:
    """Signs tokens; only people and the command line hold the private key for it."""

    def __init__(
        self,
        key: OKPKey,
        *,
        issuer: str = ISSUER,
        audience: str = AUDIENCE,
        now: Seconds = time.time,
    ) -> None:
        self._key = key
        self._issuer = issuer
        self._audience = audience
        self._now = now

    def issue(self, actor: Actor, *, lifetime: timedelta = LIFETIME) -> str:
        """A token that lets its bearer act as `actor` for `lifetime`."""
        issued_at = int(self._now())
        header = {"alg": ALGORITHM, "kid": self._key.kid, "typ": _TYPE}
        claims: dict[str, Any] = {
            "iss": self._issuer,
            "aud": self._audience,
            "sub": actor.subject,
            "jti": token_hex(16),
            "iat": issued_at,
            "exp": issued_at + int(lifetime.total_seconds()),
            "tenant": actor.tenant,
            "roles": sorted(actor.roles),
            "kind": actor.kind.value,
        }
        if actor.areas:
            claims["areas"] = sorted(actor.areas)
        if actor.organisation:
            claims["organisation"] = actor.organisation
        return jwt.encode(header, claims, self._key, algorithms=[ALGORITHM])


class Verifier:
    """Turns a token into its `Actor`, or raises a `TokenError`."""

    def __init__(
        self,
        keys: KeySet,
        *,
        issuer: str = ISSUER,
        audience: str = AUDIENCE,
        now: Seconds = time.time,
        remembered: int = 10_000,
    ) -> None:
        self._keys = keys
        self._kids = frozenset(key.kid for key in keys.keys)
        self._issuer = issuer
        self._audience = audience
        self._now = now
        self._capacity = remembered
        self._known: OrderedDict[bytes, tuple[float, Actor]] = OrderedDict()
        # kid, typ and the forbidden headers are judged here, before any cryptography
        self._registry = JWSRegistry(algorithms=[ALGORITHM])

    def verify(self, token: bytes) -> Actor:
        """Who the bearer of `token` is, now."""
        digest = sha256(token).digest()
        known = self._known.get(digest)
        if known is not None:
            if self._now() >= known[0]:
                del self._known[digest]
                raise TokenExpired
            return known[1]
        expires, actor = self._verify(token)
        self._known[digest] = expires, actor
        if len(self._known) > self._capacity:
            self._known.popitem(last=False)
        return actor

    def _verify(self, token: bytes) -> tuple[float, Actor]:
        if len(token) > MAX_LENGTH:
            raise TokenMalformed
        try:
            decoded = jwt.decode(
                token, self._key_of, algorithms=[ALGORITHM], registry=self._registry
            )
        except BadSignatureError:
            raise TokenForged from None
        except (JoseError, ValueError, TypeError, KeyError):
            raise TokenMalformed from None
        return self._read(decoded.claims)

    def _key_of(self, guest: GuestProtocol) -> OKPKey:
        header: dict[str, Any] = guest.headers()
        if header.get("typ") != _TYPE or not _FOREIGN_KEYS.isdisjoint(header):
            raise TokenMalformed
        kid = header.get("kid")
        if not isinstance(kid, str):
            raise TokenMalformed
        if kid not in self._kids:
            raise TokenForged
        key = self._keys.get_by_kid(kid)
        if not isinstance(key, OKPKey):
            raise TokenForged
        return key

    def _read(self, claims: Mapping[str, Any]) -> tuple[float, Actor]:
        if any(claim not in claims for claim in _REQUIRED):
            raise TokenMalformed
        if claims["iss"] != self._issuer or claims["aud"] != self._audience:
            raise WrongAudience
        now = self._now()
        expires = _instant(claims["exp"]) + LEEWAY_SECONDS
        if now >= expires:
            raise TokenExpired
        if _instant(claims["iat"]) > now + LEEWAY_SECONDS:
            raise TokenMalformed
        return expires, _actor(claims)


def load_verifier(settings: Settings) -> Verifier:
    """The verifier with the keys of `settings`; raises `MissingSetting` or `UnusableKeys`."""
    if settings.token_public_keys is None:
        raise MissingSetting("set ENLACE_TOKEN_PUBLIC_KEYS to the JWKS file of the issuer")
    return Verifier(load_jwks(settings.token_public_keys))


def _instant(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TokenMalformed
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise TokenMalformed
    return value


def _actor(claims: Mapping[str, Any]) -> Actor:
    roles = claims["roles"]
    try:
        kind = Kind(claims.get("kind", Kind.PERSON))
    except ValueError:
        raise TokenMalformed from None
    if not isinstance(roles, list) or kind is Kind.SYSTEM:
        raise TokenMalformed
    known = _known_roles(roles)
    return Actor(
        _text(claims["sub"]),
        _text(claims["tenant"]),
        known,
        kind,
        _areas(claims),
        _text(claims["organisation"]) if "organisation" in claims else "",
    )


def _areas(claims: Mapping[str, Any]) -> frozenset[str]:
    """The areas, if the token has any; what cannot be read must not mean all of them."""
    areas = claims.get("areas", [])
    if not isinstance(areas, list):
        raise TokenMalformed
    return frozenset(_text(area) for area in areas)


def _known_roles(names: Iterable[object]) -> frozenset[Role]:
    """Roles this version knows; one that a newer issuer invented grants nothing here."""
    known = (_ROLES.get(name) for name in names if isinstance(name, str))
    return frozenset(role for role in known if role is not None and role is not Role.SYSTEM)
