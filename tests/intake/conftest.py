"""Intake over real databases, with three units: a bureau and two schools under it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.intake.application import Intake
from services.intake.fieldmaps import FieldMaps
from services.intake.imports import Imports
from services.intake.main import build
from shared.clock import system_clock
from shared.contracts.routing import UnitEstablished
from shared.copies.units import learn_unit
from shared.identity.officers import Officers
from shared.room import Room, Surroundings
from shared.store.database import open_tables
from shared.vault.vault import Vault, open_vault


@pytest.fixture(params=["sqlite", "postgres"])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where everything is kept: files, or schemas of a PostgreSQL database."""
    if request.param == "sqlite":
        return str(tmp_path)
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
async def vault(location: str) -> AsyncIterator[Vault]:
    """The vault of the room."""
    place = location if location.startswith("postgresql") else f"{location}/vault.db"
    vault = open_vault(place, bytes(32))
    yield vault
    vault.close()


@pytest.fixture
async def room(location: str, vault: Vault) -> AsyncIterator[Room]:
    """The room, wired."""
    officers = Officers(open_tables(location, "identity"))
    room = build(Surroundings(location, "QINGHE", system_clock, vault, officers))
    for code, parent in (("QH", None), ("QH-YZ", "QH"), ("QH-EZ", "QH")):
        unit = UnitEstablished(code=code, name=code, aliases=(), parent=parent)
        room.store.write_now(lambda tx, unit=unit: learn_unit(tx.sql, unit))  # type: ignore[misc]
    yield room
    await room.store.close()
    officers.close()


@pytest.fixture
async def intake(room: Room, vault: Vault) -> Intake:
    """Its commands on incidents."""
    return Intake(room.store, vault)


@pytest.fixture
async def imports(room: Room, vault: Vault) -> Imports:
    """Its imports."""
    return Imports(room.store, vault)


@pytest.fixture
async def field_maps(room: Room) -> FieldMaps:
    """Its field maps."""
    return FieldMaps(room.store)
