"""One room's HTTP door; reporting's also answers for the whole county."""

import asyncio
from typing import Any, Literal

from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from pydantic import BaseModel

from services.embedded.front import front_page
from services.operations import add_operations
from services.standalone.county import FarCounty
from services.standalone.place import Place
from services.standalone.replica import Replica
from shared.identity.officers import Officers
from shared.store.store import Store
from shared.vault import Vault
from shared.web import RESPONSES, prepare


class Health(BaseModel):
    """That the process serves, and whether it also does the room's own work or stands by."""

    status: str
    service: str
    county: str
    role: Literal["active", "standby"]


def create_app(replica: Replica, place: Place, officers: Officers, vault: Vault) -> FastAPI:
    """The room's routes under its prefix, and how this process is."""
    app = FastAPI(
        title=f"回音 Huiyin · {place.service}",
        version="0.1.0",
        summary="舆情事件的登记、交办、时限、台账与审计",
        docs_url=None,
        redoc_url=None,
        responses=RESPONSES,
    )
    prepare(app, officers, vault)
    app.include_router(replica.room.router)
    _add_health(app, replica, place)
    return app


def add_county(app: FastAPI, store: Store, county: FarCounty) -> None:
    """What concerns all rooms: the operator's questions and the first page."""
    add_operations(app, county)

    @app.get("/", response_class=HTMLResponse, include_in_schema=False)
    async def front() -> str:
        return await front_page(store, await asyncio.to_thread(county.founded))


def _add_health(app: FastAPI, replica: Replica, place: Place) -> None:
    # Both paths: the proxy routes by prefix, a supervisor asks the process itself.
    @app.get("/health", tags=["operations 运维"])
    @app.get(f"/{place.service}/health", include_in_schema=False)
    async def health() -> Health:
        """本进程是否在服务；值守（active）还是待命（standby）。"""
        role: Literal["active", "standby"] = "active" if replica.active else "standby"
        return Health(status="ok", service=place.service, county=place.county, role=role)

    @app.get(f"/{place.service}/openapi.json", include_in_schema=False)
    async def described() -> dict[str, Any]:
        return app.openapi()
