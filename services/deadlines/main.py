"""Deadlines' composition: settings in, a wired room out."""

from functools import partial

from services.deadlines import agenda, periods, scheduler
from services.deadlines.acts import Acts
from services.deadlines.api import router
from services.deadlines.subscribers import HEARS
from services.deadlines.tables import MODEL
from shared.messaging.consumer import Consumer
from shared.messaging.renewal import Renewal
from shared.room import Room, Surroundings


def build(around: Surroundings) -> Room:
    """Wire the room."""
    store = around.open_store("deadlines", agenda.WORK)
    renewal = Renewal(store, MODEL, periods.resume)
    hears = [
        Consumer(store, upstream, reactions, renewal=renewal, checkpoint=around.checkpoint)
        for upstream, reactions in HEARS.items()
    ]
    door = renewal.guarding(router(Acts(store, around.vault)))
    chores = [partial(scheduler.run, store, around.clock)]
    return Room(store, hears, door, chores, MODEL, renewal, checkpoint=around.checkpoint)
