"""The door for mail alone, in a process that a test may kill: tells its port, and stands."""

import asyncio
import sys
from datetime import datetime

from prometheus_client import CollectorRegistry

from services.intake.letterbox.door import Door, stand
from services.intake.letterbox.mails import Mails
from services.intake.letterbox.metrics import MailMetrics
from services.intake.letterbox.policy import places
from shared.files import GridFiles
from shared.parts import connect
from shared.policy import load_tenants
from tests.unit.intake.public.bench import TENANTS


async def main(url: str, database: str, now: datetime) -> None:
    """Keep what comes in that database, received at `now`, until killed."""
    kept = connect(url, "door")[database]
    mails = Mails(kept, GridFiles(kept), lambda: now)
    metrics = MailMetrics(CollectorRegistry())
    door = Door(places(load_tenants(TENANTS)), mails, metrics, lambda: None)

    def opened(port: int) -> None:
        sys.stdout.write(f"{port}\n")
        sys.stdout.flush()

    await stand(door, "127.0.0.1:0", opened)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], datetime.fromisoformat(sys.argv[3])))
