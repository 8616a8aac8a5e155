"""Intake's composition: settings in, a wired room out."""

from services.intake.api import router
from services.intake.application import Intake
from services.intake.fieldmaps import FieldMaps
from services.intake.imports import Imports
from services.intake.tables import MODEL
from shared.messaging.consumer import Consumer
from shared.messaging.renewal import Renewal
from shared.messaging.taking import Keeping
from shared.room import Room, Surroundings


def build(around: Surroundings) -> Room:
    """Wire the room."""
    store = around.open_store("intake")
    renewal = Renewal(store, MODEL)
    hears = [
        Consumer(store, "routing", Keeping(MODEL), renewal=renewal, checkpoint=around.checkpoint)
    ]
    intake = Intake(store, around.vault)
    door = router(intake, Imports(store, around.vault), FieldMaps(store))
    return Room(
        store, hears, renewal.guarding(door), (), MODEL, renewal, checkpoint=around.checkpoint
    )
