"""Keys on disk: private stays private, a rotation keeps yesterday's tokens good."""

import json
from pathlib import Path

import pytest

from shared.security import (
    Actor,
    Issuer,
    TokenForged,
    Verifier,
    ensure_keys,
    load_jwks,
    load_signing_key,
    load_verifier,
    rotate_keys,
)
from shared.security.keys import UnusableKeys
from shared.settings import MissingSetting, Settings

ANA = Actor("ana", "acme")


def test_the_private_key_is_its_owners_alone(tmp_path: Path) -> None:
    files = ensure_keys(tmp_path / "keys")

    assert files.private.stat().st_mode & 0o777 == 0o600
    assert files.private.parent.stat().st_mode & 0o777 == 0o700
    assert files.private.name == "token-private.pem"
    assert files.public.name == "jwks.json"
    assert "d" not in json.loads(files.public.read_text())["keys"][0]


def test_keys_are_made_once(tmp_path: Path) -> None:
    first = ensure_keys(tmp_path).public.read_bytes()

    assert ensure_keys(tmp_path).public.read_bytes() == first
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("lost", ["token-private.pem", "jwks.json"])
def test_a_pair_that_was_half_written_is_made_anew(tmp_path: Path, lost: str) -> None:
    ensure_keys(tmp_path)
    (tmp_path / lost).unlink()

    files = ensure_keys(tmp_path)

    token = Issuer(load_signing_key(files.private)).issue(ANA).encode()
    assert Verifier(load_jwks(files.public)).verify(token) == ANA


def test_a_rotation_keeps_the_tokens_of_the_last_key(tmp_path: Path) -> None:
    files = ensure_keys(tmp_path)
    token = Issuer(load_signing_key(files.private)).issue(ANA).encode()

    rotate_keys(tmp_path)
    assert Verifier(load_jwks(files.public)).verify(token) == ANA
    fresh = Issuer(load_signing_key(files.private)).issue(ANA).encode()
    assert Verifier(load_jwks(files.public)).verify(fresh) == ANA

    rotate_keys(tmp_path)
    with pytest.raises(TokenForged):
        Verifier(load_jwks(files.public)).verify(token)


@pytest.mark.parametrize("content", ["", "{}", '{"keys": []}', '{"keys": [{"kty": "OKP"}]}', "[]"])
def test_unusable_public_keys_say_what_to_do(tmp_path: Path, content: str) -> None:
    path = tmp_path / "jwks.json"
    path.write_text(content)

    with pytest.raises(UnusableKeys, match=r"jwks\.json"):
        load_jwks(path)


def test_a_private_part_among_the_public_keys_is_refused(tmp_path: Path) -> None:
    key = load_signing_key(ensure_keys(tmp_path).private)
    path = tmp_path / "leak.json"
    path.write_text(json.dumps({"keys": [key.as_dict(private=True)]}))

    with pytest.raises(UnusableKeys, match="public keys with a kid"):
        load_jwks(path)


def test_a_missing_or_public_signing_key_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UnusableKeys, match=r"run \./enlace up"):
        load_signing_key(tmp_path / "none.pem")
    public = tmp_path / "public.pem"
    key = load_signing_key(ensure_keys(tmp_path).private)
    public.write_bytes(key.as_pem(private=False))
    with pytest.raises(UnusableKeys, match="no private key"):
        load_signing_key(public)


def test_a_process_without_keys_is_told_which_setting(tmp_path: Path) -> None:
    with pytest.raises(MissingSetting, match="ENLACE_TOKEN_PUBLIC_KEYS"):
        load_verifier(Settings(token_public_keys=None))
    token = Issuer(load_signing_key(ensure_keys(tmp_path).private)).issue(ANA).encode()

    assert load_verifier(Settings(token_public_keys=tmp_path / "jwks.json")).verify(token) == ANA
