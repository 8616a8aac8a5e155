"""Reporting's composition: settings in, a wired room out."""

from services.reporting import ledger_table, log
from services.reporting.api import router
from services.reporting.application import Reporting
from services.reporting.projector import Projector, SequencerAndFold
from shared.messaging.consumer import Consumer
from shared.messaging.topology import FOLLOWS
from shared.room import Room, Surroundings


def build(around: Surroundings) -> Room:
    """Wire the room: one sequencer for all upstreams, and the fold behind it."""
    store = around.open_store("reporting", (*log.SCHEMA, *ledger_table.SCHEMA))
    projector = Projector(store)
    hears = [
        Consumer(store, name, SequencerAndFold(name, projector), checkpoint=around.checkpoint)
        for name in FOLLOWS["reporting"]
    ]
    return Room(
        store,
        hears,
        router(Reporting(store, around.vault, around.officers)),
        chores=(projector.run,),
        model=ledger_table.MODEL,
        ends=log.ends,
        also_follows=(projector,),
        checkpoint=around.checkpoint,
    )
