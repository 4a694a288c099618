"""What public tests of other libraries say, where they follow our conventions."""

import json
from collections import Counter
from datetime import datetime
from typing import Any

import pytest

from tests.unit.clock.asking import eval_lines
from tests.unit.clock.data import published

OURS = {
    "stay",
    "half_open",
    "absolute_seconds_reversed_zero",
    "roll_then_count",
    "ok",
}
FIELDS = {
    "add_business_time": "at",
    "subtract_business_time": "at",
    "deadline_with_pauses": "at",
    "elapsed_business_time": "seconds",
    "elapsed_with_pauses": "seconds",
    "add_business_days": "date",
    "is_open": "open",
    "next_open": "next_open",
}


@pytest.fixture(scope="module")
def vectors() -> list[dict[str, Any]]:
    path = published("published_business_time_vectors.json")
    found = json.loads(path.read_text(encoding="utf-8"))["vectors"]
    # biz's own "n days later" is none of our operations
    return [v for v in found if OURS & set(v["reproduced_under"]) and v["op"] in FIELDS]


def test_every_vector_of_our_conventions(vectors: list[dict[str, Any]]) -> None:
    asked = [{**vector, "op": vector["op"].replace("next_open", "is_open")} for vector in vectors]
    answers = eval_lines(asked)
    assert [answer["id"] for answer in answers] == [vector["id"] for vector in vectors]
    wrong = [
        (vector["id"], vector["expected"], answer)
        for vector, answer in zip(vectors, answers, strict=True)
        if not _same(answer, vector)
    ]
    assert wrong == []


def test_the_vectors_cover_all_sources(vectors: list[dict[str, Any]]) -> None:
    counted = Counter(vector["source"] for vector in vectors)
    assert counted == {"pd": 274, "wh": 52, "zam": 13, "biz": 6, "zesc": 4, "biz_dw": 3}


def _same(answer: dict[str, Any], vector: dict[str, Any]) -> bool:
    found, expected = answer["result"][FIELDS[vector["op"]]], vector["expected"]
    if FIELDS[vector["op"]] in {"at", "next_open"}:
        return datetime.fromisoformat(found) == datetime.fromisoformat(expected)
    return bool(found == expected)
