"""Takes one request of the day as far as it shall go, from wherever it stands."""

from __future__ import annotations

import http.client
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from cli.demo.api import Answer, Api, Somebody, eventually
from cli.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from cli.demo.day import Scene

WAY: Final = (
    "received",
    "in_evaluation",
    "observed",
    "answered",
    "viable",
    "preparing",
    "training_leaders",
    "deploying",
    "deployed",
    "closed",
)
SIGN_AT_ONCE: Final = 7
CHECKS: Final = ["other_requests", "resources", "areas"]
# News of the others is on its way: the same call works a moment later.
NOT_YET: Final = frozenset({"plan.leaders_missing", "plan.nobody_to_train"})


@dataclass(frozen=True)
class Team:
    """The people of the account, by what they do."""

    people: tuple[Somebody, ...]

    @classmethod
    def of(cls, people: Iterable[Somebody]) -> Team:
        return cls(tuple(people))

    def one(self, role: str) -> Somebody:
        return self.all(role)[0]

    def all(self, role: str) -> list[Somebody]:
        return [person for person in self.people if role in person.roles]


@dataclass(frozen=True, slots=True)
class Walked:
    """Where a request stands."""

    id: str
    code: str
    status: str
    version: int


class Road:
    """The way of one request; every step is named by a key, so a repetition changes nothing."""

    def __init__(self, api: Api, team: Team, scene: Scene) -> None:
        self._api = api
        self._team = team
        self._scene = scene
        self._id = ""
        self._liaison = team.one("liaison")
        self._evaluator = team.one("validation_supervisor")
        trainers = team.all("trainer")
        self._trainer = trainers[scene.number % len(trainers)]
        self._steps: Mapping[str, Callable[[], None]] = {
            "in_evaluation": self._evaluate,
            "observed": self._answer,
            "answered": self._approve,
            "viable": self._complete,
            "preparing": self._prepare,
            "training_leaders": self._leaders_sign,
            "deploying": self._advisers_sign,
        }

    def walk(self) -> Walked:
        """Enter the request, unless it is there, and take it to its goal.

        Raises:
            UserError: it did not get on.
        """
        path = "/requests"
        self._id = self._done(self._liaison, path, self._scene.body(), "ask")["id"]
        goal = self._scene.goal
        ahead = WAY[: WAY.index(goal)] if goal in WAY else WAY[:2]
        request = self._request().body
        # a status that is not ahead of the goal: reached, or somebody has gone on with it
        while (status := request["status"]) in ahead:
            self._steps.get(status, lambda: None)()
            request = eventually(
                self._request,
                lambda answer, status=status: answer.body.get("status") != status,  # type: ignore[misc]
                f"{request['code']} is still {status}",
            ).body
        if status == goal == "deploying":
            self._advisers_sign()
            request = self._request().body
        return Walked(self._id, request["code"], status, request["version"])

    def _evaluate(self) -> None:
        scene = self._scene
        if scene.goal == "withdrawn":
            version = self._request().body["version"]
            path, reason = f"/requests/{self._id}/withdraw", {"reason": scene.reason}
            self._done(self._liaison, path, reason, "withdraw", version)
        elif scene.goal == "replaced":
            version = self._request().body["version"]
            body = {**scene.body(), "subject": f"{scene.subject}, por distrito"}
            path = f"/requests/{self._id}/replace"
            self._done(self._liaison, path, {**body, "reason": scene.reason}, "replace", version)
        elif scene.goal == "not_viable":
            self._decide("refuse", {"reason": scene.reason})
        elif scene.questions:
            self._decide("observe", {"questions": list(scene.questions)})
        else:
            self._approve()

    def _approve(self) -> None:
        self._decide("approve", {"checks": CHECKS, "complexity": self._scene.complexity})

    def _decide(self, action: str, body: Mapping[str, object]) -> None:
        path = f"/evaluations/{self._id}"
        version = self._seen(path, "evaluating")["version"]
        self._done(self._evaluator, f"{path}/{action}", body, action, version)

    def _answer(self) -> None:
        path = f"/evaluations/{self._id}"
        evaluation = self._seen(path, "observed")
        query = evaluation["queries"][-1]
        answers = [
            {"question_id": question["id"], "text": text}
            for question, text in zip(query["questions"], self._scene.answers, strict=True)
        ]
        body = {"query_id": query["id"], "answers": answers}
        self._done(self._liaison, f"{path}/answer", body, "answer", evaluation["version"])

    def _complete(self) -> None:
        """What nobody is trained for is done; anything else goes to training by itself."""
        if self._scene.replicated:
            return
        version = self._request().body["version"]
        body = {"note": self._scene.reason}
        path = f"/requests/{self._id}/complete"
        self._done(self._evaluator, path, body, "complete", version)

    def _prepare(self) -> None:
        path = f"/trainings/{self._id}"
        plan = self._api.done(self._trainer, "GET", path)
        if plan["status"] == "open":
            body = {"text": self._scene.aid}
            plan = self._done(self._trainer, f"{path}/material", body, "material", plan["version"])
        if plan["status"] == "ready":
            eventually(
                lambda: self._post(
                    self._trainer, f"{path}/launch", None, "launch", plan["version"]
                ),
                self._is_settled,
                f"the training of {plan['code']} was not launched",
            )

    def _leaders_sign(self) -> None:
        self._sign([*self._team.all("supervisor"), *self._team.all("quality_monitor")])

    def _advisers_sign(self) -> None:
        """As many as the scene wants; who is exempt is said before the last one has signed."""
        scene, advisers = self._scene, self._team.all("adviser")
        turn = scene.number % len(advisers)
        advisers = advisers[turn:] + advisers[:turn]
        exempt = advisers[len(advisers) - scene.exempt :]
        for person in exempt:
            body = {"person_id": person.id, "reason": scene.reason}
            coordinator, path = self._team.one("training_coordinator"), "exemptions"
            self._enrol(coordinator, path, body, f"exempt-{person.id}", "exemption.already_exempt")
        goal = scene.goal == "deploying"
        count = scene.signed if goal else len(advisers) - len(exempt)
        self._sign(advisers[:count])

    def _sign(self, people: Sequence[Somebody]) -> None:
        """Several at a time: their signatures are committed together."""
        path = f"/trainings/{self._id}/material"
        body = {
            "sha256": self._api.done(people[0], "GET", path)["sha256"],
            "method": "click",
        }
        known = "signature.already_signed"
        with ThreadPoolExecutor(SIGN_AT_ONCE) as pool:
            list(pool.map(lambda one: self._enrol(one, "signatures", body, "sign", known), people))

    def _enrol(
        self, who: Somebody, path: str, body: Mapping[str, object], step: str, known: str
    ) -> None:
        """A call about an enrolment, which may still be on its way; `known` says it was made."""
        answer = eventually(
            lambda: self._post(who, f"/trainings/{self._id}/{path}", body, step),
            lambda answer: answer.status != http.client.SERVICE_UNAVAILABLE,
            f"an enrolment of {self._id} is not open",
        )
        if not answer.fine and answer.code != known:
            raise UserError(f"{path} of {self._id}: {answer.status} {answer.code}")

    def _request(self) -> Answer:
        answer = self._api.call(self._liaison, "GET", f"/requests/{self._id}")
        if not answer.fine:
            raise UserError(f"request {self._id} is not shown: {answer.status} {answer.code}")
        return answer

    def _seen(self, path: str, status: str) -> dict[str, Any]:
        return eventually(
            lambda: self._api.call(self._evaluator, "GET", path),
            lambda answer: answer.body.get("status") == status,
            f"{path} is not {status}",
        ).body

    @staticmethod
    def _is_settled(answer: Answer) -> bool:
        if answer.fine:
            return True
        if answer.code in NOT_YET:
            return False
        raise UserError(f"a training was not launched: {answer.status} {answer.code}")

    def _done(
        self,
        who: Somebody,
        path: str,
        body: Mapping[str, object],
        step: str,
        version: int | None = None,
    ) -> dict[str, Any]:
        key = self._key(step)
        return self._api.done(who, "POST", path, body, key=key, version=version)

    def _post(
        self,
        who: Somebody,
        path: str,
        body: Mapping[str, object] | None,
        step: str,
        version: int | None = None,
    ) -> Answer:
        return self._api.call(who, "POST", path, body, key=self._key(step), version=version)

    def _key(self, step: str) -> str:
        return f"demo-{self._scene.number:02}-{step}"
