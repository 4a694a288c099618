"""What a command tells a person when it cannot do what was asked."""

from __future__ import annotations

FOUND = 1
"""Exit code: the command worked and found something wrong."""
USAGE = 2
"""Exit code: the command was asked for something it cannot do."""


class UserError(Exception):
    """One line that says what to do; shown without a traceback.

    `code` is the exit code of the command.
    """

    def __init__(self, message: str, code: int = FOUND) -> None:
        super().__init__(message)
        self.code = code
