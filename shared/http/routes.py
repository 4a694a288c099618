"""How a service declares its API.

    def routes(requests: Requests) -> Routes:
        api = Routes("intake", PERMISSIONS)

        @api.post("/requests", may="receive_request", status=201, location="/requests/{id}")
        async def receive_request(call: Call, body: NewRequest) -> RequestView:
            return await requests.receive(call, body)

        return api

The signature says it all: `call` first, path parameters by name, `query` and `body` as models
derived from `Input`, the result's type as annotation. ``may`` names a row of the service's
permissions; ``may=None`` opens the operation to everybody.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypedDict, TypeVar, Unpack

from fastapi.routing import APIRoute

from shared.http.operation import Operation, Terms, describe_failures
from shared.http.signature import Handler
from shared.security import Permissions, Role

PREFIX: Final = "/api/v1"
H = TypeVar("H", bound=Handler)


class Change(TypedDict, total=False):
    """What may be said of a change: bytes, seconds, and whether it needs If-Match (it does)."""

    status: int
    if_match: bool
    problems: Sequence[str]
    max_body: int
    timeout: float


class Routes:
    """The operations of one service, all below ``/api/v1``."""

    def __init__(self, service: str, permissions: Permissions) -> None:
        self.service = service
        self.permissions = permissions
        self.operations: list[Operation] = []
        self.others: list[APIRoute] = []
        self.body_limits: dict[str, int] = {}

    def get(
        self,
        path: str,
        *,
        may: str | None,
        status: int = 200,
        problems: Sequence[str] = (),
        timeout: float | None = None,
        media_types: Sequence[str] = (),
        extra: Mapping[str, Any] | None = None,
    ) -> Callable[[H], H]:
        """A query: changes nothing, takes no body.

        `media_types` are those of a handler that answers with a Starlette response (a file).
        """
        terms = Terms(
            status=status,
            roles=self._roles(may),
            problems=problems,
            timeout=timeout,
            media_types=media_types,
        )
        return self._operation("GET", path, terms, extra)

    def post(  # noqa: PLR0913
        self,
        path: str,
        *,
        may: str | None,
        status: int = 200,
        if_match: bool = False,
        location: str | None = None,
        problems: Sequence[str] = (),
        max_body: int | None = None,
        timeout: float | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> Callable[[H], H]:
        """A command.

        `location` is a path below the prefix, filled from the result's fields; `if_match` is for
        a command on a case that exists; `max_body` in bytes, `timeout` in seconds.
        """
        terms = Terms(
            status=status,
            roles=self._roles(may),
            idempotent=True,
            if_match=if_match,
            location=None if location is None else PREFIX + location,
            problems=problems,
            max_body=max_body,
            timeout=timeout,
        )
        return self._operation("POST", path, terms, extra)

    def put(self, path: str, *, may: str | None, **more: Unpack[Change]) -> Callable[[H], H]:
        """A replacement on the version in If-Match."""
        return self._change("PUT", path, may, more)

    def patch(self, path: str, *, may: str | None, **more: Unpack[Change]) -> Callable[[H], H]:
        """A change on the version in If-Match."""
        return self._change("PATCH", path, may, more)

    def delete(self, path: str, *, may: str | None, **more: Unpack[Change]) -> Callable[[H], H]:
        """A removal on the version in If-Match."""
        return self._change("DELETE", path, may, more)

    def add(
        self, route: APIRoute, *, max_body: int | None = None, problems: Sequence[str] = ()
    ) -> None:
        """An ordinary FastAPI route (an upload, a page), under the same edge; full path.

        Its actor comes from the dependency `allowed`; `max_body` in bytes, the edge's by default.
        """
        describe_failures(route, problems)
        self.others.append(route)
        if max_body is not None:
            self.body_limits[route.path] = max_body

    def _change(self, verb: str, path: str, may: str | None, more: Change) -> Callable[[H], H]:
        wishes: Change = {"if_match": True, **more}
        return self._operation(verb, path, Terms(roles=self._roles(may), **wishes), None)

    def _roles(self, may: str | None) -> frozenset[Role] | None:
        return None if may is None else self.permissions.roles_for(may)

    def _operation(
        self, verb: str, path: str, terms: Terms, extra: Mapping[str, Any] | None
    ) -> Callable[[H], H]:
        def register(handler: H) -> H:
            self.operations.append(
                Operation(
                    verb,
                    PREFIX + path,
                    handler,
                    name=handler.__name__,
                    service=self.service,
                    terms=terms,
                    extra=extra,
                )
            )
            return handler

        return register
