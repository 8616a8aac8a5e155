"""``import``: old messages through the HTTP interface of a running system, until all is settled.

The file is read and sent as ``huiyin import`` does it; the system runs in a process of its own.
For a profile it runs in this one, as it does for the command while no system is running.
"""

import csv
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from itertools import cycle, islice
from pathlib import Path

import httpx2

from services.bench.child import address, launched
from services.bench.county import COUNTY, founded, running
from services.bench.effort import Effort
from services.bench.figures import Figure, Goal
from services.bench.measured import Measured
from services.bench.probe import Probe
from services.bench.stories import SAMPLES
from services.cli.door import Door, opened
from services.cli.importing import CHUNK, COLUMNS, read_row, rows_of
from services.embedded.app import create_app
from services.embedded.directory import DataDirectory
from shared.errors import Unavailable
from shared.settings import Settings
from shared.units import Unit

GOAL = Goal(floor=500)


async def measure(effort: Effort, probe: Probe) -> Measured:
    """Rounds of importing, each a file of messages that are not there yet."""
    rounds: list[float] = []
    async with founded() as settings:
        file = settings.data.with_name("messages.csv")
        for turn in range(effort.rounds):
            write_messages(file, effort.import_messages, turn)
            ...
    return Measured((Figure("import", "导入历史留言 → 处处可见", "条/秒", tuple(rounds), GOAL),))
