"""The whole county under fire: what its clients were told is on record, once, and nothing else."""

import asyncio
import random
from contextlib import suppress
from pathlib import Path

import pytest

from tests.chaos.conftest import Note
from tests.chaos.county import CountyProcess
from tests.chaos.driving import Clients, Wish, wishes
from tests.chaos.evidence import check_numbers, check_record, check_trails
from tests.chaos.killing import Killer
from tests.support.sizes import PATIENCE, sized

INCIDENTS = sized(600, 6000)
DRIVEN_WITHIN = sized(5, 50) * PATIENCE
DEATHS = sized(20, 100)


@pytest.mark.anyio
async def test_every_acknowledged_command_is_on_record_exactly_once(
    county: CountyProcess, tmp_path: Path, seed: int, note: Note
) -> None:
    """Process, broker and streams are destroyed again and again while incidents come in."""
    chance = random.Random(seed)  # noqa: S311 - chance, not a secret
    wanted = wishes(INCIDENTS, chance)
    commands = sum(wish.commands for wish in wanted)
    county.start()
    tokens = {"clerk": county.appoint("info_officer"), "head": county.appoint("principal_leader")}
    clients = Clients(lambda: county.url, tokens, DRIVEN_WITHIN)
    killer = Killer(county, lambda: clients.acknowledged, commands, chance, tmp_path / "struck")

    await _drive_under_fire(clients, wanted, killer)

    note("deaths", killer.died())
    assert clients.acknowledged == commands
    assert killer.died().total() >= DEATHS
    assert not killer.odd_exits, county.said()
    _check_everything(county, clients)


async def _drive_under_fire(clients: Clients, wanted: list[Wish], killer: Killer) -> None:
    killing = asyncio.create_task(killer.run())
    try:
        await clients.drive(wanted)
    finally:
        killing.cancel()
        with suppress(asyncio.CancelledError):
            await killing


def _check_everything(county: CountyProcess, clients: Clients) -> None:
    county.kill()
    county.start()
    county.settle()
    check_numbers(county, clients.cases)
    check_trails(county, clients.cases)
    check_record(county)
    county.stop()
    assert county.exit_status == 0, county.said()
    verified = county.run("audit", "verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr
