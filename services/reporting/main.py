"""Reporting's composition: settings in, a wired room out."""

from services.reporting import tables
from services.reporting.api import router
from services.reporting.application import Reporting
from services.reporting.console import console
from services.reporting.findings import taking
from services.reporting.findings.taking import RecordActs
from services.reporting.log import log, tiles
from services.reporting.projector import PastInLog, Projector, SequencerAndFold
from shared.messaging.consumer import Consumer
from shared.messaging.renewal import Renewal
from shared.messaging.streams import FOLLOWS
from shared.room import Room, Surroundings
from shared.web import take_in


def build(around: Surroundings) -> Room:
    """Wire the room: one sequencer for all upstreams, and the fold behind it."""
    store = around.open_store("reporting", (*log.SCHEMA, *taking.SCHEMA))
    tiles.add_missing(store.recorder)
    renewal = Renewal(store, tables.MODEL, past=PastInLog(store))
    projector = Projector(store, renewal)
    hears = [
        Consumer(store, name, SequencerAndFold(name, projector), checkpoint=around.checkpoint)
        for name in FOLLOWS["reporting"]
    ]
    reporting = Reporting(store, around.vault, around.officers)
    doors = take_in(
        router(reporting, RecordActs(store, around.vault)),
        console(reporting, around.vault, around.officers),
    )
    return Room(
        store,
        hears,
        doors,
        chores=(projector.run,),
        model=tables.MODEL,
        renewal=renewal,
        ends=log.ends,
        also_follows=(projector,),
        checkpoint=around.checkpoint,
    )
