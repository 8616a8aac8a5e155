"""Deadlines' composition: settings in, a wired room out."""

from functools import partial

from services.deadlines import scheduler
from services.deadlines.acts import Acts
from services.deadlines.api import router
from services.deadlines.subscribers import FROM_INTAKE, FROM_ROUTING
from services.deadlines.tables import MODEL
from shared.messaging.consumer import Consumer
from shared.room import Room, Surroundings


def build(around: Surroundings) -> Room:
    """Wire the room."""
    store = around.open_store("deadlines", MODEL.schema)
    hears = [
        Consumer(store, "intake", FROM_INTAKE, checkpoint=around.checkpoint),
        Consumer(store, "routing", FROM_ROUTING, checkpoint=around.checkpoint),
    ]
    chores = [partial(scheduler.run, store, around.clock)]
    return Room(
        store, hears, router(Acts(store, around.vault)), chores, MODEL, checkpoint=around.checkpoint
    )
