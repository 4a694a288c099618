"""From method and path to the operation, in a microsecond or two however many there are."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from re import Pattern
from typing import Final, Generic, Protocol, TypeVar


class Indexed(Protocol):
    """What the index needs to know of an operation."""

    @property
    def verb(self) -> str: ...
    @property
    def path_format(self) -> str: ...
    @property
    def path_regex(self) -> Pattern[str]: ...


Op = TypeVar("Op", bound=Indexed)
_NO_PARAMETERS: Final[Mapping[str, str]] = {}


@dataclass(slots=True)
class _Node(Generic[Op]):
    children: dict[str, "_Node[Op]"] = field(default_factory=dict)
    wildcard: "_Node[Op] | None" = None
    verbs: dict[str, Op] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found(Generic[Op]):
    """The operations at a path by verb, and the path's parameters by name or position."""

    verbs: Mapping[str, Op]
    values: tuple[str, ...] = ()


class Index(Generic[Op]):
    """Paths whose parameters fill whole segments are a tree; the few others are patterns."""

    def __init__(self, operations: Iterable[Op]) -> None:
        self._root: _Node[Op] = _Node()
        self._exact: dict[str, Found[Op]] = {}
        self._patterns: dict[str, tuple[Pattern[str], dict[str, Op]]] = {}
        for operation in operations:
            self._add(operation)

    def find(self, path: str) -> Found[Op] | None:
        exact = self._exact.get(path)
        if exact is not None:
            return exact
        found = _walk(self._root, path.split("/"), 0, ())
        return found or self._match(path)

    def _match(self, path: str) -> Found[Op] | None:
        for pattern, verbs in self._patterns.values():
            match = pattern.fullmatch(path)
            if match is not None:
                return Found(verbs, tuple(match.groups()))
        return None

    def _add(self, operation: Op) -> None:
        path = operation.path_format
        segments = path.split("/")
        if "{" not in path:
            verbs = dict(self._exact[path].verbs) if path in self._exact else {}
            self._exact[path] = Found(verbs | {operation.verb: operation})
        elif all("{" not in s or (s[0] == "{" and s.find("}") == len(s) - 1) for s in segments):
            self._grow(segments).verbs[operation.verb] = operation
        else:
            _, verbs = self._patterns.setdefault(path, (operation.path_regex, {}))
            verbs[operation.verb] = operation

    def _grow(self, segments: list[str]) -> _Node[Op]:
        node = self._root
        for segment in segments:
            if segment.startswith("{"):
                node.wildcard = node.wildcard or _Node()
                node = node.wildcard
            else:
                node = node.children.setdefault(segment, _Node())
        return node


def _walk(
    node: _Node[Op], segments: list[str], depth: int, values: tuple[str, ...]
) -> Found[Op] | None:
    if depth == len(segments):
        return Found(node.verbs, values) if node.verbs else None
    segment = segments[depth]
    child = node.children.get(segment)
    if child is not None:
        found = _walk(child, segments, depth + 1, values)
        if found is not None:
            return found
    if node.wildcard is None or not segment:
        return None
    return _walk(node.wildcard, segments, depth + 1, (*values, segment))
