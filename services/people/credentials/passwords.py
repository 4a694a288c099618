"""Argon2id over passwords, a few at a time: each takes 64 MiB and some 50 ms of a processor."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Final

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from shared.decider import Invalid
from shared.http import Refused

AT_ONCE: Final = 2
WAITING: Final = 64
LONGEST: Final = 256


class Passwords:
    """Hashes and verifies; who comes when too many wait is sent away for a second."""

    def __init__(self) -> None:
        self._hash = PasswordHash((Argon2Hasher(),))
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    async def hashed(self, password: str) -> str:
        """What is kept of a password: algorithm, parameters, salt and hash in one text."""
        with self._place():
            return await self._in_turn(password, None) or ""

    async def fits(
        self, password: str, kept: str | None, first: Callable[[], Awaitable[None]] | None = None
    ) -> bool:
        """Whether it is the password; without one, takes as long (it hashes) and says no.

        `first` is done once it is sure that the password will be looked at.
        """
        with self._place():
            if first is not None:
                await first()
            right = await self._in_turn(password, kept)
        return right is not None and kept is not None

    @contextmanager
    def _place(self) -> Iterator[None]:
        """One of the few that may wait; who finds none is refused before anything is looked at."""
        if self._waiting >= WAITING:
            raise Refused("overloaded", headers={"retry-after": "1"})
        self._waiting += 1
        try:
            yield
        finally:
            self._waiting -= 1

    async def _in_turn(self, password: str, kept: str | None) -> str | None:
        async with self._turns:
            return await asyncio.to_thread(self._work, password, kept)

    def _work(self, password: str, kept: str | None) -> str | None:
        if kept is None:
            return self._hash.hash(password)
        return kept if self._hash.verify(password, kept) else None


def require_strength(password: str, login: str, shortest: int) -> None:
    """Refuse a password that is short or is the login; length is what counts (NIST SP 800-63B).

    Raises:
        Invalid: with what is asked of a password.
    """
    plain = password.casefold()
    varied = len(set(plain)) >= shortest // 3
    if len(password) < shortest or not varied or login.casefold() in plain:
        raise Invalid("password.weak", shortest=shortest)
