"""The lines of log of a command's own work: on stderr, beside what it answers on stdout."""

from __future__ import annotations

import logging
import sys


def log_beside() -> None:
    """Write warnings and worse, as people read them; an answer of JSON stays one."""
    from shared.settings import LogFormat, LogLevel
    from shared.telemetry import configure_logging

    configure_logging(LogLevel.WARNING, LogFormat.CONSOLE, stream=sys.stderr)
    # what it warns of on its way to an error is in the error's own line (`main`)
    logging.getLogger("aiormq").propagate = False
