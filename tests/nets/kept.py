"""The texts that are kept: what was offered by doors and command line, and what was refused."""

import asyncio
import tempfile
from pathlib import Path

from tests.nets import commands, doors
from tests.nets.keep_county import opened_copy
from tests.nets.seen import refused
from tests.nets.story import story

SNAPSHOTS = Path(__file__).parent / "snapshots"


def described() -> dict[str, str]:
    """What is described now, by the name under which it is kept; takes about ten seconds."""
    with tempfile.TemporaryDirectory(prefix="huiyin-doors-") as place:
        told = asyncio.run(doors.described(Path(place) / "empty"))
        with opened_copy("sqlite", Path(place) / "kept") as settings:
            told["refusals"] = asyncio.run(refused(settings, story()))
    return told | {"commands": commands.described()}


def path(name: str) -> Path:
    """The file of that name."""
    return SNAPSHOTS / f"{name}.txt"
