"""All services with two accounts in them: osinergmin at work, osce with nothing of its own."""

import logging
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import aio_pika
import httpx
import structlog

from cli.local.home import known_services
from services.intake.letterbox.door import arrived_of
from services.intake.letterbox.mails import Mails
from services.intake.letterbox.policy import places
from shared.contracts.terms import Deadline
from shared.contracts.training import PlanCompleted, PlanOpened
from shared.files import GridFiles
from shared.ids import new_id
from shared.mail import Letter, Letters
from shared.runner import find
from shared.security import Role
from tests.security.doors import Door, doors_of
from tests.support import logs
from tests.support.eventually import eventually
from tests.support.house import House, Outsider, published, running, settings_of
from tests.support.infra import Infra
from tests.unit.intake.public.letters import PDF, SENDER, written

FRIDAY = datetime(2026, 7, 24, 15, 0, tzinfo=UTC)
MINE, FOREIGN = "osinergmin", "osce"
ALL_ROLES = tuple(Role)
INCIDENT = {
    "summary": "s",
    "description": "d",
    "area": "operaciones",
    "origin": "system",
    "reporter": "r",
    "channel": "telephone",
}
ARTICLE = {
    "title": "t",
    "symptoms": "s",
    "causes": ["c"],
    "treatment": "t",
    "area": "operaciones",
    "type": "error",
}
CONSULTATION = {"subject": "s", "text": "t", "consent": True, "contact": {"email": "u@x.example"}}
DOSSIER = {
    "service": "general",
    "text": "t",
    "contact": {"email": "u@x.example"},
    "documents": [{"name": "acta.pdf", "content": b64encode(b"%PDF-1.7 acta").decode()}],
}
QUESTION = {"text": "¿Qué se pide?", "options": ["El número", "Nada"], "correct": ["a"]}
SHIFT = {
    "starts_at": "2026-07-27T08:00:00-05:00",
    "ends_at": "2026-07-27T16:00:00-05:00",
    "shift": "day",
}
TIMES = {"starts_at": "2026-07-27T09:00:00-05:00", "ends_at": "2026-07-27T10:00:00-05:00"}
MEETING = {"team": "coordinators", "on": "2026-07-30", "objectives": ["o"]}
CHECKS = ["other_requests", "resources", "areas"]


@dataclass
class Town:
    """The running house, its doors, and the ids of what osinergmin has."""

    house: House
    doors: list[Door]
    """Those that ask who is there; `open` are the others."""
    open: list[Door] = field(default_factory=list)
    things: dict[str, list[str]] = field(default_factory=dict)

    @property
    def ids(self) -> list[str]:
        return sorted({one for ids in self.things.values() for one in ids})

    async def contents(self, tenant: str) -> dict[str, list[dict[str, Any]]]:
        """Everything in every database that belongs to `tenant`, but the relay's own marks."""
        found: dict[str, list[dict[str, Any]]] = {}
        without = {"relay_at": 0, "claimed_until": 0, "claim": 0, "published": 0}
        for name, part in self.house.process.parts.items():
            database = part.workshop.database
            for collection in await database.list_collection_names():
                cursor = database[collection].find({"tenant": tenant}, without).sort("_id", 1)
                documents = [document async for document in cursor]
                if documents:
                    found[f"{name}/{collection}"] = documents
        return found

    async def at_rest(self, tenant: str) -> dict[str, list[dict[str, Any]]]:
        """The same, once what was caused has happened: nothing is on its way, and nothing moves."""
        last: dict[str, Any] = {}

        async def still() -> bool:
            nonlocal last
            await published(self.house.settings)
            waiting = await _waiting(self.house)
            before, last = last, await self.contents(tenant)
            return not waiting and before == last

        await eventually(still, every=0.7)
        return last


async def _waiting(house: House) -> int:
    """How many messages nobody has taken up yet, or are to come again."""
    services = [part.service.name for part in house.process.parts.values() if part.inbox]
    assert house.settings.amqp_url is not None
    async with await aio_pika.connect(house.settings.amqp_url.get_secret_value()) as connection:
        channel = await connection.channel()
        queues = [
            await channel.declare_queue(f"{service}.{part}", passive=True)
            for service in services
            for part in ("in", "retry")
        ]
    return sum(queue.declaration_result.message_count or 0 for queue in queues)


