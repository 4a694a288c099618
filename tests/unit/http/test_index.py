"""The index finds what the router would, static names before parameters."""

import re
from dataclasses import dataclass

import pytest
from starlette.routing import compile_path

from shared.http.index import Index


@dataclass(frozen=True)
class Route:
    verb: str
    path_format: str

    @property
    def path_regex(self) -> re.Pattern[str]:
        return compile_path(self.path_format)[0]


ROUTES = [
    Route("GET", "/a"),
    Route("POST", "/a"),
    Route("GET", "/a/{id}"),
    Route("GET", "/a/own"),
    Route("GET", "/a/{id}/history"),
    Route("GET", "/a/own/settings"),
    Route("GET", "/b/{kind}.{form}"),
]


@pytest.mark.parametrize(
    ("path", "template", "values"),
    [
        ("/a", "/a", ()),
        ("/a/1", "/a/{id}", ("1",)),
        ("/a/own", "/a/own", ()),
        ("/a/own/history", "/a/{id}/history", ("own",)),
        ("/a/own/settings", "/a/own/settings", ()),
        ("/b/week.csv", "/b/{kind}.{form}", ("week", "csv")),
        ("/b/a.b.c", "/b/{kind}.{form}", ("a.b", "c")),
    ],
)
def test_a_path_leads_to_its_operation(path: str, template: str, values: tuple[str, ...]) -> None:
    found = Index(ROUTES).find(path)

    assert found is not None
    assert found.verbs["GET"].path_format == template
    assert found.values == values


@pytest.mark.parametrize("path", ["", "/", "a", "/a/", "/a//history", "/a/1/2", "/b/week", "/c"])
def test_nothing_there_is_nothing(path: str) -> None:
    assert Index(ROUTES).find(path) is None


def test_all_verbs_of_a_path_are_known() -> None:
    found = Index(ROUTES).find("/a")

    assert found is not None
    assert set(found.verbs) == {"GET", "POST"}
