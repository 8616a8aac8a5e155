"""Where every act is taken (地址), as the vocabulary has it."""

from collections.abc import Iterator
from dataclasses import replace

from shared.acts.vocabulary import Act, Target, taken

MINE = "mine"
"""Stands for the unit of whoever asks; no unit's code is in small letters."""

NEW = "/incidents"
"""Where a matter is entered that is not there yet."""

NAMES = {"matter": "incident", "unit": "code"}
BASES = {"matter": "/incidents/{incident}", "unit": "/units/{code}"}
"""Under which address what is done on which, and what names it there."""


def ways(room: str) -> Iterator[Act]:
    """Every act of a room, once for each thing that it can be done on."""
    for act in taken():
        if act.room == room:
            targets: tuple[Target, ...] = ("matter", "unit") if act.on == "either" else (act.on,)
            yield from (replace(act, on=target) for target in targets)


def path_of(act: Act) -> str:
    """Where an act is taken, within its room."""
    return NEW if act.on == "new" else f"{BASES[act.on]}/{act.address}"
