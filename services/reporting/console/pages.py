"""The console's routes: ledger, incident, duties, signing in and out, and what they are made of."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Annotated, Literal, TypeVar

from fastapi import APIRouter, Depends, Form, Path, Query, Request
from fastapi.responses import Response, StreamingResponse

from services.reporting.application import Reporting
from services.reporting.console.assets import Assets
from services.reporting.console.attempts import Attempts
from services.reporting.console.door import (
    FORM,
    SESSION,
    Door,
    Reader,
    check_form,
    signed_in,
    signed_out,
)
from services.reporting.console.duties_view import DutiesQuery, duties_view
from services.reporting.console.frame import Frame, frame
from services.reporting.console.incident_view import incident_view
from services.reporting.console.ledger_view import LedgerQuery, ledger_view
from services.reporting.console.links import sign_in_links
from services.reporting.console.live import Growth
from services.reporting.console.problems import page_route, sign_in_page
from services.reporting.console.showing import Showing
from services.reporting.ledger.export import Filters
from services.reporting.ledger.export_api import as_file
from services.reporting.ledger.titles import Titles
from services.reporting.log.log import size_as_of
from services.reporting.parameters import moment
from shared.errors import HuiyinError
from shared.identity.officers import Officer, Officers
from shared.identity.sessions import Sessions
from shared.store.sql import Sql
from shared.vault.vault import Vault
from shared.web import take_in

T = TypeVar("T")

Text = Annotated[str, Query(max_length=200)]
PageNumber = Annotated[int, Query(ge=1, le=100_000)]
Size = Annotated[int | None, Query(ge=0, le=2**53)]


def console(reporting: Reporting, vault: Vault, officers: Officers) -> APIRouter:
    """Every route of the console."""
    assets = Assets.read()
    door = Door(Sessions(officers), reporting.store, Attempts())
    showing = Showing(assets, door.county)
    routes = APIRouter(route_class=page_route(showing), include_in_schema=False)
    _add_door(routes, showing, door)
    _add_pages(routes, showing, door, _Desk(reporting, vault, officers))
    _add_files(routes, door, reporting)
    _add_live(routes, door, Growth(reporting.store))

    @routes.get("/static/{version}/{name}")
    async def static(request: Request, version: str, name: str) -> Response:
        return assets.answer(request, version, name)

    return take_in(sign_in_links(door), routes)


VISITOR = Officer("visitor", "", "", "")
"""Who takes a file of a demonstration home without having signed in."""


class _Desk:
    """What pages are made with."""

    def __init__(self, reporting: Reporting, vault: Vault, officers: Officers) -> None:
        self.store = reporting.store
        self.vault = vault
        self.officers = officers
        self.titles = Titles(vault)
        self._warming: asyncio.Task[None] | None = None
        # What this room appends itself are erasures above all: nothing erased stays in memory.
        self.store.on_append(self.titles.clear)

    async def see(
        self,
        reader: Reader,
        size: int | None,
        as_of: str,
        ask: Callable[[Sql, Frame], T],
    ) -> tuple[Frame, T]:
        """A page's surroundings and its content, from one view of the store."""
        then = moment(as_of.strip())
        now = self.store.clock()

        def look(sql: Sql) -> tuple[Frame, T]:
            around = frame(sql, reader, _asked(sql, size, then), now)
            return around, ask(sql, around)

        return await self.store.read(look)

    def warm(self) -> None:
        """Begin to open titles for those who will search; nobody waits for it."""
        if self._warming is None or self._warming.done():
            self._warming = asyncio.create_task(self._warm())

    async def _warm(self) -> None:
        with suppress(HuiyinError):  # whoever searches will be told
            while await self.store.read(self.titles.warm):
                pass


def _asked(sql: Sql, size: int | None, then: datetime | None) -> int | None:
    if size is not None or then is None:
        return size
    return size_as_of(sql, then)


def _add_pages(routes: APIRouter, showing: Showing, door: Door, desk: _Desk) -> None:
    Asking = Annotated[Reader, Depends(door.reader)]  # noqa: N806 -- a type, made where the door is

    @routes.get("/")
    async def ledger(  # noqa: PLR0913, PLR0917 -- the fields of the form
        reader: Asking,
        q: Text = "",
        status: Text = "",
        verdict: Text = "",
        unit: Text = "",
        order: Text = "number",
        way: Text = "down",
        page: PageNumber = 1,
        as_of: Text = "",
    ) -> Response:
        asked = LedgerQuery(q.strip(), status, verdict, unit, order, way, page, as_of.strip())
        around, view = await desk.see(
            reader,
            None,
            as_of,
            lambda sql, around: ledger_view(
                sql,
                asked,
                around.asked,
                around.now,
                units=around.units,
                vault=desk.vault,
                titles=desk.titles,
            ),
        )
        desk.warm()
        return showing.page("ledger.html", frame=around, view=view)

    @routes.get("/incidents/{name}")
    async def incident(
        reader: Asking,
        name: Annotated[str, Path(max_length=100)],
        size: Size = None,
        as_of: Text = "",
    ) -> Response:
        names = await asyncio.to_thread(desk.officers.names)
        around, view = await desk.see(
            reader,
            size,
            as_of,
            lambda sql, around: incident_view(sql, desk.vault, name, around.size, names),
        )
        return showing.page("incident.html", frame=around, view=view)

    @routes.get("/duties")
    async def duties(
        reader: Asking,
        unit: Text = "",
        by: Text = "",
        history: Text = "",
        page: PageNumber = 1,
    ) -> Response:
        asked = DutiesQuery(unit, by, history, page)
        around, view = await desk.see(
            reader,
            None,
            "",
            lambda sql, around: duties_view(
                sql, asked, around.asked, around.now, units=around.units, vault=desk.vault
            ),
        )
        return showing.page("duties.html", frame=around, view=view)


def _add_files(routes: APIRouter, door: Door, reporting: Reporting) -> None:
    @routes.get("/ledger.{kind}")
    async def ledger_file(
        reader: Annotated[Reader, Depends(door.reader)],
        kind: Literal["csv", "xlsx"],
        unit: Text = "",
        status: Text = "",
        verdict: Text = "",
        as_of: Text = "",
    ) -> Response:
        wanted = Filters(unit or None, status or None, verdict or None)
        found = await reporting.export(wanted, moment(as_of), kind, reader.officer or VISITOR)
        return await asyncio.to_thread(as_file, found, kind)


def _add_live(routes: APIRouter, door: Door, growth: Growth) -> None:
    @routes.get("/live", dependencies=[Depends(door.reader)])
    async def live(request: Request) -> Response:
        return StreamingResponse(
            growth.told(request.app.state.stopping),
            media_type="text/event-stream",
            headers={"X-Accel-Buffering": "no"},
        )


def _add_door(routes: APIRouter, showing: Showing, door: Door) -> None:
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
        return signed_in(request, session, to)

    @routes.post("/sign-out")
    async def sign_out(
        request: Request, form: Annotated[str, Form(max_length=200)] = ""
    ) -> Response:
        check_form(request, SESSION, form)
        await asyncio.to_thread(door.sign_out, request)
        return signed_out()
