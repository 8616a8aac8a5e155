"""One room's HTTP door; reporting's also answers for the whole county."""

from typing import Any, Literal

from fastapi import FastAPI
from pydantic import BaseModel

from huiyin.host.contracts import add_contracts
from huiyin.host.metrics import add_metrics
from huiyin.host.operations import add_operations
from huiyin.host.vitals import add_health
from huiyin.standalone.county import FarCounty
from huiyin.standalone.place import Place
from huiyin.standalone.replica import Replica
from shared.identity.officers import Officers
from shared.messaging.broker import address_of
from shared.release import VERSION
from shared.settings import Settings
from shared.vault import Vault
from shared.web import RESPONSES, prepare, take_in


class Health(BaseModel):
    """That the process serves, and whether it also does the room's own work or stands by."""

    status: str
    service: str
    county: str
    role: Literal["active", "standby"]


def create_app(
    replica: Replica, place: Place, settings: Settings, officers: Officers, vault: Vault
) -> FastAPI:
    """The room's routes under its prefix, and how this process is."""
    app = FastAPI(
        title=f"回音 Huiyin · {place.service}",
        version=VERSION,
        summary="舆情事件的登记、交办、时限、台账与审计",
        docs_url=None,
        redoc_url=None,
        responses=RESPONSES,
    )
    prepare(app, officers, vault)
    take_in(app.router, replica.room.router)
    _add_health(app, replica, place)
    for prefix in ("", f"/{place.service}"):  # the proxy routes by prefix
        add_health(app, replica, prefix)
    add_metrics(app, replica, settings, f"/{place.service}")
    add_contracts(app, lambda: address_of(place.nats_url))
    return app


def add_county(app: FastAPI, county: FarCounty) -> None:
    """What concerns all rooms: the operator's questions."""
    add_operations(app, county)


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
