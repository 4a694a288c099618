"""A token is believed only if everything about it is as it should be."""

import base64
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, OKPKey

from shared.security import (
    Actor,
    Issuer,
    Kind,
    Role,
    TokenError,
    TokenExpired,
    TokenForged,
    TokenMalformed,
    Verifier,
    WrongAudience,
    ensure_keys,
    load_signing_key,
)

ANA = Actor("ana", "acme", frozenset({Role.LIAISON, Role.AUDITOR}))


def claims(clock: Any, **changes: Any) -> dict[str, Any]:
    now = int(clock())
    full = {
        "iss": "enlace-people",
        "aud": "enlace-api",
        "sub": "ana",
        "jti": "1",
        "iat": now,
        "exp": now + 600,
        "tenant": "acme",
        "roles": ["liaison"],
        "kind": "person",
    }
    return {name: value for name, value in (full | changes).items() if value is not None}


@pytest.fixture
def key(tmp_path: Path) -> OKPKey:
    return load_signing_key(ensure_keys(tmp_path).private)


def sign(key: Any, payload: dict[str, Any], **header: Any) -> bytes:
    full = {"alg": "Ed25519", "typ": "at+jwt", "kid": key.kid} | header
    kept = {name: value for name, value in full.items() if value is not None}
    return jwt.encode(kept, payload, key, algorithms=[kept["alg"]]).encode()


def test_the_actor_comes_back_as_issued(issuer: Issuer, verifier: Verifier) -> None:
    robot = Actor("importer", "acme", frozenset({Role.PROGRAM}), Kind.PROGRAM)

    assert verifier.verify(issuer.issue(ANA).encode()) == ANA
    assert verifier.verify(issuer.issue(robot).encode()) == robot
    assert str(robot) == "program:importer"


def test_areas_travel_where_there_are_any_and_are_never_misread(
    issuer: Issuer, verifier: Verifier, key: OKPKey, clock: Any
) -> None:
    eva = Actor("eva", "acme", ANA.roles, areas=frozenset({"SEACE", "RNP"}))
    assert verifier.verify(issuer.issue(eva).encode()) == eva
    payload = issuer.issue(ANA).split(".")[1]
    assert b"areas" not in base64.urlsafe_b64decode(payload + "==")
    for wrong in ("SEACE", [""], [7], {"SEACE": 1}):
        with pytest.raises(TokenMalformed):
            verifier.verify(sign(key, claims(clock, areas=wrong)))


def test_an_organisation_travels_where_there_is_one_and_is_never_misread(
    issuer: Issuer, verifier: Verifier, key: OKPKey, clock: Any
) -> None:
    luis = Actor("luis", "acme", frozenset({Role.PROVIDER}), organisation="telco")
    assert verifier.verify(issuer.issue(luis).encode()) == luis
    assert verifier.verify(issuer.issue(ANA).encode()).organisation == ""
    for wrong in ("", ["telco"], 7):
        with pytest.raises(TokenMalformed):
            verifier.verify(sign(key, claims(clock, organisation=wrong)))


def test_two_tokens_are_never_the_same(issuer: Issuer) -> None:
    assert issuer.issue(ANA) != issuer.issue(ANA)


def test_a_token_lives_ten_minutes_and_the_leeway(
    issuer: Issuer, verifier: Verifier, clock: Any
) -> None:
    token = issuer.issue(ANA).encode()
    start = clock.now
    clock.now = start + 600 + 29
    assert verifier.verify(token) == ANA
    clock.now = start + 600 + 30

    with pytest.raises(TokenExpired):
        verifier.verify(token)
    with pytest.raises(TokenExpired):
        verifier.verify(token)


def test_a_remembered_token_expires_too(issuer: Issuer, verifier: Verifier, clock: Any) -> None:
    token = issuer.issue(ANA, lifetime=timedelta(seconds=1)).encode()
    verifier.verify(token)
    clock.now += 31

    with pytest.raises(TokenExpired):
        verifier.verify(token)


def test_the_memory_is_bounded(tmp_path: Path, issuer: Issuer, verifier: Verifier) -> None:
    verifier._capacity = 3
    for _ in range(10):
        verifier.verify(issuer.issue(ANA).encode())

    assert len(verifier._known) == 3


def test_another_key_with_the_same_name_is_a_forgery(
    key: OKPKey, verifier: Verifier, clock: Any
) -> None:
    thief = OKPKey.generate_key("Ed25519", {"kid": str(key.kid)})

    with pytest.raises(TokenForged):
        verifier.verify(sign(thief, claims(clock)))


