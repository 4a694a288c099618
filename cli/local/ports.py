"""Free TCP ports on loopback."""

from __future__ import annotations

import fcntl
import os
import secrets
import socket
import tempfile
from pathlib import Path
from typing import IO, Final

LOOPBACK = "127.0.0.1"
_CLAIMED: Final[dict[int, IO[str]]] = {}
_OURS: Final = range(20_000, 32_768)
"""Below what Linux and others give out (`ip_local_port_range`), above what servers usually have."""
_TRIES: Final = 200


def is_free(port: int) -> bool:
    """Tell whether nothing listens on `port`, on loopback or on every address."""
    for address in (LOOPBACK, "0.0.0.0"):  # noqa: S104  (bound for a moment, never listened on)
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
            except OSError:
                return False
    return True


def any_free() -> int:
    """Claim a free port, of those that the system gives to nobody by itself while there is one.

    A server of ours listens seconds after its port was chosen, and once more after it was killed:
    whoever asks for any port, or calls somebody, must not be given it meanwhile. Nor must we, for
    another server: what this process has claimed it does not choose again.
    """
    for _ in range(_TRIES):
        port = secrets.choice(_OURS)
        if port not in _CLAIMED and is_free(port) and claim(port):
            return port
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.bind((LOOPBACK, 0))
            port = int(probe.getsockname()[1])
        if port not in _CLAIMED and claim(port):
            return port


def claim(port: int) -> bool:
    """Keep `port` from every other Enlace of this user until this process ends.

    A part listens seconds after its port was chosen: two starts at once would choose the same.
    False when another one has it.
    """
    folder = Path(tempfile.gettempdir()) / f"enlace-ports-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if port in _CLAIMED or folder.lstat().st_uid != os.getuid():
        return True
    mark = (folder / str(port)).open("w")
    try:
        fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        mark.close()
        return False
    _CLAIMED[port] = mark
    return True


def first_free(start: int) -> int:
    """Claim `start`, or the next free port after it (any free one when 100 are taken)."""
    for port in range(start, min(start + 100, 65536)):
        if is_free(port) and claim(port):
            return port
    return any_free()


def answers(port: int, timeout: float = 0.5) -> bool:
    """Tell whether something accepts connections on the loopback `port`."""
    try:
        socket.create_connection((LOOPBACK, port), timeout=timeout).close()
    except OSError:
        return False
    return True
