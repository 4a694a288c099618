from pathlib import Path

import pytest

from shared.security import Issuer, Verifier, ensure_keys, load_jwks, load_signing_key


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def issuer(tmp_path: Path, clock: Clock) -> Issuer:
    return Issuer(load_signing_key(ensure_keys(tmp_path).private), now=clock)


@pytest.fixture
def verifier(tmp_path: Path, clock: Clock) -> Verifier:
    return Verifier(load_jwks(ensure_keys(tmp_path).public), now=clock)
