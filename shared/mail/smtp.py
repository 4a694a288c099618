"""One message given to an SMTP server (RFC 5321), and what its answer means."""

import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Final
from urllib.parse import unquote, urlsplit

import aiosmtplib

_PERMANENT: Final = range(500, 600)
_SUBMISSION: Final = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


@dataclass(frozen=True, slots=True)
class Answer:
    """How a try ended; `final` when another would end the same way.

    `counts` is False when the server was not even reached: that is no fault of the letter.
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
        """One try within `seconds`; never raises for what the other side does."""
        try:
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
        except aiosmtplib.SMTPRecipientsRefused as error:
            codes = [one.code for one in error.recipients]
            return Answer(f"refused_{codes[0]}", final=all(code in _PERMANENT for code in codes))
        except aiosmtplib.SMTPAuthenticationError as error:
            return Answer(f"login_{error.code}", counts=False)
        except aiosmtplib.SMTPResponseException as error:
            return Answer(f"answered_{error.code}", final=error.code in _PERMANENT)
        except (aiosmtplib.SMTPException, ssl.SSLError, OSError) as error:
            return Answer(type(error).__name__, counts=False)
        # some addresses took it: sending again would tell them twice
        return Answer("some_refused" if refused else "", sent=True, final=True)
