"""What deadlines hears from the other rooms: everything that rules know as an act.

The rooms are heard in any order relative to each other: what comes before its registration waits.
"""

from services.deadlines import application
from services.deadlines.tables import MODEL
from shared.contracts.catalogue import Fact
from shared.contracts.envelope import Recorded
from shared.contracts.routing import UnitEstablished
from shared.messaging.reactions import Reactions
from shared.packs import FACTS as PACK_FACTS
from shared.policy.recorded import HEARD_FROM
from shared.store.transaction import Transaction


def when_something_is_said(tx: Transaction, event: Recorded, _: Fact) -> None:
    """The rules look at the matter again."""
    application.hear(tx, event)


def when_the_county_changes(tx: Transaction, event: Recorded, _: Fact) -> None:
    """A unit takes part, adopts a pack or gives one up; no docket is another for it."""
    MODEL.note(tx.sql, [event])


FROM_INTAKE = Reactions(dict.fromkeys(HEARD_FROM["intake"], when_something_is_said))
FROM_ROUTING = Reactions(
    dict.fromkeys(HEARD_FROM["routing"], when_something_is_said)
    | dict.fromkeys((UnitEstablished, *PACK_FACTS), when_the_county_changes)
)
