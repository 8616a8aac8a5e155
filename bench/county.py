"""The county that is measured: an invented one, real in everything else, gone afterwards."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from huiyin.host.directory import County, DataDirectory
from huiyin.host.embedded import booted
from huiyin.host.founding import found, founded_directory
from huiyin.host.host import Host
from shared.copies.units import Unit
from shared.settings import Settings

COUNTY = County(code="QINGHE", name="青禾县（测量）", root="QINGHE", demonstration=True)
SCHOOL = Unit("QH-YZ", "青禾县第一中学", (), None)


def environment(data: Path) -> dict[str, str]:
    """The settings of a county in that directory, for this process or a child."""
    return {"HUIYIN_DATA": str(data), "HUIYIN_HTTP_PORT": "0", "HUIYIN_LOG_LEVEL": "warning"}


@asynccontextmanager
async def founded() -> AsyncIterator[Settings]:
    """A county in a temporary directory, not running."""
    with tempfile.TemporaryDirectory(prefix="huiyin-bench-") as directory:
        settings = Settings.from_environment(environment(Path(directory) / "data"))
        with founded_directory(settings) as draft:
            await found(draft, COUNTY, [SCHOOL], COUNTY.name)
        yield settings


@asynccontextmanager
async def running() -> AsyncIterator[Host]:
    """A county running in this process, with a nats-server of its own."""
    async with founded() as settings:
        with DataDirectory(settings.data).held():
            async with booted(settings, COUNTY.code) as system:
                yield system
