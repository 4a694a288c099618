"""The key that signs closed months, and the public keys that they are held against.

It is a key of its own: kpi cannot sign tokens with it, and it is kept apart from the database.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from joserfc.jwk import OKPKey

from shared.security.keys import UnusableKeys, load_jwks, load_signing_key
from shared.settings import Settings


@dataclass(frozen=True, slots=True)
class PeriodSigner:
    """Signs digests by Ed25519."""

    key_id: str
    key: Ed25519PrivateKey

    def sign(self, digest: str) -> str:
        """The signature of a digest's hex digits, as hex digits."""
        return self.key.sign(digest.encode()).hex()


@dataclass(frozen=True, slots=True)
class PeriodKeys:
    """Public keys by their id."""

    keys: Mapping[str, Ed25519PublicKey]

    def holds(self, key_id: str, digest: str, signature: str) -> bool:
        """Whether one of these keys has signed this digest."""
        key = self.keys.get(key_id)
        if key is None:
            return False
        try:
            key.verify(bytes.fromhex(signature), digest.encode())
        except (InvalidSignature, ValueError):
            return False
        return True


def signer_of(settings: Settings) -> PeriodSigner | None:
    """What closed months are signed with; None without a key. Raises `UnusableKeys`."""
    if settings.period_private_key is None:
        return None
    key = load_signing_key(settings.period_private_key)
    if not isinstance(key.private_key, Ed25519PrivateKey):
        raise UnusableKeys(f"{settings.period_private_key}: no key of Ed25519; run ./enlace up")
    return PeriodSigner(key.thumbprint(), key.private_key)


def keys_of(settings: Settings) -> PeriodKeys | None:
    """What signatures are held against; None without keys. Raises `UnusableKeys`."""
    if settings.period_public_keys is None:
        return None
    known = [key for key in load_jwks(settings.period_public_keys).keys if isinstance(key, OKPKey)]
    own = {key.thumbprint(): key.public_key for key in known}
    return PeriodKeys({name: key for name, key in own.items() if isinstance(key, Ed25519PublicKey)})
