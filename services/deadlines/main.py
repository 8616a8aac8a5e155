"""Deadlines' composition: settings in, a wired room out."""

from functools import partial

from services.deadlines import scheduler
from services.deadlines.api import router
from services.deadlines.subscribers import FROM_ROUTING, from_intake
from services.deadlines.tables import MODEL
from shared.messaging.consumer import Consumer
from shared.policy import COUNTY_BASELINE, Pack, load_pack
from shared.room import Room, Surroundings


def build(around: Surroundings, pack: Pack | None = None) -> Room:
    """Wire the room; ``pack`` is the county baseline unless given.

    Raises Invalid ``pack.*`` when the baseline cannot be read.
    """
    store = around.open_store("deadlines", MODEL.schema)
    rules = pack or load_pack(COUNTY_BASELINE)
    hears = [
        Consumer(store, "intake", from_intake(rules), checkpoint=around.checkpoint),
        Consumer(store, "routing", FROM_ROUTING, checkpoint=around.checkpoint),
    ]
    chores = [partial(scheduler.run, store, around.clock)]
    return Room(store, hears, router(store), chores, MODEL, checkpoint=around.checkpoint)
