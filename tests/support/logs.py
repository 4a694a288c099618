"""What a test's lines of log look like when it does not say it itself."""

import structlog


def plain() -> None:
    """Lines to read, with exceptions as Python tells them.

    What structlog does by itself draws the values of every frame. That takes seconds on a busy
    machine, in which the event loop of the service under test does nothing.
    """
    structlog.reset_defaults()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.dev.set_exc_info,
            structlog.processors.TimeStamper(fmt="%Y-%m-%d %H:%M:%S", utc=True),
            structlog.dev.ConsoleRenderer(
                colors=False, exception_formatter=structlog.dev.plain_traceback
            ),
        ]
    )
