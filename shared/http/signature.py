"""Reads a handler's signature once, at registration: what it takes and what it gives."""

import inspect
import types
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Union, get_args, get_origin, get_type_hints
from urllib.parse import parse_qsl

from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.responses import Response

from shared.http.body import describe_input, refusal_of_validation
from shared.http.call import Call, Reply
from shared.http.problems import Refused

Handler = Callable[..., Coroutine[Any, Any, Any]]
_MAX_SEGMENT: Final = 200
_MAX_QUERY_FIELDS: Final = 100
_LISTS: Final = (list, tuple, set, frozenset, Sequence)


@dataclass(frozen=True, slots=True)
class Signature:
    """The parts of ``async def handler(call, [path parameters], [query], [body]) -> result``."""

    parameters: Mapping[str, Any]
    adapters: Mapping[str, TypeAdapter[Any]]
    body: type[BaseModel] | None
    query: type[BaseModel] | None
    lists: frozenset[str]
    result: Any

    @property
    def versioned(self) -> bool:
        """Whether results carry a version, and so an ETag."""
        fields = getattr(self.result, "model_fields", None)
        if fields is None:
            fields = getattr(self.result, "__dataclass_fields__", {})
        return "version" in fields

    def path_values(self, names: Sequence[str], values: Sequence[str]) -> dict[str, Any]:
        """The typed path parameters; 404 for what no resource can be called."""
        found: dict[str, Any] = {}
        for name, value in zip(names, values, strict=True):
            if len(value) > _MAX_SEGMENT or not value.isprintable():
                raise Refused("not_found")
            found[name] = self._path_value(name, value)
        return found

    def _path_value(self, name: str, value: str) -> Any:  # noqa: ANN401 - as the handler says
        adapter = self.adapters.get(name)
        if adapter is None:
            return value
        try:
            return adapter.validate_strings(value)
        except ValidationError as error:
            # where a word is one of a few, which: ids are nobody's to learn by trying
            found = error.errors(include_url=False, include_input=False)
            errors = [{**one, "loc": (name,)} for one in found if one["type"] == "enum"]
            raise Refused("not_found", errors=errors) from None

    def query_values(self, raw: bytes) -> BaseModel:
        """The typed query; 422 with a pointer to each parameter that is wrong."""
        if self.query is None:
            raise TypeError("this operation takes no query")
        values = self._query_fields(raw) if raw else {}
        try:
            return self.query.__pydantic_validator__.validate_python(values)  # type: ignore[no-any-return]
        except ValidationError as error:
            raise refusal_of_validation(error) from None

    def _query_fields(self, raw: bytes) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for name, value in _query_pairs(raw):
            if "\x00" in name or "\x00" in value:
                raise _query_refusal("nul_character", name.replace("\x00", ""))
            if name in self.lists:
                values.setdefault(name, []).append(value)
            elif name in values:
                raise _query_refusal("repeated", name)
            else:
                values[name] = value
        return values


def _query_pairs(raw: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            raw.decode("latin-1"), keep_blank_values=True, max_num_fields=_MAX_QUERY_FIELDS
        )
    except ValueError:
        raise Refused("malformed_request") from None


def _query_refusal(code: str, name: str) -> Refused:
    return Refused("invalid_request", errors=[{"type": code, "loc": (name,)}])


def refuse_query(raw: bytes) -> None:
    """An operation without query refuses every parameter, so that a typing error shows."""
    findings = [{"type": "extra_forbidden", "loc": (name,)} for name, _ in _query_pairs(raw)]
    if findings:
        raise Refused("invalid_request", errors=findings)


def read_signature(handler: Handler, path_names: Sequence[str]) -> Signature:
    """What `handler` takes; TypeError at start for what the edge could not give it."""
    hints = get_type_hints(handler, include_extras=True)
    result = _unwrap(hints.pop("return", None))
    names = list(inspect.signature(handler).parameters)
    if not names or hints.get(names[0]) is not Call:
        raise TypeError(f"{handler.__qualname__}: the first parameter is `call: Call`")
    body, query = (_model(handler, hints, part) for part in ("body", "query"))
    parameters = {name: hints[name] for name in names[1:] if name not in {"body", "query"}}
    if set(parameters) != set(path_names):
        raise TypeError(f"{handler.__qualname__}: parameters and path differ")
    return Signature(
        parameters=parameters,
        adapters={n: TypeAdapter(hint) for n, hint in parameters.items() if hint is not str},
        body=body,
        query=query,
        lists=_list_fields(query),
        result=result,
    )


def _model(handler: Handler, hints: Mapping[str, Any], part: str) -> type[BaseModel] | None:
    model = hints.get(part)
    if model is None:
        return None
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        raise TypeError(f"{handler.__qualname__}: {part} must be a pydantic model")
    describe_input(model)
    return model


def _unwrap(result: Any) -> Any:  # noqa: ANN401 - a type as the handler declares it
    if get_origin(result) is Reply:
        result = get_args(result)[0]
    return None if result is type(None) else result


def gives_file(result: object) -> bool:
    """Whether a handler answers with a response of its own: a file, a stream."""
    return isinstance(result, type) and issubclass(result, Response)


def _list_fields(model: type[BaseModel] | None) -> frozenset[str]:
    if model is None:
        return frozenset()
    return frozenset(
        info.alias or name for name, info in model.model_fields.items() if _is_list(info.annotation)
    )


def _is_list(annotation: Any) -> bool:  # noqa: ANN401 - any annotation
    origin = get_origin(annotation)
    if origin in (Union, types.UnionType):
        return any(_is_list(part) for part in get_args(annotation))
    if origin is Annotated:
        return _is_list(get_args(annotation)[0])
    return (origin or annotation) in _LISTS
