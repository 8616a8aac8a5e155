"""The doors whose descriptions are kept: that of all rooms together, and that of each alone."""

from pathlib import Path

from fastapi import FastAPI
from nats.aio.client import Client

from huiyin.host.app import create_app
from huiyin.host.embedded import booted
from huiyin.host.far import FarRooms
from huiyin.host.host import Host
from shared.settings import Settings
from tests.nets import routes

ROOMS = ("intake", "routing", "deadlines", "reporting")


async def described(directory: Path) -> dict[str, str]:
    """The texts of all doors by the name of the file they are kept in."""
    settings = Settings.from_environment({"HUIYIN_DATA": str(directory)})
    async with booted(settings, "QINGHE") as system:
        whole = create_app(system, "青禾县（演示）", settings)
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


def _alone(room: str, all_: Host, settings: Settings) -> FastAPI:
    """The door as a room by itself opens it; nobody goes through."""
    far = FarRooms(Client(), {}) if room == "reporting" else None
    rooms = {room: all_.rooms[room]}
    host = Host(rooms, all_.around, Client(), lambda: "nats://nowhere", far=far)
    return create_app(host, "QINGHE", settings)