@asynccontextmanager
async def founded(infra: Infra, keys: Path) -> AsyncIterator[Town]:
    """All services of the checkout, running on servers of the test session."""
    known = known_services()
    with infra.vhost() as amqp, infra.database_prefix() as prefix:
        settings = settings_of(amqp, infra.broker.management_url, infra.database.url, prefix)
        settings = settings.model_copy(update={"http_rate": 0})
        # thousands of refusals are asked for here; nobody wants to read each
        quiet = structlog.make_filtering_bound_logger(logging.WARNING)
        structlog.configure(wrapper_class=quiet)
        async with running(find(known, known), settings, keys) as house:
            house.clock.move_to(FRIDAY)
            doors = doors_of(house.process.app)
            town = Town(house, [d for d in doors if d.roles], [d for d in doors if not d.roles])
            await _settle(town)
            yield town
    logs.plain()


async def _settle(town: Town) -> None:
    """A request on its way to signatures, so that every kind of case exists once at least."""
    everybody = town.house.as_(*ALL_ROLES, tenant=MINE)
    hired = [Role.SUPERVISOR, Role.QUALITY_MONITOR, Role.ADVISER, Role.TRAINER]
    for role in hired:
        person = {"name": role, "roles": [role], "starts_on": "2026-01-05"}
        hired_one = (await everybody.post("/people", json=person)).raise_for_status().json()
    week, first = f"/people/{hired_one['id']}/rosters/2026-W31", {"headers": {"if-match": '"1"'}}
    (await everybody.put(week, json={"shifts": [SHIFT]}, **first)).raise_for_status()
    await _members(town, len(hired))
    # a name of this machine: found out when it is called, and never called again
    told = {"url": "https://127.1/hook", "occasions": ["receipt"]}
    (await everybody.post("/webhooks", json=told)).raise_for_status()
    asked = {"type": "information", "topic": "t", "subject": "s", "description": "d"}
    waiting, observed, case_id = [
        (await everybody.post("/requests", json=asked)).raise_for_status().json()["id"]
        for _ in range(3)
    ]

    await _attach(everybody, waiting)
    await _deploy(town, everybody)
    await _give_access(everybody)

    async def reaches(path: str) -> dict[str, Any]:
        view = await eventually(lambda: everybody.get(path), lambda a: a.is_success)
        shown: dict[str, Any] = view.json()
        return shown

    async def command(path: str, version: int, body: dict[str, Any] | None) -> dict[str, Any]:
        answer = await everybody.post(path, headers={"if-match": f'"{version}"'}, json=body)
        assert answer.is_success, answer.text
        shown: dict[str, Any] = answer.json()
        return shown

    await reaches(f"/evaluations/{waiting}")
    doubtful = await reaches(f"/evaluations/{observed}")
    doubts = {"questions": ["¿Desde cuándo?"]}
    await command(f"/evaluations/{observed}/observe", doubtful["version"], doubts)
    doubt = await everybody.post(f"/evaluations/{waiting}/doubts", json={"text": "¿Cuándo?"})
    assert doubt.is_success, doubt.text
    evaluation = await reaches(f"/evaluations/{case_id}")
    path = f"/evaluations/{case_id}"
    approved = await command(f"{path}/approve", evaluation["version"], {"checks": CHECKS})
    await command(f"{path}/share", approved["version"], {"content": "Para conocimiento."})
    program = {"name": "p", "roles": ["requester"], "expires_at": "2026-12-01T00:00:00Z"}
    (await everybody.post("/programs", json=program)).raise_for_status()
    await _seed(everybody)
    plan = await reaches(f"/trainings/{case_id}")
    plan = await command(f"/trainings/{case_id}/material", plan["version"], {"text": "ayuda"})
    await command(f"/trainings/{case_id}/quiz", plan["version"], {"questions": [QUESTION]})
    plan = await reaches(f"/trainings/{case_id}")
    launched = await command(f"/trainings/{case_id}/launch", plan["version"], None)
    await _train(everybody, launched["id"])
    await _write_in(town)
    await _write(town)
    await town.at_rest(MINE)
    beside = town.house.process.parts["intake"].workshop.database
    for name in ("mails", "private_names"):
        town.things[name] = sorted(await beside[name].distinct("_id", {"tenant": MINE}))
    for part in town.house.process.parts.values():
        for stream, cases in part.cases.items():
            town.things[stream] = sorted(await cases.collection.distinct("_id", {"tenant": MINE}))


