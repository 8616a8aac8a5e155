"""Reporting's composition: settings in, a wired room out."""

from services.reporting.api import router
from services.reporting.console.pages import console
from services.reporting.findings import taking
from services.reporting.findings.taking import RecordActs
from services.reporting.log import log
from services.reporting.projector import MODEL, PastInLog, Projector, SequencerAndFold
from shared.messaging.consumer import Consumer
from shared.messaging.renewal import Renewal
from shared.messaging.streams import FOLLOWS
from shared.room import Room, Surroundings
from shared.web import take_in


def build(around: Surroundings) -> Room:
    """Wire the room: one sequencer for all upstreams, and the fold behind it."""
    store = around.open_store("reporting", (*log.SCHEMA, *taking.SCHEMA))
    log.add_missing_tiles(store.recorder)
    renewal = Renewal(store, MODEL, past=PastInLog(store))
    projector = Projector(store, renewal)
    hears = [
        Consumer(store, name, SequencerAndFold(name, projector), checkpoint=around.checkpoint)
        for name in FOLLOWS["reporting"]
    ]
    doors = take_in(
        router(RecordActs(store, around.vault), around.officers),
        console(store, around.vault, around.officers),
    )
    return Room(
        store,
        hears,
        doors,
        chores=(projector.run,),
        model=MODEL,
        renewal=renewal,
        ends=log.ends,
        also_follows=(projector,),
        checkpoint=around.checkpoint,
    )
