"""The texts that are kept: what was offered by doors and command line, and what was refused."""

import asyncio
import tempfile
from pathlib import Path

from tests.nets import commands, doors
from tests.nets.keep_county import opened_copy
from tests.nets.seen import refused
from tests.nets.story import story

SNAPSHOTS = Path(__file__).parent / "snapshots"


def described(*names: str) -> dict[str, str]:
    """What is described now, by the name under which it is kept; takes about ten seconds.

    With names, what else is not needed for them is left out.
    """
    kinds = {name if name in _OWN else _DOORS for name in names} or {*_OWN, _DOORS}
    told = {"commands": commands.described()}
    with tempfile.TemporaryDirectory(prefix="huiyin-doors-") as place:
        if _DOORS in kinds:
            told |= asyncio.run(doors.described(Path(place) / "empty"))
        if "refusals" in kinds:
            with opened_copy("sqlite", Path(place) / "kept") as settings:
                told["refusals"] = asyncio.run(refused(settings, story()))
    return told


_OWN, _DOORS = ("commands", "refusals"), "doors"
"""Texts that are made each by itself, and all the others, which are made together."""


def path(name: str) -> Path:
    """The file of that name."""
    return SNAPSHOTS / f"{name}.txt"
