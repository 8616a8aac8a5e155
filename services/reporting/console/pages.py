"""The console's routes: ledger, incident, duties, signing in and out, and what they are made of."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form, Path, Query, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel

from services.reporting.console import door as doors
from services.reporting.console import lists
from services.reporting.console.door import FORM, SESSION, PageReader, SessionDoor, check_form
from services.reporting.console.frame import Frame, Growth, frame
from services.reporting.console.incident_view import incident_view
from services.reporting.console.lists import DutiesQuery, LedgerQuery, Text
from services.reporting.console.showing import Assets, Showing, page_route, sign_in_page
from services.reporting.ledger.entry import Filters
from services.reporting.ledger.files import ledger_file
from services.reporting.ledger.search import Titles
from services.reporting.log.log import size_as_of
from services.reporting.parameters import moment
from shared.errors import HuiyinError
from shared.identity.officers import Officers
from shared.identity.sessions import Sessions
from shared.store.sql import Sql
from shared.store.store import Store
from shared.vault.vault import Vault
from shared.web import Asking as ByToken
from shared.web import empty_door, take_in

Size = Annotated[int | None, Query(ge=0, le=2**53)]


class SignInLink(BaseModel):
    """The path to open in a browser within 15 minutes."""

    path: str


def console(store: Store, vault: Vault, officers: Officers) -> APIRouter:
    """Every route of the console."""
    assets = Assets.read()
    door = SessionDoor(Sessions(officers), store, doors.Attempts())
    showing = Showing(assets, door.county)
    routes = APIRouter(route_class=page_route(showing), include_in_schema=False)
    _add_door(routes, showing, door)
    _add_pages(routes, door, _Desk(store, vault, officers, showing))
    _add_files(routes, door, store, vault)
    _add_live(routes, door, Growth(store))

    @routes.get("/static/{version}/{name}")
    async def static(request: Request, version: str, name: str) -> Response:
        return assets.answer(request, version, name)

    return take_in(_sign_in_links(door), routes)


class _Desk:
    """What pages are made with."""

    def __init__(self, store: Store, vault: Vault, officers: Officers, showing: Showing) -> None:
        self.store = store
        self.vault = vault
        self.officers = officers
        self.showing = showing
        self.titles = Titles(vault)
        self._warming: asyncio.Task[None] | None = None
        # What this room appends itself are erasures above all: nothing erased stays in memory.
        self.store.on_append(self.titles.clear)

    async def page(
        self,
        template: str,
        reader: PageReader,
        ask: Callable[[Sql, Frame], object],
        size: int | None = None,
        as_of: str = "",
    ) -> Response:
        """A page with its surroundings and its content, from one view of the store."""
        then = moment(as_of.strip())
        now = self.store.clock()

        def look(sql: Sql) -> tuple[Frame, object]:
            wanted = size_as_of(sql, then) if size is None and then is not None else size
            around = frame(sql, reader, wanted, now)
            return around, ask(sql, around)

        around, view = await self.store.read(look)
        return self.showing.page(template, frame=around, view=view)

    def warm(self) -> None:
        """Begin to open titles for those who will search; nobody waits for it."""
        if self._warming is None or self._warming.done():
            self._warming = asyncio.create_task(self._warm())

    async def _warm(self) -> None:
        with suppress(HuiyinError):  # whoever searches will be told
            while await self.store.read(self.titles.warm):
                pass


def _add_pages(routes: APIRouter, door: SessionDoor, desk: _Desk) -> None:
    Asking = Annotated[PageReader, Depends(door.reader)]  # noqa: N806 -- a type, made where the door is

    @routes.get("/")
    async def ledger(reader: Asking, given: Annotated[LedgerQuery, Depends()]) -> Response:
        query = replace(given, q=given.q.strip(), as_of=given.as_of.strip())
        ask = partial(lists.ledger_view, query, vault=desk.vault, titles=desk.titles)
        page = await desk.page("ledger.html", reader, ask, as_of=query.as_of)
        desk.warm()
        return page

    @routes.get("/incidents/{name}")
    async def incident(
        reader: Asking,
        name: Annotated[str, Path(max_length=100)],
        size: Size = None,
        as_of: Text = "",
    ) -> Response:
        names = await asyncio.to_thread(desk.officers.names)
        ask = partial(incident_view, name, vault=desk.vault, names=names)
        return await desk.page("incident.html", reader, ask, size, as_of)

    @routes.get("/duties")
    async def duties(reader: Asking, query: Annotated[DutiesQuery, Depends()]) -> Response:
        ask = partial(lists.duties_view, query, vault=desk.vault)
        return await desk.page("duties.html", reader, ask)


def _add_files(routes: APIRouter, door: SessionDoor, store: Store, vault: Vault) -> None:
    @routes.get("/ledger.{kind}")
    async def download(
        reader: Annotated[PageReader, Depends(door.reader)],
        kind: Literal["csv", "xlsx"],
        unit: Text = "",
        status: Text = "",
        verdict: Text = "",
        as_of: Text = "",
    ) -> Response:
        wanted = Filters(unit or None, status or None, verdict or None)
        return await ledger_file(store, vault, wanted, as_of, kind, reader.officer)


def _add_live(routes: APIRouter, door: SessionDoor, growth: Growth) -> None:
    @routes.get("/live", dependencies=[Depends(door.reader)])
    async def live(request: Request) -> Response:
        return StreamingResponse(
            growth.follow(request.app.state.stopping),
            media_type="text/event-stream",
            headers={"X-Accel-Buffering": "no"},
        )


def _add_door(routes: APIRouter, showing: Showing, door: SessionDoor) -> None:
    @routes.get("/sign-in")
    async def sign_in_form(request: Request) -> Response:
        return await asyncio.to_thread(sign_in_page, showing, request)

    @routes.post("/sign-in")
    async def sign_in(
        request: Request,
        form: Annotated[str, Form(max_length=200)] = "",
        token: Annotated[str, Form(max_length=200)] = "",
        code: Annotated[str, Form(max_length=200)] = "",
        to: Annotated[str, Query(max_length=2000)] = "/",
    ) -> Response:
        check_form(request, FORM, form)
        session = await asyncio.to_thread(door.sign_in, request, token, code)
        return doors.signed_in(request, session, to)

    @routes.post("/sign-out")
    async def sign_out(
        request: Request, form: Annotated[str, Form(max_length=200)] = ""
    ) -> Response:
        check_form(request, SESSION, form)
        await asyncio.to_thread(door.sign_out, request)
        return doors.signed_out()


def _sign_in_links(door: SessionDoor) -> APIRouter:
    """The route by which programs ask for a link that signs an officer in once."""
    api = empty_door("/reporting", "reporting 台账与审计")

    @api.post("/sign-in-links")
    async def sign_in_link(officer: ByToken) -> SignInLink:
        """取得一次性登录链接：15 分钟内有效, 只能用一次。"""
        code = await asyncio.to_thread(door.offer, officer)
        return SignInLink(path=f"/sign-in?code={code}")

    return api
