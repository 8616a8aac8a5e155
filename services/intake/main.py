"""Intake's composition: settings in, a wired room out."""

from services.intake.api import router
from services.intake.application import Intake
from services.intake.subscribers import FROM_ROUTING
from services.intake.tables import SCHEMA
from shared.messaging.consumer import Consumer
from shared.room import Room, Surroundings


def build(around: Surroundings) -> Room:
    """Wire the room."""
    store = around.open_store("intake", SCHEMA)
    hears = [Consumer(store, "routing", FROM_ROUTING, checkpoint=around.checkpoint)]
    return Room(store, hears, router(Intake(store, around.vault)))
