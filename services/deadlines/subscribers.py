"""What deadlines hears from the other rooms: everything that rules know as an act.

The rooms are heard in any order relative to each other: what comes before its registration waits.
"""

from services.deadlines import agenda, application, periods
from services.deadlines.tables import MODEL
from shared.acts.deed import HEARD_FROM
from shared.contracts.catalogue import Fact
from shared.contracts.envelope import Recorded
from shared.contracts.routing import PackAdopted, PackWithdrawn, UnitEstablished
from shared.copies import calendars
from shared.messaging.reactions import Reaction, Reactions
from shared.messaging.topology import FOLLOWS
from shared.store.transaction import Transaction


def when_something_is_said(tx: Transaction, event: Recorded, _: Fact) -> None:
    """The rules look at the matter again."""
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
    **dict.fromkeys((UnitEstablished, PackAdopted, PackWithdrawn), when_rules_bind_others),
    **dict.fromkeys(calendars.MODEL.facts, when_the_calendar_changes),
}

HEARS: dict[str, Reactions] = {
    upstream: Reactions(dict.fromkeys(HEARD_FROM[upstream], when_something_is_said) | _COUNTY)
    for upstream in FOLLOWS["deadlines"]
}
"""How the room reacts to each of those it follows."""
