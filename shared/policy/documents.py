"""Policy files as plain values that remember their lines.

YAML is read by the core schema of version 1.2: only `true` and `false` are truth values, and
16:30 is text, where PyYAML's default makes a number of it (990). Aliases are refused, because a
file of a few lines can unfold into gigabytes with them.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from .findings import Finding, Place, PolicyError

_LARGEST = 4 << 20
_DEEPEST = 64
_PREFIX = "tag:yaml.org,2002:"


_Safe: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml where PyYAML has it: some eight times faster, so that starting isn't waiting."""


class _Loader(_Safe):  # type: ignore[misc]
    """PyYAML's safe loader with the core schema's idea of a scalar."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012  PyYAML's own name


for _tag, _pattern, _first in (
    ("null", r"null|~|", ["n", "~", ""]),
    ("bool", r"true|false", ["t", "f"]),
    ("int", r"[-+]?(?:0|[1-9][0-9]*)", list("-+0123456789")),
    ("float", r"[-+]?(?:0|[1-9][0-9]*)\.[0-9]+", list("-+0123456789")),
):
    _Loader.add_implicit_resolver(_PREFIX + _tag, re.compile(f"^(?:{_pattern})$"), _first)


@dataclass(frozen=True)
class Document:
    """One file: its values and the line of each."""

    path: Path
    body: Mapping[str, Any]
    lines: Mapping[Place, int]

    def line(self, place: Place) -> int:
        """The line of a value, or of the nearest value around it that the file has."""
        for length in range(len(place), -1, -1):
            found = self.lines.get(place[:length])
            if found is not None:
                return found
        return 1

    def finding(self, place: Place, rule: str, **facts: object) -> Finding:
        """An error at a place of this file."""
        return Finding(self.path, self.line(place), rule, facts)


def read(path: Path) -> Document:
    """Read one file; anything but a mapping of text keys raises `PolicyError`."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError([Finding(path, 1, "unreadable", {"detail": str(error)})]) from None
    if len(text) > _LARGEST:
        raise PolicyError([Finding(path, 1, "too_large", {"limit": _LARGEST})])
    lines: dict[Place, int] = {}
    try:
        _refuse_aliases(text, path)
        root = yaml.compose(text, _Loader)
        body = {} if root is None else _value(root, (), lines, path)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = 1 if mark is None else mark.line + 1
        raise PolicyError([Finding(path, line, "syntax", {"detail": error.problem})]) from None
    except yaml.YAMLError as error:
        raise PolicyError([Finding(path, 1, "syntax", {"detail": str(error)})]) from None
    if not isinstance(body, dict):
        raise PolicyError([Finding(path, 1, "not_a_mapping")])
    return Document(path, body, lines)


def _refuse_aliases(text: str, path: Path) -> None:
    for event in yaml.parse(text, _Loader) if "*" in text else ():
        if isinstance(event, yaml.AliasEvent):
            line = 1 if event.start_mark is None else event.start_mark.line + 1
            raise PolicyError([Finding(path, line, "alias", {"name": event.anchor})])


def _value(node: yaml.Node, place: Place, lines: dict[Place, int], path: Path) -> object:
    lines.setdefault(place, node.start_mark.line + 1)
    if len(place) > _DEEPEST:
        raise PolicyError([Finding(path, lines[place], "too_deep", {"limit": _DEEPEST})])
    if isinstance(node, yaml.MappingNode):
        return dict(_pairs(node, place, lines, path))
    if isinstance(node, yaml.SequenceNode):
        return [
            _value(item, (*place, position), lines, path)
            for position, item in enumerate(node.value)
        ]
    return _scalar(node, path)


def _pairs(
    node: yaml.MappingNode, place: Place, lines: dict[Place, int], path: Path
) -> Iterator[tuple[str, object]]:
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        key = key_node.value
        if not isinstance(key, str):
            raise PolicyError([Finding(path, line, "key_not_text")])
        if (*place, key) in lines:
            raise PolicyError([Finding(path, line, "duplicate_key", {"key": key})])
        lines[*place, key] = line
        yield key, _value(value_node, (*place, key), lines, path)


def _scalar(node: yaml.Node, path: Path) -> object:
    text = node.value
    match node.tag.removeprefix(_PREFIX):
        case "null":
            return None
        case "bool":
            return text == "true"
        case "int":
            return int(text)
        case "float":
            return float(text)
        case "str":
            return text
    line = node.start_mark.line + 1
    raise PolicyError([Finding(path, line, "unknown_tag", {"tag": node.tag})])
