"""One request on its way through the edge, and what the edge works with."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from opentelemetry.trace import Tracer
from starlette.types import Receive, Scope

from shared.http.headers import RawHeaders, forwarded_for
from shared.http.limits import RateLimiter
from shared.http.measures import RequestMeasures
from shared.http.problems import Problems
from shared.i18n import negotiate
from shared.security import Verifier
from shared.telemetry.context import WorkContext


@dataclass(frozen=True, slots=True)
class Door:
    """What the edge works with; `timeout` in seconds, `body_limit` in bytes, also by template."""

    verifier: Verifier
    limiter: RateLimiter
    problems: Problems
    measures: RequestMeasures
    body_limit: int
    timeout: float
    max_in_flight: int
    proxies: int | None = None
    body_limits: Mapping[str, int] = field(default_factory=dict)
    tracer: Tracer | None = None


@dataclass(slots=True, eq=False)
class Exchange:
    """One request; `reading` while its body arrives, `late` once its time was up.

    `proxies` are those of ours before us; None when nobody said how many.
    """

    scope: Scope
    receive: Receive
    headers: RawHeaders
    context: WorkContext
    proxies: int | None = None
    reading: bool = False
    late: bool = False

    @property
    def client(self) -> str:
        """The address that asks: the one that our own proxies saw, where there are some."""
        if found := forwarded_for(self.headers, self.proxies or 0):
            return found
        client = self.scope.get("client")
        return client[0] if client else ""

    @property
    def accept_language(self) -> str:
        return self.headers.get(b"accept-language", b"").decode("latin-1")

    @property
    def language(self) -> str:
        return negotiate(self.accept_language)