def test_a_changed_payload_is_a_forgery(issuer: Issuer, verifier: Verifier) -> None:
    header, payload, signature = issuer.issue(ANA).split(".")
    changed = json.loads(base64.urlsafe_b64decode(payload + "=="))
    changed["tenant"] = "other"
    forged = base64.urlsafe_b64encode(json.dumps(changed).encode()).decode().rstrip("=")

    with pytest.raises(TokenForged):
        verifier.verify(f"{header}.{forged}.{signature}".encode())


@pytest.mark.parametrize(
    ("header", "error"),
    [
        ({"typ": "JWT"}, TokenMalformed),
        ({"typ": None}, TokenMalformed),
        ({"kid": None}, TokenMalformed),
        ({"kid": "unknown"}, TokenForged),
        ({"jku": "https://evil.example/keys"}, TokenMalformed),
        ({"x5u": "https://evil.example/cert"}, TokenMalformed),
        ({"jwk": {"kty": "OKP", "crv": "Ed25519", "x": "AA"}}, TokenMalformed),
        ({"alg": "EdDSA"}, TokenMalformed),
    ],
)
def test_an_odd_header_is_refused(
    key: OKPKey, verifier: Verifier, clock: Any, header: dict[str, Any], error: type[TokenError]
) -> None:
    signer = OKPKey.import_key({n: v for n, v in key.as_dict(private=True).items() if n != "alg"})
    full = {"alg": "Ed25519", "typ": "at+jwt", "kid": key.kid} | header
    parts = [{n: v for n, v in full.items() if v is not None}, claims(clock)]
    head, body = (base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=") for p in parts)
    raw = signer.private_key.sign(head + b"." + body)
    token = b".".join([head, body, base64.urlsafe_b64encode(raw).rstrip(b"=")])

    with pytest.raises(error):
        verifier.verify(token)


def test_no_algorithm_but_ours(key: OKPKey, verifier: Verifier, clock: Any) -> None:
    secret = OctKey.import_key("the public key used as a shared secret", {"kid": str(key.kid)})
    none = {"alg": "none", "typ": "at+jwt", "kid": key.kid}
    head, body = (
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=")
        for part in (none, claims(clock))
    )
    for token in (sign(secret, claims(clock), alg="HS256"), head + b"." + body + b"."):
        with pytest.raises(TokenMalformed):
            verifier.verify(token)


@pytest.mark.parametrize("missing", ["iss", "aud", "sub", "jti", "iat", "exp", "tenant", "roles"])
def test_a_missing_claim_is_refused(
    key: OKPKey, verifier: Verifier, clock: Any, missing: str
) -> None:
    with pytest.raises(TokenMalformed):
        verifier.verify(sign(key, claims(clock, **{missing: None})))


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"iss": "somebody"}, WrongAudience),
        ({"aud": "other-api"}, WrongAudience),
        ({"aud": ["enlace-api", "other"]}, WrongAudience),
        ({"exp": 1}, TokenExpired),
        ({"exp": "soon"}, TokenMalformed),
        ({"exp": True}, TokenMalformed),
        ({"iat": 9_999_999_999}, TokenMalformed),
        ({"sub": ""}, TokenMalformed),
        ({"sub": 5}, TokenMalformed),
        ({"tenant": ["acme"]}, TokenMalformed),
        ({"roles": "liaison"}, TokenMalformed),
        ({"kind": "system"}, TokenMalformed),
        ({"kind": "ghost"}, TokenMalformed),
    ],
)
def test_a_wrong_claim_is_refused(
    key: OKPKey, verifier: Verifier, clock: Any, change: dict[str, Any], error: type[TokenError]
) -> None:
    with pytest.raises(error):
        verifier.verify(sign(key, claims(clock, **change)))


def test_roles_of_a_newer_version_grant_nothing(
    key: OKPKey, verifier: Verifier, clock: Any
) -> None:
    token = sign(key, claims(clock, roles=["liaison", "emperor", "system", 5]))

    assert verifier.verify(token).roles == {Role.LIAISON}


@pytest.mark.parametrize(
    "token", [b"", b".", b"..", b"a.b.c", b"\xff\xfe", b"x" * 5000, b"e30.e30.", b"bnVsbA.e30.e30"]
)
def test_rubbish_is_malformed(verifier: Verifier, token: bytes) -> None:
    with pytest.raises(TokenMalformed):
        verifier.verify(token)


def test_an_error_tells_nothing_of_the_token(issuer: Issuer, verifier: Verifier) -> None:
    token = issuer.issue(ANA)
    with pytest.raises(TokenError) as caught:
        verifier.verify(token.encode()[:-4] + b"AAAA")

    assert caught.value.__cause__ is None
    assert not caught.value.args
