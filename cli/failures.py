"""What went wrong outside of Enlace, as one line for the person who asked.

Imported only when something failed: the libraries that name these failures are slow to load.
"""

from __future__ import annotations

from aiormq.exceptions import AMQPError, ChannelInvalidStateError
from pydantic import ValidationError
from pydantic_settings import SettingsError

from cli.errors import USAGE, UserError
from shared.bus.connection import LOST
from shared.decider import Transient
from shared.security.keys import UnusableKeys
from shared.settings import PREFIX, Settings

BROKER = (AMQPError, ChannelInvalidStateError, ConnectionError, TimeoutError)
LONGEST = 200


def as_user_error(error: Exception) -> UserError | None:
    """The line that tells a person what to do; None when the failure is our own mistake."""
    match error:
        case ValidationError() if error.title == Settings.__name__:
            return UserError(_settings(error), USAGE)
        case SettingsError():
            return UserError(f"{error}: see docs/settings.md", USAGE)
        case UnusableKeys():
            return UserError(str(error))
    return _of_the_world(error)


def _of_the_world(error: Exception) -> UserError | None:
    match error:
        case Transient():
            text = f"{_short(error)}: see ./enlace status, then try again"
        case OSError(filename=str() as name, strerror=str() as reason):
            text = f"{name}: {reason}"
        case _ if isinstance(error, BROKER):
            text = f"the broker did not answer ({_short(error)}): see ./enlace status"
        case _ if isinstance(error, LOST):
            text = f"the system refused ({_short(error)}): see ./enlace status"
        case _:
            return None
    return UserError(text)


def _settings(error: ValidationError) -> str:
    """Which variables are wrong, and why; never what they held, which may be a secret."""
    found = error.errors(include_input=False, include_url=False, include_context=False)
    wrong = [f"{_variable(one['loc'])} ({one['msg']})" for one in found]
    return f"cannot be used: {', '.join(wrong)}: see docs/settings.md"


def _variable(place: tuple[int | str, ...]) -> str:
    own = place[1:] if place[:1] == ("services",) and len(place) > 1 else place
    return PREFIX + "_".join(str(part).upper() for part in own)


def _short(error: Exception) -> str:
    return str(error).partition("\n")[0][:LONGEST] or "no answer in time"