async def _deploy(town: Town, client: httpx.AsyncClient) -> None:
    """A request that is deployed, so that a procedure is in force; training is spoken for."""
    asked = {"type": "training", "topic": "t", "subject": "s", "description": "d"}
    case_id = (await client.post("/requests", json=asked)).raise_for_status().json()["id"]
    due = Deadline(stage="training.replica", due_at=FRIDAY, effective_at=FRIDAY)
    opened = PlanOpened(code="c", topic="t", title="s", deadline=due)
    done = PlanCompleted(signed=1, exempt=0, eligible=1, on_time=True, done_at=FRIDAY)
    amqp = town.house.settings.amqp_url
    assert amqp is not None
    await Outsider(amqp.get_secret_value()).tell(case_id, opened, done, at=FRIDAY)
    in_force = await eventually(lambda: client.get("/procedures"), lambda a: a.json()["items"])
    assert in_force.is_success


async def _give_access(client: httpx.AsyncClient) -> None:
    asked = {"type": "system_access", "topic": "t", "subject": "s", "description": "d"}
    case_id = (await client.post("/requests", json=asked)).raise_for_status().json()["id"]
    path = f"/evaluations/{case_id}"
    await eventually(lambda: client.get(path), lambda a: a.is_success)
    tag = {"if-match": '"1"'}
    approved = await client.post(f"{path}/approve", json={"checks": CHECKS}, headers=tag)
    approved.raise_for_status()
    path = f"/requests/{case_id}"
    await eventually(lambda: client.get(path), lambda a: a.json()["status"] == "viable")
    wanted = {"person_id": "ana", "system": "expedientes", "days": 30}
    (await client.post(f"{path}/grants", json=wanted)).raise_for_status()


async def _write(town: Town) -> None:
    """A letter a service: no mail server is configured here, so that they stay as they are."""
    for name in ("intake", "incidents", "kpi"):
        workshop = town.house.process.parts[name].workshop
        letter = Letter(new_id(), MINE, "client", "request_received", {})
        await Letters(workshop.database, workshop.now).write(letter)
        town.things[f"{name}.letter"] = [letter.id]


async def _train(client: httpx.AsyncClient, training_id: str) -> None:
    leader, trainer = [
        (await client.get("/people", params={"role": role})).json()["items"][0]["id"]
        for role in ("supervisor", "trainer")
    ]
    session = {"trainer_id": trainer, **TIMES, "person_ids": [leader]}
    (await client.post(f"/trainings/{training_id}/sessions", json=session)).raise_for_status()


async def _seed(client: httpx.AsyncClient) -> None:
    seeds: dict[str, dict[str, Any] | None] = {"/incidents": INCIDENT, "/knowledge": ARTICLE}
    seeds |= {"/periods/2026-06/close": None, "/consultations": CONSULTATION}
    seeds |= {"/dossiers": DOSSIER, "/suggestions": CONSULTATION, "/claims": CONSULTATION}
    seeds["/incident-meetings"] = MEETING
    for path, body in seeds.items():
        made = await client.post(path, json=body)
        assert made.is_success, made.text
    await _ask_how_it_was(client)


async def _ask_how_it_was(client: httpx.AsyncClient) -> None:
    """A consultation on its way to an answer, since nobody is asked before."""
    case = (await client.post("/consultations", json=CONSULTATION)).raise_for_status().json()
    steps: tuple[tuple[str, dict[str, Any]], ...] = (
        ("distribute", {"folder": "gas"}),
        ("draft", {"text": "t"}),
        ("send", {"checks": []}),
    )
    for action, body in steps:
        headers = {"if-match": f'"{case["version"]}"'}
        path = f"/consultations/{case['id']}/{action}"
        case = (await client.post(path, json=body, headers=headers)).raise_for_status().json()
    asked = {"about": "intake.consultation", "case_id": case["id"]}
    (await client.post("/surveys", json=asked)).raise_for_status()


async def _attach(client: httpx.AsyncClient, request_id: str) -> None:
    content = b"%PDF-1.7 acta"
    named = {"name": "acta.pdf", "size": len(content), "sha256": sha256(content).hexdigest()}
    declared = await client.post(f"/requests/{request_id}/attachments", json=named)
    path = f"/requests/{request_id}/attachments/{declared.json()['id']}/content"
    (await client.put(path, content=content)).raise_for_status()


async def _write_in(town: Town) -> None:
    """A message with a document, as the door keeps it."""
    workshop = town.house.process.parts["intake"].workshop
    mails = Mails(workshop.database, GridFiles(workshop.database), workshop.now)
    place = next(one for one in places(workshop.tenants).values() if one.tenant == MINE)
    message = written()
    message.add_attachment(PDF, maintype="application", subtype="pdf", filename="acta.pdf")
    await mails.keep(place, arrived_of(message.as_bytes(), SENDER))


async def _members(town: Town, number: int) -> None:
    members = town.house.process.parts["training"].cases["training.member"].collection
    await eventually(lambda: members.count_documents({}), lambda n: n == number)
