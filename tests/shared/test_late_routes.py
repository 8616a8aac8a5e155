"""A route is built when it is first asked for, and behaves as any other."""

import httpx2
import pytest
from fastapi import FastAPI

from shared.errors import Refused
from shared.web import LateRoute, empty_door, take_in


def closed() -> None:
    raise Refused("door.closed", "未开放。", "请稍后再试。")


def app_with(*needs: object) -> tuple[FastAPI, LateRoute]:
    door = empty_door("/hall", "hall")

    @door.get("/{name}")
    async def greet(name: str, times: int = 1) -> dict[str, int]:
        return {name: times}

    (route,) = door.routes
    assert isinstance(route, LateRoute)
    for each in needs:
        route.needs(each)  # type: ignore[arg-type]  # all of them can be called
    app = FastAPI()
    take_in(app.router, door)
    return app, route


async def asked(app: FastAPI, path: str) -> httpx2.Response:
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://hall") as client:
        return await client.get(path)


def is_built(route: LateRoute) -> bool:
    return "dependant" in route.__dict__


@pytest.mark.anyio
async def test_a_route_is_built_when_it_is_first_asked_for() -> None:
    app, route = app_with()
    assert (await asked(app, "/elsewhere")).status_code == 404
    assert not is_built(route)
    assert (await asked(app, "/hall/li?times=2")).json() == {"li": 2}
    assert is_built(route)


@pytest.mark.anyio
async def test_what_it_needs_is_asked_before_anything_else() -> None:
    app, _ = app_with(closed)
    with pytest.raises(Refused):
        await asked(app, "/hall/li")


def test_the_description_of_an_app_names_it_all_the_same() -> None:
    app, _ = app_with()
    operation = app.openapi()["paths"]["/hall/{name}"]["get"]
    assert [each["name"] for each in operation["parameters"]] == ["name", "times"]
    assert operation["tags"] == ["hall"]


def test_what_a_route_does_not_have_is_missing_after_it_was_built() -> None:
    _, route = app_with()
    with pytest.raises(AttributeError):
        _ = route.no_such_thing
