"""What deadlines hears from the other rooms: everything that rules know as an act.

The rooms are heard in any order relative to each other: what comes before its registration waits.
"""

from services.deadlines import agenda, application, periods
from services.deadlines.tables import MODEL
from shared.calendars import FACTS as CALENDAR_FACTS
from shared.contracts.catalogue import Fact
from shared.contracts.envelope import Recorded
from shared.contracts.routing import PackAdopted, PackWithdrawn, UnitEstablished
from shared.messaging.reactions import Reaction, Reactions
from shared.packs import pack_by_pin
from shared.policy.recorded import HEARD_FROM
from shared.store.transaction import Transaction


def when_something_is_said(tx: Transaction, event: Recorded, _: Fact) -> None:
    """The rules look at the matter again."""
    application.hear(tx, event)
    periods.hear(tx, event)


def when_a_unit_takes_part(tx: Transaction, event: Recorded, fact: UnitEstablished) -> None:
    """It comes under what units above it have adopted for each of those under them."""
    MODEL.note(tx.sql, [event])
    for adopter, pin in agenda.adopters_above(tx.sql, fact.code):
        agenda.bind(tx.sql, adopter, pack_by_pin(tx.sql, pin), event.envelope.recorded_at)


def when_a_pack_is_adopted(tx: Transaction, event: Recorded, fact: PackAdopted) -> None:
    """Its schedules and shifts bind the unit from now on; no docket is another for it."""
    MODEL.note(tx.sql, [event])
    pack = pack_by_pin(tx.sql, fact.pin)
    agenda.bind(tx.sql, fact.unit, pack, event.envelope.recorded_at)


def when_a_pack_is_withdrawn(tx: Transaction, event: Recorded, fact: PackWithdrawn) -> None:
    """No period opens under it any more."""
    MODEL.note(tx.sql, [event])
    agenda.release(tx.sql, fact.unit, event.envelope.recorded_at)


def when_the_calendar_changes(tx: Transaction, event: Recorded, _: Fact) -> None:
    """What runs moves with it; the scheduler sees to that, so many dockets at a time."""
    MODEL.note(tx.sql, [event])
    agenda.lay_out_again(tx.sql)
    agenda.look_again(tx.sql, event.envelope.recorded_at)


_COUNTY: dict[type[Fact], Reaction] = {
    UnitEstablished: when_a_unit_takes_part,
    PackAdopted: when_a_pack_is_adopted,
    PackWithdrawn: when_a_pack_is_withdrawn,
    **dict.fromkeys(CALENDAR_FACTS, when_the_calendar_changes),
}

FROM_INTAKE = Reactions(dict.fromkeys(HEARD_FROM["intake"], when_something_is_said))
FROM_ROUTING = Reactions(dict.fromkeys(HEARD_FROM["routing"], when_something_is_said) | _COUNTY)
