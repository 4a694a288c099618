"""One message given to an SMTP server (RFC 5321), and what its answer means."""

import asyncio
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Final
from urllib.parse import unquote, urlsplit

import aiosmtplib

_PERMANENT: Final = range(500, 600)
_AT_THE_DOOR: Final = (
    aiosmtplib.SMTPConnectResponseError,
    aiosmtplib.SMTPHeloError,
    aiosmtplib.SMTPAuthenticationError,
    aiosmtplib.SMTPSenderRefused,
)
_SUBMISSION: Final = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


@dataclass(frozen=True, slots=True)
class Answer:
    """How a try ended; `final` when another would end the same way.

    `counts` is False when the server had no look at it: that is no fault of the letter.
    """

    reason: str = ""
    sent: bool = False
    final: bool = False
    counts: bool = True


@dataclass(frozen=True, slots=True)
class Server:
    """Where mail goes, from `smtp://`, `smtp+starttls://` or `smtps://user:password@host:port`."""

    scheme: str
    host: str
    port: int
    username: str | None
    password: str | None

    @classmethod
    def of(cls, url: str) -> "Server":
        """Read an address; `ValueError` says what is wrong with it, without its password."""
        parts = urlsplit(url)
        if parts.scheme not in _SUBMISSION or not parts.hostname:
            msg = f"ENLACE_SMTP_URL: {', '.join(_SUBMISSION)} and a host are known"
            raise ValueError(msg)
        return cls(
            scheme=parts.scheme,
            host=parts.hostname,
            port=parts.port or _SUBMISSION[parts.scheme],
            username=None if parts.username is None else unquote(parts.username),
            password=None if parts.password is None else unquote(parts.password),
        )

    async def send(self, message: EmailMessage, *, seconds: float) -> Answer:
        """One try within `seconds` in all; never raises for what the other side does."""
        try:
            async with asyncio.timeout(seconds):
                # a step's half of it: a server that is not reached must be told from a slow one
                return await self._give(message, seconds / 2)
        except aiosmtplib.SMTPRecipientsRefused as error:
            codes = [one.code for one in error.recipients]
            return Answer(f"refused_{codes[0]}", final=all(code in _PERMANENT for code in codes))
        except _AT_THE_DOOR as error:
            # a greeting, a login, a sender: they are the house's, and another letter's too
            return Answer(f"door_{error.code}", counts=False)
        except aiosmtplib.SMTPResponseException as error:
            return Answer(f"answered_{error.code}", final=error.code in _PERMANENT)
        except (aiosmtplib.SMTPConnectError, ssl.SSLError) as error:
            return Answer(type(error).__name__, counts=False)
        except (aiosmtplib.SMTPException, OSError) as error:
            # it had begun, and may have gone through: not for ever
            return Answer(type(error).__name__)

    async def _give(self, message: EmailMessage, seconds: float) -> Answer:
        refused, _ = await aiosmtplib.send(
            message,
            hostname=self.host,
            port=self.port,
            username=self.username,
            password=self.password,
            use_tls=self.scheme == "smtps",
            start_tls=self.scheme == "smtp+starttls",
            timeout=seconds,
        )
        # some addresses took it: sending again would tell them twice
        codes = sorted({f"_{answer.code}" for answer in refused.values()})
        return Answer(f"some_refused{''.join(codes)}" if codes else "", sent=True, final=True)
