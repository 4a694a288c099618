"""Who is asking, what they may do, and the tokens that prove it.

The keys of a local system live by convention in ``.enlace/keys/token-private.pem`` (mode 0600,
read only by people and the command line) and ``.enlace/keys/jwks.json`` (public, read by every
service through ``ENLACE_TOKEN_PUBLIC_KEYS``); `ensure_keys` makes both.
"""

from shared.security.actor import Actor, Kind, system
from shared.security.keys import KeyFiles, ensure_keys, load_jwks, load_signing_key, rotate_keys
from shared.security.permissions import Permissions, UndeclaredOperation
from shared.security.roles import Role
from shared.security.tokens import (
    Issuer,
    TokenError,
    TokenExpired,
    TokenForged,
    TokenMalformed,
    Verifier,
    WrongAudience,
    load_verifier,
)

__all__ = [
    "Actor",
    "Issuer",
    "KeyFiles",
    "Kind",
    "Permissions",
    "Role",
    "TokenError",
    "TokenExpired",
    "TokenForged",
    "TokenMalformed",
    "UndeclaredOperation",
    "Verifier",
    "WrongAudience",
    "ensure_keys",
    "load_jwks",
    "load_signing_key",
    "load_verifier",
    "rotate_keys",
    "system",
]
