"""Puts the API of all services of a process together: one application, one schema, one edge."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from opentelemetry.trace import Tracer
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Lifespan, Receive, Scope, Send

from shared import i18n
from shared.decider import Rejected, Transient
from shared.http.document import Make, serve_document
from shared.http.edge import Edge
from shared.http.exchange import Door
from shared.http.health import Health, health_router
from shared.http.limits import Rate, RateLimiter
from shared.http.measures import RequestMeasures
from shared.http.naming import name_by_service
from shared.http.problems import (
    Problem,
    Problems,
    Refused,
    refusal_of,
    refusal_of_status,
)
from shared.http.routes import PREFIX, Routes
from shared.security import Actor, Verifier
from shared.settings import Settings
from shared.telemetry.context import current

TITLE: Final = "Enlace"


class EnlaceApp(FastAPI):
    """FastAPI with the edge around everything, its own error pages included."""

    edge: Edge

    def __init__(self, services: Sequence[Routes], door: Door, **more: Any) -> None:  # noqa: ANN401
        super().__init__(
            title=TITLE,
            openapi_url=None,
            docs_url=None,
            redoc_url=None,
            redirect_slashes=False,
            **more,
        )
        self._services = services
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        # past FastAPI's own telemetry, which the edge replaces
        if self.middleware_stack is None:
            self.middleware_stack = self.build_middleware_stack()
        scope["app"] = self
        await self.middleware_stack(scope, receive, send)

    def build_middleware_stack(self) -> ASGIApp:
        operations = [operation for routes in self._services for operation in routes.operations]
        others = [route for routes in self._services for route in routes.others]
        self.edge = Edge(super().build_middleware_stack(), operations, others, self._door)
        return self.edge

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            self.openapi_schema = _complete(
                get_openapi(
                    title=self.title,
                    version=self.version,
                    description=self.description,
                    routes=[*self._described(), *self.routes],
                )
            )
        return self.openapi_schema

    def _described(self) -> list[APIRoute]:
        return [one.described() for routes in self._services for one in routes.operations]


def create_app(  # noqa: PLR0913 - all that an edge is made of
    services: Sequence[Routes],
    settings: Settings,
    *,
    verifier: Verifier,
    health: Health,
    catalogue: i18n.Catalogue | None = None,
    lifespan: Lifespan[Any] | None = None,
    tracer: Tracer | None = None,
    version: str = "0.1.0",
    asyncapi: Make | None = None,
) -> EnlaceApp:
    """The application of all `services`; metrics of requests go to ``health.registry``.

    `asyncapi` makes the description of the bus, when it is asked for.
    """
    measures = RequestMeasures()
    health.registry.register(measures)
    door = Door(
        verifier=verifier,
        limiter=RateLimiter(Rate(settings.http_rate, settings.http_burst)),
        problems=Problems(catalogue or i18n.load()),
        measures=measures,
        body_limit=settings.http_body_limit,
        timeout=settings.http_timeout.total_seconds(),
        max_in_flight=settings.http_max_in_flight,
        proxies=settings.http_proxies,
        body_limits={path: n for routes in services for path, n in routes.body_limits.items()},
        tracer=tracer,
    )
    app = EnlaceApp(services, door, lifespan=lifespan, version=version)
    for routes in services:
        app.router.routes.extend(routes.others)
    app.include_router(health_router(health))
    serve_document(app, f"{PREFIX}/openapi.json", app.openapi)
    if asyncapi is not None:
        serve_document(app, f"{PREFIX}/asyncapi.json", asyncapi)
    _tell_problems(app)
    return app


def actor_of(request: Request) -> Actor:
    """The bearer of a request that passed through to FastAPI; 401 as everywhere."""
    app: EnlaceApp = request.app
    credentials = request.headers.get("authorization", "").encode("latin-1")
    actor = app.edge.authenticate({b"authorization": credentials})
    context = current()
    if context is not None:
        context.tenant, context.actor = actor.tenant, actor.subject
    return actor


def allowed(routes: Routes, operation: str) -> Callable[[Request], Awaitable[Actor]]:
    """A FastAPI dependency for the routes given to `Routes.add`: the actor, if he may."""
    roles = routes.permissions.roles_for(operation)

    async def admitted(request: Request) -> Actor:
        actor = actor_of(request)
        if roles.isdisjoint(actor.roles):
            raise Refused("not_allowed")
        return actor

    return admitted


def _tell_problems(app: EnlaceApp) -> None:
    async def tell(request: Request, error: Exception) -> Response:
        refusal = _refusal(error)
        context = current()
        answer = app.edge.problem(
            refusal,
            i18n.negotiate(request.headers.get("accept-language", "")),
            context.correlation_id if context else "",
        )
        response = Response(answer.body, status_code=answer.status)
        response.raw_headers = answer.headers
        return response

    for family in (HTTPException, RequestValidationError, Refused, Rejected, Transient, Exception):
        app.add_exception_handler(family, tell)


def _refusal(error: Exception) -> Refused:
    if isinstance(error, HTTPException):
        # FastAPI answers 400 to whatever stops it reading a body, our own limit included
        if isinstance(error.__cause__, Refused):
            return error.__cause__
        return refusal_of_status(error.status_code, error.headers)
    if isinstance(error, RequestValidationError):
        return Refused("invalid_request", errors=error.errors())
    return refusal_of(error) or Refused("internal_error")


def _complete(schema: dict[str, Any]) -> dict[str, Any]:
    """Add the problem schema, which operations name without FastAPI knowing."""
    schemas = schema.setdefault("components", {}).setdefault("schemas", {})
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= problem.pop("$defs", {})
    schemas["Problem"] = problem
    return name_by_service(schema)
