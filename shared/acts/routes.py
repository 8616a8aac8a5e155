"""The address of every act of a room (地址), made from the vocabulary: HTTP to the act's body."""

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Path

from shared.acts.body import Order
from shared.acts.take import Taker
from shared.acts.vocabulary import MINE, NAMES, Act, path_of, ways
from shared.messaging.waiting import wait_until, when_known
from shared.store.requests import Answer
from shared.web import After, Asking, Once


def add_acts(
    api: APIRouter, taker: Taker[Any], answers: Mapping[str, type[Answer]], *, hears: bool = True
) -> None:
    """Add the route of every act of a room.

    ``answers`` are those that say more than others do, by the address of the act. What the room
    ``hears`` of from others it may not know yet: it is waited for a while.
    """
    for act in ways(taker.store.source.service):
        _add(api, taker, act, answers.get(act.address, Answer), hears)


def _add(api: APIRouter, taker: Taker[Any], act: Act, answered: type[Answer], hears: bool) -> None:
    async def anew(body: Order, officer: Asking, once: Once, after: After = None) -> Answer:
        await wait_until(taker.store, after)
        return await taker.take(act, "", body, officer, once)

    async def take(
        on: str, body: Order, officer: Asking, once: Once, after: After = None
    ) -> Answer:
        await wait_until(taker.store, after)
        name = officer.unit if on == MINE and act.on == "unit" else on
        if hears and act.on == "matter":
            # Only a look is repeated while news is on its way: an act tried in vain would write.
            await when_known(partial(taker.find_place, act, name))
        return await taker.take(act, name, body, officer, once)

    endpoint = anew if act.on == "new" else take
    own = {"body": act.body, "return": answered}
    if act.on != "new":
        own["on"] = Annotated[str, Path(alias=NAMES[act.on])]  # type: ignore[assignment]
    endpoint.__annotations__ |= own
    endpoint.__name__ = f"{act.name}_{act.address}_on_{act.on}".replace("/", "_")
    status = 201 if act.on == "new" else 200
    api.post(path_of(act), status_code=status, description=act.help)(endpoint)
