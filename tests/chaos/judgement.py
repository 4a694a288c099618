"""What the histories say after the chaos: each promise, and the cases that break it."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from shared.store import broken_at
from tests.chaos.traffic import Accepted

Document = dict[str, Any]
Cases = Mapping[str, Document]
"""The cases of one kind, by id."""
Place = tuple[str, str, int]
"""Where an event is: kind, case and sequence."""
REQUESTS, EVALUATIONS, PLANS = "intake.request", "validation.evaluation", "training.plan"
BREACHED = f"{EVALUATIONS}.breached.v1"


def violations(accepted: Accepted, found: Mapping[str, Cases]) -> dict[str, list[str]]:
    """Every promise by name, with the cases that break it: none anywhere when all is well."""
    requests, evaluations, plans = found[REQUESTS], found[EVALUATIONS], found[PLANS]
    codes = Counter(document["state"]["code"] for document in requests.values())
    approved = {i for i, d in evaluations.items() if d["state"]["status"] == "approved"}
    return {
        # G1: what was answered with 2xx is there, under the code that was told
        "lost": _differing(accepted.requests.keys() - requests.keys()),
        "never asked for": _differing(requests.keys() - accepted.requests.keys()),
        "another code": [
            case_id
            for case_id, code in accepted.requests.items()
            if case_id in requests and requests[case_id]["state"]["code"] != code
        ],
        "one code for two": [code for code, count in codes.items() if count > 1],
        # G2: every event had its effect, and once
        "without effect": [
            *_differing(requests.keys() - evaluations.keys()),
            *_differing(approved - plans.keys()),
        ],
        "effect without cause": [
            *_differing(evaluations.keys() - requests.keys()),
            *_differing(plans.keys() - approved),
        ],
        "effect not once": list(_not_once(accepted, evaluations)),
        # G3: what one case said was taken up in its order
        "causes out of order": out_of_order(found),
        # G8: the trail has no hole, no repetition and an unbroken chain
        "chains broken": [
            case_id
            for cases in found.values()
            for case_id, document in cases.items()
            if broken_at(case_id, document["history"], document["head"]) is not None
        ],
        # G4: who was not decided in time breached once, nobody else did
        "breached twice": [i for i, d in evaluations.items() if len(breaches(d)) > 1],
        "not breached": [
            case_id
            for case_id, document in evaluations.items()
            if document["state"]["status"] == "evaluating" and not breaches(document)
        ],
        "breached early": [
            case_id
            for case_id, document in evaluations.items()
            for breach in breaches(document)
            if breach["data"]["due_at"][:19] > breach["at"].isoformat()[:19]
        ],
    }


def out_of_order(found: Mapping[str, Cases]) -> list[str]:
    """The cases that took up what another case said in another order than it was said."""
    wrong = []
    for case_id, caused in _caused(found):
        latest: dict[tuple[str, str], int] = {}
        for kind, source, sequence in caused:
            if sequence < latest.get((kind, source), 0):
                wrong.append(case_id)
            latest[kind, source] = sequence
    return wrong


def followed(found: Mapping[str, Cases]) -> int:
    """How many entries were led to by an event whose place in its own history is known."""
    return sum(len(caused) for _, caused in _caused(found))


def breaches(document: Document) -> list[Document]:
    return [entry for entry in document["history"] if entry["type"] == BREACHED]


def _caused(found: Mapping[str, Cases]) -> Iterator[tuple[str, list[Place]]]:
    """Each case with the places of the events that led to its entries, in its own order."""
    places: dict[str, Place] = {
        entry["id"]: (kind, case_id, entry["seq"])
        for kind, cases in found.items()
        for case_id, document in cases.items()
        for entry in document["history"]
    }
    for cases in found.values():
        for case_id, document in cases.items():
            causes = (entry["cause"] for entry in document["history"])
            yield case_id, [places[cause] for cause in causes if cause in places]


def _not_once(accepted: Accepted, evaluations: Cases) -> Iterator[str]:
    steps = {
        "opened": set(evaluations),
        "observed": accepted.observed,
        "answered": accepted.answered,
        "approved": accepted.approved,
        "refused": accepted.refused,
    }
    for step, ids in steps.items():
        for case_id in ids & evaluations.keys():
            types = [entry["type"] for entry in evaluations[case_id]["history"]]
            if types.count(f"{EVALUATIONS}.{step}.v1") != 1:
                yield f"{case_id} {step}"


def _differing(ids: set[str]) -> list[str]:
    return sorted(ids)
