"""Deadlines' composition: what it hears, and the wired room.

The rooms are heard in any order relative to each other: what comes before its registration waits.
"""

from functools import partial

from services.deadlines import agenda, application, periods, scheduler
from services.deadlines.api import router
from services.deadlines.application import Delays
from services.deadlines.tables import MODEL
from shared.acts.deed import HEARD_FROM
from shared.contracts.catalogue import Fact
from shared.contracts.envelope import Recorded
from shared.contracts.routing import PackAdopted, PackWithdrawn
from shared.copies import calendars, units
from shared.messaging.consumer import Consumer
from shared.messaging.renewal import Renewal
from shared.messaging.streams import FOLLOWS
from shared.messaging.taking import Reaction, Reactions
from shared.room import Room, Surroundings
from shared.store.transaction import Transaction


def when_something_is_said(tx: Transaction, event: Recorded, _: Fact) -> None:
    """The rules look at the matter again, and at the days of the unit."""
    MODEL.note(tx.sql, [event])
    application.hear(tx, event)
    periods.hear(tx, event)


def when_rules_bind_others(tx: Transaction, event: Recorded, _: Fact) -> None:
    """A unit takes part, or adopts or gives up a pack; no docket is another for it."""
    MODEL.note(tx.sql, [event])


def when_the_calendar_changes(tx: Transaction, event: Recorded, _: Fact) -> None:
    """What runs moves with it; the scheduler sees to that, so many dockets at a time."""
    MODEL.note(tx.sql, [event])
    agenda.lay_out_again(tx.sql)
    agenda.look_again(tx.sql, event.envelope.recorded_at)


_COUNTY: dict[type[Fact], Reaction] = {
    **dict.fromkeys((*units.MODEL.facts, PackAdopted, PackWithdrawn), when_rules_bind_others),
    **dict.fromkeys(calendars.MODEL.facts, when_the_calendar_changes),
}

HEARS: dict[str, Reactions] = {
    upstream: Reactions(dict.fromkeys(HEARD_FROM[upstream], when_something_is_said) | _COUNTY)
    for upstream in FOLLOWS["deadlines"]
}
"""How the room reacts to each of those it follows: to everything that rules know as an act."""


def build(around: Surroundings) -> Room:
    """Wire the room."""
    store = around.open_store("deadlines", agenda.WORK)
    renewal = Renewal(store, MODEL, periods.resume)
    hears = [
        Consumer(store, upstream, reactions, renewal=renewal, checkpoint=around.checkpoint)
        for upstream, reactions in HEARS.items()
    ]
    door = renewal.guarding(router(Delays(store, around.vault)))
    chores = [partial(scheduler.run, store, around.clock)]
    return Room(store, hears, door, chores, MODEL, renewal, checkpoint=around.checkpoint)
