"""The signing key and its public half on disk, and how they are replaced."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any, Final

from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OKPKey

# RFC 9864 deprecates the name "EdDSA" for the fully specified one
ALGORITHM: Final = "Ed25519"
PRIVATE_KEY_FILE: Final = "token-private.pem"
PUBLIC_KEYS_FILE: Final = "jwks.json"


class UnusableKeys(ValueError):
    """A key file is missing or is not what it should be; the text says what to do."""


@dataclass(frozen=True, slots=True)
class KeyFiles:
    """Where `ensure_keys` put the private key (PEM, mode 0600) and the public set (JWKS)."""

    private: Path
    public: Path


def ensure_keys(folder: Path) -> KeyFiles:
    """Make the token keys in `folder` unless they are there; the same files either way."""
    files = KeyFiles(private=folder / PRIVATE_KEY_FILE, public=folder / PUBLIC_KEYS_FILE)
    if not (files.private.exists() and files.public.exists()):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(files, OKPKey.generate_key("Ed25519"), kept=[])
    return files


def rotate_keys(folder: Path, *, keep: int = 1) -> KeyFiles:
    """Sign with a new key from now on; the `keep` previous public keys go on verifying.

    Services read the set at start: restart them (or wait out the token's ten minutes) before
    the next rotation.
    """
    files = ensure_keys(folder)
    kept = json.loads(files.public.read_bytes())["keys"][:keep]
    _write(files, OKPKey.generate_key("Ed25519"), kept=kept)
    return files


def load_signing_key(path: Path) -> OKPKey:
    """The private key of `path`; raises `UnusableKeys`."""
    try:
        key = OKPKey.import_key(path.read_bytes())
    except (OSError, ValueError, JoseError) as error:
        raise UnusableKeys(f"{path}: cannot read the signing key; run ./enlace up") from error
    if not key.is_private:
        raise UnusableKeys(f"{path}: holds no private key; run ./enlace up")
    return OKPKey.import_key(key.as_dict(private=True) | _marks(key.thumbprint()))


def load_jwks(path: Path) -> KeySet:
    """The public keys of `path`; raises `UnusableKeys`, also when a private part is in it."""
    try:
        entries = json.loads(path.read_bytes())["keys"]
        keys = [OKPKey.import_key(entry) for entry in entries]
    except (OSError, ValueError, KeyError, TypeError, JoseError) as error:
        raise UnusableKeys(f"{path}: cannot read the public keys; run ./enlace up") from error
    if not keys or any(key.is_private or not key.kid for key in keys):
        raise UnusableKeys(f"{path}: must hold public keys with a kid, and nothing else")
    return KeySet(list(keys))


def _marks(kid: str) -> dict[str, Any]:
    return {"kid": kid, "use": "sig", "alg": ALGORITHM}


def _write(files: KeyFiles, key: OKPKey, kept: list[dict[str, Any]]) -> None:
    public = key.as_dict(private=False) | _marks(key.thumbprint())
    # the public half first: a stop between the two leaves a set that still verifies old tokens
    _replace(files.public, json.dumps({"keys": [public, *kept]}, indent=2).encode(), mode=0o644)
    _replace(files.private, key.as_pem(private=True), mode=0o600)


def _replace(path: Path, content: bytes, *, mode: int) -> None:
    draft = path.with_name(f".{path.name}.{token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    draft.replace(path)
