"""What an import of incidents needs of memory: the same for a log four times as long."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest

from services.incidents.cases import INCIDENT
from services.incidents.service import SERVICE
from tests.support.house import House, running, settings_of

pytestmark = pytest.mark.integration
ROOT: Final = Path(__file__).resolve().parents[2]
INCIDENTS, TIMES, STEPS = 1_000, 4, 3
WORDS: Final = "No responde desde la mañana. " * 65
FACTOR: Final = 1.1
MAPPING: Final = """
source = "memory"
row_id = ["id"]
time_zone = "America/Lima"
[fields]
ticket = "id"
summary = { default = "Sin servicio" }
description = "text"
origin = { default = "system" }
channel = { default = "telephone" }
area = { default = "seace" }
at = "at"
group = "group"
tier = "tier"
state = "state"
"""
# its own, since the kernel's word on a finished child includes who it was before it became one
PEAK: Final = """
import atexit, runpy
def told():
    with open("/proc/self/status") as status:
        print(next(line.split()[1] for line in status if line.startswith("VmHWM")))
atexit.register(told)
runpy.run_module("cli", run_name="__main__", alter_sys=True)
"""


@pytest.fixture
async def house(
    amqp_url: str, management_url: str, mongo_url: str, database_prefix: str, tmp_path: Path
) -> AsyncIterator[House]:
    settings = settings_of(amqp_url, management_url, mongo_url, database_prefix)
    async with running([SERVICE], settings, tmp_path / "keys") as house:
        yield house


def log_of(file: Path, first: int, number: int) -> Path:
    """The steps of many incidents, those of each far from one another."""
    with file.open("w", encoding="utf-8") as out:
        out.write("id,at,group,tier,state,text\n")
        for step in range(STEPS):
            state = "closed" if step == STEPS - 1 else "open"
            for one in range(first, first + number):
                at = f"2024-03-{step + 1:02d}T10:00:00-0500"
                out.write(f"M-{one},{at},g{step},{step + 1},{state},{WORDS}{one}\n")
    return file


async def peak_of(house: House, file: Path, mapping: Path) -> int:
    """The most memory that the command had, in KiB."""
    settings = house.settings
    assert settings.amqp_url is not None
    assert settings.mongo_url is not None
    environment = {
        **os.environ,
        "ENLACE_AMQP_URL": settings.amqp_url.get_secret_value(),
        "ENLACE_MONGO_URL": settings.mongo_url.get_secret_value(),
        "ENLACE_DATABASE_PREFIX": settings.database_prefix,
        "ENLACE_TENANTS_DIR": str(settings.tenants_dir),
    }
    command = [sys.executable, "-c", PEAK, "import", "incidents", str(file), "--tenant", "osce"]
    command += ["--mapping", str(mapping), "--rejects", os.devnull]
    child = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, env=environment, stdout=asyncio.subprocess.PIPE
    )
    told, _ = await child.communicate()
    assert child.returncode == 0, told.decode()
    return int(told.decode().split()[-1])


async def test_a_log_four_times_as_long_needs_no_more_memory(house: House, tmp_path: Path) -> None:
    mapping = tmp_path / "memory.toml"
    mapping.write_text(MAPPING, encoding="utf-8")
    short = log_of(tmp_path / "short.csv", 0, INCIDENTS)
    long = log_of(tmp_path / "long.csv", INCIDENTS, TIMES * INCIDENTS)
    least, most = [await peak_of(house, file, mapping) for file in (short, long)]
    cases = house.process.parts["incidents"].cases[INCIDENT.stream].collection
    assert await cases.count_documents({}) == (1 + TIMES) * INCIDENTS
    assert most < FACTOR * least, f"{least} KiB, then {most} KiB"
