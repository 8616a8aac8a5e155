"""The HTTP door of a host: its rooms, how they are, and the operator's questions."""

from fastapi import FastAPI

from huiyin.host.contracts import add_contracts
from huiyin.host.health import add_health
from huiyin.host.host import Host
from huiyin.host.metrics import add_metrics
from huiyin.host.operations import add_operations
from shared import VERSION
from shared.settings import Settings
from shared.web import RESPONSES, prepare, take_in


def create_app(host: Host, county: str, settings: Settings) -> FastAPI:
    """The door; of a room by itself everything stands under its prefix too, as a proxy routes.

    ``county`` is what the process calls it when it is asked how it is.
    """
    [*_, last] = host.rooms
    app = FastAPI(
        title="回音 Huiyin" if host.whole else f"回音 Huiyin · {last}",
        version=VERSION,
        summary="舆情事件的登记、交办、时限、台账与审计",
        docs_url=None,
        redoc_url=None,
        responses=RESPONSES,
    )
    prefixes = ("",) if host.whole else ("", f"/{last}")
    prepare(app, host.officers, host.vault)
    take_in(app.router, *(room.router for room in host.rooms.values()))
    if rooms := host.far or (host if host.whole else None):
        add_operations(app, host, rooms, settings)
    add_health(app, host, county, prefixes)
    add_metrics(app, host, settings, prefixes)
    add_contracts(app, lambda: host.nats_address)
    return app
