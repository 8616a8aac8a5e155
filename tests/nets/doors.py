"""The doors whose descriptions are kept: that of all rooms together, and that of each alone."""

from pathlib import Path

from fastapi import FastAPI
from nats.aio.client import Client

from huiyin.embedded.app import create_app
from huiyin.embedded.directory import County
from huiyin.embedded.system import System, booted
from huiyin.standalone.app import add_county
from huiyin.standalone.app import create_app as create_app_alone
from huiyin.standalone.county import FarCounty
from huiyin.standalone.place import Place
from huiyin.standalone.replica import Replica
from shared.settings import Settings
from tests.nets import routes

ROOMS = ("intake", "routing", "deadlines", "reporting")


async def described(directory: Path) -> dict[str, str]:
    """The texts of all doors by the name of the file they are kept in."""
    settings = Settings.from_environment({"HUIYIN_DATA": str(directory)})
    async with booted(settings, "QINGHE") as system:
        whole = _together(system, settings)
        alone = {room: _alone(room, system, settings) for room in ROOMS}
    operations = routes.described(whole.openapi())
    told = {f"openapi-{name}": text for name, text in _by_room(operations).items()}
    told["openapi-pages"] = routes.undescribed(whole)
    told["openapi-alone"] = "\n".join(
        f"== {room} by itself\n\n{_difference(app, operations, room)}"
        for room, app in alone.items()
    )
    return told


def _by_room(operations: dict[str, str]) -> dict[str, str]:
    """The operations of each room, and those of none: the host's."""
    texts = {}
    for room in (*ROOMS, "host"):
        mine = {name: said for name, said in operations.items() if _room(name) == room}
        texts[room] = routes.text(mine)
    return texts


def _room(operation: str) -> str:
    first = operation.partition(" /")[2].partition("/")[0]
    return first if first in ROOMS else "host"


def _difference(app: FastAPI, whole: dict[str, str], room: str) -> str:
    """What a room by itself has that the whole has not, what of itself it lacks, and its pages."""
    mine = routes.described(app.openapi())
    more = {name: said for name, said in mine.items() if whole.get(name) != said}
    less = sorted(name for name in whole if _room(name) == room and name not in mine)
    missing = "".join(f"lacks {name}\n" for name in less)
    return f"{routes.text(more)}{missing}\nnot described:\n{routes.undescribed(app)}"


def _together(system: System, settings: Settings) -> FastAPI:
    county = County(code="QINGHE", name="青禾县（演示）", root="QINGHE", demonstration=True)
    return create_app(system, county, settings)


def _alone(room: str, system: System, settings: Settings) -> FastAPI:
    """The door as a room by itself opens it; nobody goes through."""
    place = Place(room, "QINGHE", "postgresql://nowhere", "nats://nowhere")
    replica = Replica(system.rooms[room], place.nats_url, Client())
    app = create_app_alone(replica, place, settings, system.officers, system.vault)
    if room == "reporting":
        add_county(app, FarCounty(Client(), {}, settings))
    return app
