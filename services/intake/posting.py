"""One signed POST to a subscriber's address, from which nothing inside can be reached.

The name is resolved here and the connection goes to the very address that was looked at, so a
name that points elsewhere a moment later changes nothing. Redirects are not followed.
"""

import asyncio
import hashlib
import hmac
import ssl
import time
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from urllib.parse import SplitResult, urlsplit

_MAX_LINE = 8_192
_STATUS_PARTS = 2


class PrivateAddress(Exception):
    """The target is not on the public network, and the policy does not allow it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; `final` when another try would end the same way."""

    status: int
    error: str = ""
    final: bool = False


def is_public(address: str) -> bool:
    """Whether an address can be somebody else's; mapped ones are looked through."""
    ip = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    return ip.is_global and not ip.is_multicast


def signature(secret: str, at: int, body: bytes) -> str:
    """`t=<unix seconds>,v1=<hex HMAC-SHA256 of "t.body">`; the receiver checks both."""
    digest = hmac.new(secret.encode(), b"%d." % at + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


@dataclass(frozen=True, slots=True)
class Poster:
    """Sends; `timeout` in seconds for all of it, name and answer included."""

    timeout: float
    allow_private: bool

    async def post(self, url: str, headers: dict[str, str], body: bytes) -> Answer:
        """One try; never raises for what the other side does."""
        try:
            async with asyncio.timeout(self.timeout):
                return await self._post(urlsplit(url), headers, body)
        except PrivateAddress:
            return Answer(0, "private_address", final=True)
        except TimeoutError:
            return Answer(0, "timeout")
        except (OSError, ValueError, asyncio.IncompleteReadError) as error:
            return Answer(0, type(error).__name__)

    async def _post(self, url: SplitResult, headers: dict[str, str], body: bytes) -> Answer:
        host, secure = url.hostname or "", url.scheme == "https"
        port = url.port or (443 if secure else 80)
        address = await self._resolve(host, port)
        tls = ssl.create_default_context() if secure else None
        reader, writer = await asyncio.open_connection(
            address, port, ssl=tls, server_hostname=host if secure else None, limit=_MAX_LINE
        )
        try:
            writer.write(_head(url, headers, len(body)) + body)
            await writer.drain()
            return _read_status(await reader.readline())
        finally:
            # what else the other side has to say is not waited for
            writer.transport.abort()

    async def _resolve(self, host: str, port: int) -> str:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=1)
        addresses = [str(entry[4][0]) for entry in found]
        if not self.allow_private and not all(is_public(address) for address in addresses):
            raise PrivateAddress
        return addresses[0]


def _head(url: SplitResult, headers: dict[str, str], length: int) -> bytes:
    path = (url.path or "/") + (f"?{url.query}" if url.query else "")
    lines = [
        f"POST {path} HTTP/1.1",
        f"host: {url.netloc}",
        "content-type: application/json",
        f"content-length: {length}",
        "connection: close",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _read_status(line: bytes) -> Answer:
    parts = line.split(b" ", _STATUS_PARTS)
    if not line.startswith(b"HTTP/1.") or len(parts) < _STATUS_PARTS:
        return Answer(0, "not_http" if line else "no_answer")
    status = int(parts[1])
    return Answer(status, "" if status // 100 == _STATUS_PARTS else "status")


def unix_now() -> int:
    """Seconds for the signature: the receiver's own clock is the real one."""
    return int(time.time())
