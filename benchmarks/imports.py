"""The peak memory of `enlace import incidents`, for a log and for one ten times as long.

The rows of each incident are as far apart as they can be, so that whoever gathers them before
writing holds the whole log. The command is the one that people run, into a real database.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from benchmarks._rig import Rig, report, rig, row

INCIDENTS, TIMES, STEPS = 1_000, 10, 3
WORDS: Final = "No responde desde la mañana. " * 65
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


def peak_of(bench: Rig, file: Path, mapping: Path) -> int:
    """The most memory that the command had, in KiB."""
    command = [sys.executable, "-c", PEAK, "import", "incidents", str(file), "--tenant", "osce"]
    command += ["--mapping", str(mapping), "--rejects", os.devnull]
    done = subprocess.run(
        command, env=bench.environment, stdout=subprocess.PIPE, check=True, text=True
    )
    told = done.stdout.split()
    imported = int(told[told.index("imported,") - 1])
    assert imported, done.stdout
    return int(told[-1])


def main() -> None:
    with rig() as bench, tempfile.TemporaryDirectory(prefix="enlace-imports-") as folder:
        bench.declare("incidents")
        bench.start("incidents")
        mapping = Path(folder) / "memory.toml"
        mapping.write_text(MAPPING, encoding="utf-8")
        short = log_of(Path(folder) / "short.csv", 0, INCIDENTS)
        long = log_of(Path(folder) / "long.csv", INCIDENTS, TIMES * INCIDENTS)
        least, most = (peak_of(bench, file, mapping) for file in (short, long))
    name = f"peak memory for {TIMES * INCIDENTS * STEPS:,} rows, against {INCIDENTS * STEPS:,}"
    report("imports", [row(name, most, least, "KiB", least / most, 0.9)])


if __name__ == "__main__":
    main()
