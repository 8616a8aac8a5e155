"""A county of four processes, PostgreSQL and NATS, as ``docker-compose.yml`` describes it."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.distributed.composed import STARTS_WITHIN, Container, Machine, Proxy
from tests.support.postgres import PostgresServer

ROOMS = ("intake", "routing", "deadlines", "reporting")
WAITING = '"waiting_for": "nats"'


@dataclass(frozen=True)
class Composed:
    """The running county: its processes by room, and its people by what they do."""

    machine: Machine
    rooms: dict[str, Container]
    administrator: Proxy
    drafter: Proxy
    approver: Proxy


@pytest.fixture(scope="session")
def county(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Composed]:
    """Founded by ``init``; the rooms are started first and have to wait for the broker."""
    with postgres_server.database() as url:
        machine = Machine(tmp_path_factory.mktemp("composed"), url)
        try:
            machine.run("init")
            rooms = {service: machine.start(service) for service in ROOMS}
            for room in rooms.values():
                room.says(WAITING, within=STARTS_WITHIN)
            machine.start("nats")
            yield _peopled(machine, rooms)
        finally:
            machine.stop()


def _peopled(machine: Machine, rooms: dict[str, Container]) -> Composed:
    for room in rooms.values():
        room.takes("active", within=STARTS_WITHIN)
    token = (machine.volume("data") / "county" / "admin.token").read_text(encoding="utf-8").strip()
    administrator = Proxy(machine, token)
    administrator.post("/routing/units", code="QH-YZ", name="青禾县第一中学")
    administrator.settle()
    drafter = _appointed(machine, administrator, "己六", "info_officer")
    approver = _appointed(machine, administrator, "庚七", "principal_leader")
    return Composed(machine, rooms, administrator, drafter, approver)


def _appointed(machine: Machine, administrator: Proxy, name: str, post: str) -> Proxy:
    officer = administrator.post("/routing/officers", name=name, unit="QH-YZ", post=post)
    return Proxy(machine, officer["token"])
