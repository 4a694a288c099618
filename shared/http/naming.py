"""Names of schemas in OpenAPI: where two services have one name, the service tells them apart."""

import re
from typing import Any, Final

_PATH: Final = re.compile(r"services__([a-z]+)__(?:\w+__)*(\w+?)")
_LIST: Final = re.compile(r"\w+__Page_\w+?_+[0-9]+")
_REF: Final = "#/components/schemas/"


def name_by_service(document: dict[str, Any]) -> dict[str, Any]:
    """`document` with `intake_Status` where FastAPI wrote the path of a module."""
    schemas = document["components"]["schemas"]
    names = {name: f"{m[1]}_{m[2]}" for name in schemas if (m := _PATH.fullmatch(name))}
    short = list(names.values())
    names = {name: new for name, new in names.items() if short.count(new) == 1}
    for name in filter(_LIST.fullmatch, schemas):
        # a page is called after what is on it
        item = schemas[name]["properties"]["items"]["items"]["$ref"].removeprefix(_REF)
        names[name] = f"Page_{names.get(item, item)}_"
    document["components"]["schemas"] = {names.get(n, n): part for n, part in schemas.items()}
    renamed: dict[str, Any] = _renamed(document, {_REF + n: _REF + new for n, new in names.items()})
    return renamed


def _renamed(node: Any, references: dict[str, str]) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(node, dict):
        return {
            key: references.get(value, value)
            if key == "$ref" and isinstance(value, str)
            else _renamed(value, references)
            for key, value in node.items()
        }
    return [_renamed(one, references) for one in node] if isinstance(node, list) else node
