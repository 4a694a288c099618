"""Plays the demonstration month: each step at its instant, through the public API alone.

Who asks, evaluates, trains and signs are the account's people with tokens of their own. A step
waits until the news it depends on has arrived. One that is refused as it should be, such as a
signature before the leaders', is part of the story; any other refusal ends the play.
"""

from __future__ import annotations

import http.client
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

from cli.demo.api import Answer, Refused, Somebody, eventually
from cli.demo.road import CHECKS, SIGN_AT_ONCE, Team
from cli.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from cli.demo.api import Api
    from cli.demo.month import Step, Story

# What a step meets while the news it depends on is on its way: the same call works a moment later.
NOT_YET: Final = frozenset(
    {
        "evaluation.unconfirmed",
        "evaluation.unknown",
        "evaluation.query_open",
        "evaluation.no_query_open",
        "grant.request_not_viable",
        "plan.blocked",
        "plan.leaders_missing",
        "plan.nobody_to_train",
        "plan.unknown",
        "request.replicated",
        "signature.leaders_first",
        "stale_version",
    }
)


class Play:
    """The steps of all stories, in the order of their instants."""

    def __init__(self, api: Api, team: Team, seed: str, until: Callable[[datetime], None]) -> None:
        self._api = api
        self._team = team
        self._seed = seed
        self._until = until
        self._ids: dict[int, str] = {}
        self._liaison = team.one("liaison")
        self._evaluator = team.one("validation_supervisor")
        self._trainer = team.one("trainer")
        self._advisers = team.all("adviser")
        self.acts: Mapping[str, Callable[[int, Mapping[str, Any]], object]] = {
            "ask": self._ask,
            "confirm": lambda n, _: self._request(n, "confirm", {}),
            "withdraw": lambda n, facts: self._request(n, "withdraw", facts),
            "complete": self._complete,
            "replace": self._replace,
            "grant": self._grant,
            "observe": lambda n, facts: self._evaluate(n, "observe", facts),
            "refuse": lambda n, facts: self._evaluate(n, "refuse", facts),
            "approve": lambda n, facts: self._evaluate(n, "approve", {"checks": CHECKS, **facts}),
            "share": self._share,
            "doubt": self._doubt,
            "consult": self._consult,
            "answer": self._answer,
            "clarify": self._answer,
            "material": lambda n, facts: self._train(n, "material", facts),
            "launch": lambda n, _: self._train(n, "launch", None),
            "launch_in_vain": self._launch_in_vain,
            "leaders": self._leaders,
            "sign_in_vain": self._sign_in_vain,
            "sign": self._sign,
        }

    def run(
        self,
        stories: Sequence[Story],
        say: Callable[[str], None],
        played: int = 0,
        note: Callable[[int], None] = lambda _: None,
    ) -> None:
        """Play all of it; `say` gets a line a day, `note` how many steps are played.

        The first `played` steps were played before: only their requests are found again.

        Raises:
            UserError: a step was refused, or what it depends on did not come.
        """
        steps = sorted(
            (step.at, story.number, place, step)
            for story in stories
            for place, step in enumerate(story.steps)
        )
        day = None
        for count, (at, number, place, step) in enumerate(steps, 1):
            self._place = f"month-{self._seed}-{number:03}-{place:02}-{step.name}"
            if count <= played:
                self._find(number, step)
                continue
            self._until(at)
            if at.date() != day:
                day = at.date()
                say(f"{day}: {len(self._ids)} requests so far")
            self.acts[step.name](number, step.facts)
            note(count)

    def _find(self, number: int, step: Step) -> None:
        """The id of a request that was asked before: the same key gives the same answer."""
        if step.name == "ask":
            self._ask(number, step.facts)
        elif step.name == "replace":
            path = f"/requests/{self._ids[number]}"
            old = self._api.done(self._liaison, "GET", path)
            self._ids[number] = old["replaced_by"]["id"]

    def _ask(self, number: int, facts: Mapping[str, Any]) -> None:
        asked = self._api.done(self._liaison, "POST", "/requests", facts["body"], key=self._place)
        self._ids[number] = asked["id"]

    def _request(self, number: int, action: str, body: Mapping[str, object]) -> dict[str, Any]:
        return self._command(self._liaison, f"/requests/{self._ids[number]}", action, body)

    def _complete(self, number: int, facts: Mapping[str, Any]) -> None:
        self._command(self._evaluator, f"/requests/{self._ids[number]}", "complete", facts)

    def _replace(self, number: int, facts: Mapping[str, Any]) -> None:
        old = self._api.done(self._liaison, "GET", f"/requests/{self._ids[number]}")
        kept = {name: old[name] for name in ("type", "topic", "description", "area")}
        self._ids[number] = self._request(number, "replace", {**kept, **facts})["id"]

    def _grant(self, number: int, facts: Mapping[str, Any]) -> None:
        """Two advisers may look, each by name."""
        for place, person in enumerate(self._advisers[:2]):
            path, body = f"/requests/{self._ids[number]}/grants", {**facts, "person_id": person.id}
            self._patiently(
                lambda path=path, body=body, place=place: self._api.call(  # type: ignore[misc]
                    self._liaison, "POST", path, body, key=f"{self._place}-{place}"
                )
            )

    def _evaluate(self, number: int, action: str, body: Mapping[str, object]) -> dict[str, Any]:
        return self._command(self._evaluator, f"/evaluations/{self._ids[number]}", action, body)

    def _share(self, number: int, facts: Mapping[str, Any]) -> None:
        path = f"/evaluations/{self._ids[number]}"
        self._command(self._team.one("supervisor"), path, "share", facts)

    def _doubt(self, number: int, facts: Mapping[str, Any]) -> None:
        adviser = self._advisers[facts["adviser"] % len(self._advisers)]
        path, body = f"/evaluations/{self._ids[number]}/doubts", {"text": facts["text"]}
        self._api.done(adviser, "POST", path, body, key=self._place)

    def _consult(self, number: int, _: Mapping[str, Any]) -> None:
        path = f"/evaluations/{self._ids[number]}"
        doubts = self._api.done(self._evaluator, "GET", f"{path}/doubts")["items"]
        self._evaluate(number, "observe", {"doubts": [one["id"] for one in doubts]})

    def _answer(self, number: int, facts: Mapping[str, Any]) -> None:
        path = f"/evaluations/{self._ids[number]}"
        query = self._api.done(self._evaluator, "GET", path)["queries"][-1]
        texts = [*facts.get("answers", ()), *["Sí, también."] * len(query["questions"])]
        answers = [
            {"question_id": one["id"], "text": text}
            for one, text in zip(query["questions"], texts, strict=False)
        ]
        self._command(self._liaison, path, "answer", {"query_id": query["id"], "answers": answers})

    def _train(
        self,
        number: int,
        action: str,
        body: Mapping[str, object] | None,
        refused: str = "",
    ) -> None:
        path = f"/trainings/{self._ids[number]}"
        self._command(self._trainer, path, action, body, refused)

    def _launch_in_vain(self, number: int, _: Mapping[str, Any]) -> None:
        path = f"/trainings/{self._ids[number]}"
        eventually(
            lambda: self._api.call(self._trainer, "GET", path),
            lambda answer: bool(answer.body.get("blocked")),
            f"{self._place}: {path} is not blocked",
        )
        self._train(number, "launch", None, "plan.blocked")

    def _leaders(self, number: int, _: Mapping[str, Any]) -> None:
        people = [*self._team.all("supervisor"), *self._team.all("quality_monitor")]
        self._all_sign(number, people)

    def _sign(self, number: int, facts: Mapping[str, Any]) -> None:
        """The first of the advisers, up to the share; who has signed before is passed over."""
        count = max(1, round(len(self._advisers) * facts["share"]))
        self._all_sign(number, self._advisers[:count])

    def _sign_in_vain(self, number: int, _: Mapping[str, Any]) -> None:
        self._signature(number, self._advisers[0], "signature.leaders_first")

    def _all_sign(self, number: int, people: Sequence[Somebody]) -> None:
        with ThreadPoolExecutor(SIGN_AT_ONCE) as pool:
            list(pool.map(lambda one: self._signature(number, one), people))

    def _signature(self, number: int, who: Somebody, refused: str = "") -> None:
        path = f"/trainings/{self._ids[number]}"
        sha256 = self._api.done(who, "GET", f"{path}/material")["sha256"]
        body, key = {"sha256": sha256, "method": "click"}, f"{self._place}-{who.id}"
        expected = refused or "signature.already_signed"
        self._patiently(
            lambda: self._api.call(who, "POST", f"{path}/signatures", body, key=key), expected
        )

    def _command(
        self,
        who: Somebody,
        path: str,
        action: str,
        body: Mapping[str, object] | None,
        refused: str = "",
    ) -> dict[str, Any]:
        """A command on the version of the moment."""

        def attempt() -> Answer:
            seen = self._api.call(self._evaluator, "GET", path)
            if not seen.fine:
                return seen
            version = seen.body["version"]
            return self._api.call(
                who, "POST", f"{path}/{action}", body, key=self._place, version=version
            )

        return self._patiently(attempt, refused).body

    def _patiently(self, attempt: Callable[[], Answer], expected: str = "") -> Answer:
        """Until it is done, or refused with the `expected` code.

        Raises:
            Refused: the API said no for good.
            UserError: what it waits for did not come.
        """

        def settled(answer: Answer) -> bool:
            if answer.fine or (expected and answer.code == expected):
                return True
            waits = answer.status in (http.client.NOT_FOUND, http.client.SERVICE_UNAVAILABLE)
            if not waits and answer.code not in NOT_YET:
                raise Refused(self._place, answer)
            return False

        answer = eventually(attempt, settled, self._place)
        if expected and answer.fine and expected != "signature.already_signed":
            raise UserError(f"{self._place} was to be refused with {expected}, and was done")
        return answer
