"""A county in this very process: its parts can be reached, and its door answers as over HTTP."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from huiyin.host.app import create_app
from huiyin.host.directory import DataDirectory
from huiyin.host.embedded import booted
from huiyin.host.host import Host
from shared.clock import Clock
from shared.messaging.server import NatsServer
from shared.settings import Settings
from tests.journeys.county import County


@dataclass(frozen=True)
class Inside:
    """The system, and its door as the administrator uses it."""

    system: Host
    client: httpx2.AsyncClient
    app: Any

    @property
    def nats(self) -> NatsServer:
        """The nats-server that is a child of this process."""
        assert self.system.server is not None
        return self.system.server

    async def doctor(self) -> dict[str, Any]:
        """The doctor's report."""
        answer = await self.client.get("/operations/doctor")
        assert answer.is_success, answer.text
        report: dict[str, Any] = answer.json()
        return report

    async def findings(self, level: str | None = None) -> dict[str, dict[str, str]]:
        """What the doctor found, by place."""
        found = (await self.doctor())["findings"]
        return {each["place"]: each for each in found if level in (None, each["level"])}

    async def register(self) -> httpx2.Response:
        """Register an incident for the root unit."""
        heard = {"channel": "call", "category": "inquiry_demand", "title": "课本还差两本没有发"}
        return await self.client.post("/intake/incidents", json={**heard, "unit": "QINGHE"})


def settings_of(county: County, **instead: str) -> Settings:
    """The county's settings, with its wrapping key where the founding left it."""
    return Settings.from_environment({"HUIYIN_DATA": str(Path(county.data)), **instead})


@asynccontextmanager
async def inside(
    county: County, *, clock: Clock | None = None, **instead: str
) -> AsyncIterator[Inside]:
    """The county, up while the block lasts."""
    settings = settings_of(county, **instead)
    founded = DataDirectory(settings.data).county()
    async with booted(settings, founded.code, clock=clock) as system:
        app = create_app(system, founded.name, settings)
        async with httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app),
            base_url="http://huiyin",
            headers={"Authorization": f"Bearer {county.token(None)}"},
        ) as client:
            yield Inside(system, client, app)
