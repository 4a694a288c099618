"""Envelopes, versions and the check of compatibility, without any I/O."""

import json
from datetime import UTC, datetime
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.contracts import (
    Envelope,
    EventBody,
    MalformedEnvelope,
    UnknownEventType,
    UnknownEventVersion,
    body_of,
    decode,
    encode,
    upcast,
)
from shared.contracts.compatibility import incompatibilities
from shared.contracts.events import TypeName

AT = datetime(2026, 7, 24, 21, 30, tzinfo=UTC)


class ThingMoved(EventBody, event_type="sample.thing.moved.v3"):
    x: int
    y: int
    unit: str


@upcast("sample.thing.moved.v1")
def _(data: dict) -> tuple[str, dict]:
    x, y = data["place"].split(",")
    return "sample.thing.moved.v2", {"x": int(x), "y": int(y)}


@upcast("sample.thing.moved.v2")
def _(data: dict) -> tuple[str, dict]:
    return "sample.thing.moved.v3", {**data, "unit": "m"}


class TestVersions:
    def test_an_old_one_is_carried_through_every_step(self) -> None:
        assert body_of("sample.thing.moved.v1", {"place": "3,4"}) == ThingMoved(x=3, y=4, unit="m")

    def test_a_newer_one_and_a_stranger_are_told_apart(self) -> None:
        with pytest.raises(UnknownEventVersion):
            body_of("sample.thing.moved.v4", {})
        with pytest.raises(UnknownEventType):
            body_of("sample.thing.sold.v1", {})

    def test_data_that_does_not_fit_is_refused(self) -> None:
        with pytest.raises(ValidationError):
            body_of("sample.thing.moved.v3", {"x": "left"})

    def test_a_type_is_declared_once(self) -> None:
        with pytest.raises(TypeError, match="twice"):

            class Again(EventBody, event_type="sample.thing.moved.v3"):
                pass

    @pytest.mark.parametrize(
        "name", ["thing.moved.v1", "a.b.c", "a.b.c.v0", "A.b.c.v1", "a.b.c.v1\n", "a.b.c.d.v1"]
    )
    def test_a_name_out_of_form_is_refused(self, name: str) -> None:
        with pytest.raises(ValueError, match="not an event type"):
            TypeName.parse(name)


class TestEnvelope:
    event = Envelope("e1", "sample.thing.moved.v3", "c1", AT, "acme", 2, {"x": 1, "y": 2})

    def test_comes_back_as_it_went(self) -> None:
        assert decode(encode(self.event)) == self.event

    def test_names_its_stream_and_routing_key(self) -> None:
        assert self.event.stream == "sample/thing:c1"
        assert self.event.name.routing_key == "sample.thing.moved"
        assert json.loads(encode(self.event))["source"] == "/enlace/sample"

    @pytest.mark.parametrize(
        ("change", "complaint"),
        [
            ({"specversion": "0.3"}, "specversion"),
            ({"subject": ""}, "subject"),
            ({"tenant": 7}, "tenant"),
            ({"id": "x" * 200}, "id"),
            ({"sequence": 0}, "sequence"),
            ({"sequence": True}, "sequence"),
            ({"sequence": "2"}, "sequence"),
            ({"data": []}, "data"),
            ({"time": "yesterday"}, "time"),
            ({"time": "2026-07-24T21:30:00"}, "time"),
            ({"time": 5}, "time"),
            ({"time": "2026-13-24T21:30:00Z"}, "time"),
            ({"type": "no type"}, "event type"),
        ],
    )
    def test_out_of_form_says_what_is_wrong(self, change: dict, complaint: str) -> None:
        raw = {**json.loads(encode(self.event)), **change}
        with pytest.raises(MalformedEnvelope, match=complaint):
            decode(json.dumps(raw).encode())

    @pytest.mark.parametrize(
        "name", ["id", "type", "subject", "time", "tenant", "sequence", "data"]
    )
    def test_names_what_is_missing(self, name: str) -> None:
        raw = json.loads(encode(self.event))
        del raw[name]
        with pytest.raises(MalformedEnvelope, match=f"missing: {name}"):
            decode(json.dumps(raw).encode())

    @given(st.binary(max_size=200))
    def test_any_bytes_are_read_or_refused(self, content: bytes) -> None:
        with pytest.raises(MalformedEnvelope):
            decode(content)


class TestCompatibility:
    published: ClassVar = {
        "type": "object",
        "properties": {
            "a": {"type": "string"},
            "b": {"type": "array", "items": {"$ref": "#/$defs/B"}},
        },
        "required": ["a"],
        "$defs": {"B": {"type": "object", "properties": {"n": {"type": "integer"}}}},
    }

    def changed(self, path: list[str], value: object) -> dict:
        copy = json.loads(json.dumps(self.published))
        place = copy
        for key in path[:-1]:
            place = place[key]
        if value is None:
            del place[path[-1]]
        else:
            place[path[-1]] = value
        return copy

    def test_a_new_optional_field_and_new_words_are_fine(self) -> None:
        wider = self.changed(["properties", "c"], {"type": "integer", "default": 0})
        assert incompatibilities(self.published, wider) == []
        told = self.changed(["properties", "a", "description"], "better said")
        assert incompatibilities(self.published, told) == []

    @pytest.mark.parametrize(
        ("path", "value", "finding"),
        [
            (["properties", "a"], None, "/a: removed"),
            (["properties", "a", "type"], "integer", "/a: type was 'string', is 'integer'"),
            (["required"], ["a", "b"], "/b: newly required"),
            (["required"], [], "/a: no longer always there"),
            (["$defs", "B", "properties", "n", "type"], "string", "/b[]/n: type was"),
            (["properties", "a", "maxLength"], 5, "/a: maxLength was None, is 5"),
        ],
    )
    def test_what_breaks_a_reader_is_found(
        self, path: list[str], value: object, finding: str
    ) -> None:
        (found,) = incompatibilities(self.published, self.changed(path, value))
        assert found.startswith(finding)
