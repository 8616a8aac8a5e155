"""Reporting's composition: settings in, a wired room out."""

from services.reporting import tables
from services.reporting.api import router
from services.reporting.application import Reporting
from services.reporting.console import console
from services.reporting.findings import taking
from services.reporting.findings.taking import RecordActs
from services.reporting.log import log, tiles
from services.reporting.projector import UPSTREAM, Projector, SequencerAndFold
from shared.messaging.consumer import Consumer
from shared.messaging.topology import FOLLOWS
from shared.room import Room, Surroundings
from shared.store.failures import translated
from shared.store.readmodel import begin
from shared.web import take_in


def build(around: Surroundings) -> Room:
    """Wire the room: one sequencer for all upstreams, and the fold behind it."""
    store = around.open_store("reporting", (*log.SCHEMA, *taking.SCHEMA, *tables.MODEL.schema))
    tiles.add_missing(store.recorder)
    with translated(), store.recorder.making() as sql:
        begin(sql, tables.MODEL, UPSTREAM)
    projector = Projector(store)
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
        ends=log.ends,
        also_follows=(projector,),
        checkpoint=around.checkpoint,
    )
