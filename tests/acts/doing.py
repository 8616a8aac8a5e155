"""An officer takes an act in a real room: one way to say so, whichever room it is."""

from dataclasses import replace
from typing import Any

from shared.acts.take import Taker
from shared.acts.vocabulary import ACTS, Act
from shared.identity.officer import Officer
from shared.store.requests import Answer, Request


async def do(
    room: Taker[Any],
    officer: Officer,
    act: str | Act,
    name: str,
    /,
    request: Request | None = None,
    **said: Any,
) -> Answer:
    """The act on what is called so; one that can be done on either, on a matter unless it says."""
    each = _on_matter(ACTS[act]) if isinstance(act, str) else act
    return await room.take(each, name, each.body(**said), officer, request)


def of_unit(act: str) -> Act:
    """An act as it is done on a unit."""
    return replace(ACTS[act], on="unit")


def _on_matter(act: Act) -> Act:
    return replace(act, on="matter") if act.on == "either" else act
