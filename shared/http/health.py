"""Probes: `/live` says that the process turns, `/ready` that it can do its work.

The runner supplies the checks; each gets two seconds, and one that fails or hangs is a part that
is not ready, told by name.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from shared.telemetry.board import Board

Check = Callable[[], Awaitable[tuple[bool, str]]]
Status = Callable[[], Awaitable[Mapping[str, Any]]]
PATIENCE_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Health:
    """`checks`: service → part → check; `status`: everything `./enlace status` shows."""

    registry: Board
    checks: Mapping[str, Mapping[str, Check]] = field(default_factory=dict)
    status: Status | None = None


def health_router(health: Health) -> APIRouter:
    """`/live`, `/ready[?service=]`, `/metrics`, also below `/services/<name>`; `/status`."""
    router = APIRouter(include_in_schema=False)
    routes: dict[str, Callable[[Request], Awaitable[Response]]] = {
        "/live": _live,
        "/ready": _ready(health),
        "/metrics": _metrics(health),
        "/status": _status(health),
    }
    for path, endpoint in routes.items():
        router.add_api_route(path, endpoint, response_model=None)
        if path != "/status":
            router.add_api_route("/services/{service}" + path, endpoint, response_model=None)
    return router


async def _live(request: Request) -> Response:  # noqa: ARG001 - an endpoint
    return JSONResponse({"live": True})


def _ready(health: Health) -> Callable[[Request], Awaitable[Response]]:
    async def ready(request: Request) -> Response:
        wanted = request.path_params.get("service") or request.query_params.get("service")
        if wanted is not None and wanted not in health.checks:
            return JSONResponse({"ready": False, "parts": {}}, status_code=404)
        chosen = health.checks if wanted is None else {wanted: health.checks[wanted]}
        parts = await run_checks(chosen)
        fine = all(part["ok"] for part in parts.values())
        return JSONResponse({"ready": fine, "parts": parts}, status_code=200 if fine else 503)

    return ready


async def run_checks(checks: Mapping[str, Mapping[str, Check]]) -> dict[str, dict[str, Any]]:
    """Every check at once; the answers by ``service.part``."""
    named = {f"{s}.{part}": check for s, own in checks.items() for part, check in own.items()}
    answers = await asyncio.gather(*(_answer(check) for check in named.values()))
    return {
        name: {"ok": fine, "detail": detail}
        for name, (fine, detail) in zip(named, answers, strict=True)
    }


async def _answer(check: Check) -> tuple[bool, str]:
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await check()
    except TimeoutError:
        return False, "no answer"
    except Exception as error:  # noqa: BLE001 - a part that fails in any way is not ready
        return False, type(error).__name__


def _status(health: Health) -> Callable[[Request], Awaitable[Response]]:
    async def status(request: Request) -> Response:  # noqa: ARG001 - an endpoint
        if health.status is None:
            return JSONResponse({"parts": await run_checks(health.checks)})
        return JSONResponse(dict(await health.status()))

    return status


def _metrics(health: Health) -> Callable[[Request], Awaitable[Response]]:
    async def metrics(request: Request) -> Response:
        written, media_type = health.registry.written(request.headers.get("accept", ""))
        return Response(written, headers={"content-type": media_type})

    return metrics
