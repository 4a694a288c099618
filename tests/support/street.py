"""A house with an open door for mail, the post office it writes to, and somebody at the desk."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import aiosmtplib
import httpx
from pydantic import SecretStr

from services.intake.public import PORT
from services.intake.service import SERVICE
from shared.security import Role
from shared.settings import Settings
from tests.support.acting import act_on
from tests.support.eventually import eventually
from tests.support.house import House, running
from tests.support.post_office import PostOffice, post_office
from tests.unit.intake.public.letters import BOX, SENDER

MORNING = datetime(2026, 7, 1, 15, 0, tzinfo=UTC)
"""Wednesday, 10:00 in Lima."""


@dataclass
class Street:
    """A house with an open door, the post office it writes to, and somebody at the desk."""

    house: House
    office: PostOffice
    desk: httpx.AsyncClient

    async def send(
        self, message: EmailMessage | bytes, sender: str = SENDER, to: str = BOX
    ) -> None:
        port = await eventually(self._port, lambda found: found > 0)
        content = message if isinstance(message, bytes) else message.as_bytes()
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False) as client:
            await client.sendmail(sender, [to], content)

    async def _port(self) -> int:
        port: int = self.house.process.parts["intake"].workshop.memory.get(PORT, 0)
        return port

    async def consultations(self, number: int) -> list[dict[str, Any]]:
        """All there are, as soon as nothing waits to be read and there are so many."""

        async def listed() -> list[dict[str, Any]]:
            await self.sorted()
            items: list[dict[str, Any]] = (await self.desk.get("/consultations")).json()["items"]
            return items

        return await eventually(listed, lambda items: len(items) >= number)

    async def sorted(self) -> None:
        async def waiting() -> int:
            answer = await self.desk.get("/mails", params={"status": "stored"})
            return len(answer.json()["items"])

        await eventually(waiting, lambda number: number == 0)

    async def mails(self, status: str) -> list[dict[str, Any]]:
        await self.sorted()
        answer = await self.desk.get("/mails", params={"status": status})
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    async def letters(self, number: int) -> list[EmailMessage]:
        async def count() -> int:
            return len(self.office.letters)

        await eventually(count, lambda n: n >= number)
        assert len(self.office.letters) == number
        return self.office.letters

    async def letter(self, subject: str, number: int = 1) -> EmailMessage:
        """The last of so many letters with these words in their subject, as soon as it is there."""

        async def found() -> list[EmailMessage]:
            return [one for one in self.office.letters if subject in str(one["subject"])]

        return (await eventually(found, lambda letters: len(letters) >= number))[number - 1]

    async def read(self, case_id: str, kind: str = "consultations") -> dict[str, Any]:
        view: dict[str, Any] = (await self.desk.get(f"/{kind}/{case_id}")).json()
        return view

    async def act(
        self, view: dict[str, Any], action: str, body: Any, kind: str = "consultations"
    ) -> dict[str, Any]:
        return await act_on(self.desk, f"/{kind}/{view['id']}", view["version"], action, body)


@asynccontextmanager
async def open_street(settings: Settings, keys: Path) -> AsyncIterator[Street]:
    """Intake alone, with whoever may do everything at the desks of `osce`."""
    async with post_office() as office:
        listening = {"mail_listen": "127.0.0.1:0", "smtp_url": SecretStr(office.url)}
        settings = settings.model_copy(update=listening)
        async with running([SERVICE], settings, keys) as house:
            house.clock.move_to(MORNING)
            yield Street(house, office, house.as_(*Role, tenant="osce", subject="ana"))
