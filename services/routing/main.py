"""Routing's composition: settings in, a wired room out."""

from services.routing.administration import Administration
from services.routing.api import router
from services.routing.application import Routing
from services.routing.appointments import Appointments
from services.routing.rulebook import Rulebook
from services.routing.subscribers import from_intake
from services.routing.tables import MODEL
from shared.messaging.consumer import Consumer
from shared.messaging.renewal import Renewal
from shared.room import Room, Surroundings


def build(around: Surroundings) -> Room:
    """Wire the room."""
    store = around.open_store("routing")
    renewal = Renewal(store, MODEL)
    reactions = from_intake(around.vault)
    hears = [Consumer(store, "intake", reactions, renewal=renewal, checkpoint=around.checkpoint)]
    appointments = Appointments(store, around.officers, around.vault)
    door = router(
        Routing(store, around.vault),
        Administration(store),
        appointments,
        Rulebook(store),
        around.clock,
    )
    return Room(
        store, hears, renewal.guarding(door), (), MODEL, renewal, checkpoint=around.checkpoint
    )
