"""The HTTP edge: declare operations with `Routes`, put them together with `create_app`."""

from shared.http.app import EnlaceApp, actor_of, allowed, create_app
from shared.http.body import Input
from shared.http.call import Call, Reply
from shared.http.health import Check, Health
from shared.http.limits import Rate, RateLimiter
from shared.http.pages import Page, PageQuery, page_of
from shared.http.problems import Problem, Refused
from shared.http.routes import Routes

__all__ = [
    "Call",
    "Check",
    "EnlaceApp",
    "Health",
    "Input",
    "Page",
    "PageQuery",
    "Problem",
    "Rate",
    "RateLimiter",
    "Refused",
    "Reply",
    "Routes",
    "actor_of",
    "allowed",
    "create_app",
    "page_of",
]
