"""The texts that are kept: what the doors and the command line were described as when reviewed."""

import asyncio
import tempfile
from pathlib import Path

from tests.nets import commands, doors

SNAPSHOTS = Path(__file__).parent / "snapshots"


def described() -> dict[str, str]:
    """What is described now, by the name under which it is kept; takes about three seconds."""
    with tempfile.TemporaryDirectory(prefix="huiyin-doors-") as directory:
        told = asyncio.run(doors.described(Path(directory)))
    return told | {"commands": commands.described()}


def path(name: str) -> Path:
    """The file of that name."""
    return SNAPSHOTS / f"{name}.txt"
