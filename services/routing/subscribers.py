"""What routing hears from intake: which matters there are, what was noted, and imported pasts."""

from datetime import datetime
from functools import partial

from services.routing import tables
from services.routing.application import act_on
from services.routing.case import CASE, OldReply, record_history, standing_conflict
from shared.acts.deed import HEARD_FROM
from shared.contracts.catalogue import Fact
from shared.contracts.envelope import Actor, Recorded, associated_data
from shared.contracts.intake import HistoryRecorded, IncidentLinked, IncidentVoided
from shared.contracts.routing import IncidentAssigned
from shared.copies import incidents
from shared.copies.units import known_unit
from shared.messaging.taking import Reactions
from shared.room import key_id
from shared.store.transaction import By, Transaction
from shared.vault.vault import Vault

SYSTEM = Actor(officer="system", post="routing")
"""Nobody decides that two rooms had heard too little of each other: it is found."""


def keep(tx: Transaction, event: Recorded, _: object) -> None:
    """Matters can be handled from now on, or no longer once linked or voided; deeds are kept."""
    tables.MODEL.note(tx.sql, [event])


def when_ended(tx: Transaction, event: Recorded, fact: IncidentVoided | IncidentLinked) -> None:
    """What was published or closed without intake's knowing stays, and the matter goes on."""
    keep(tx, event, fact)
    found = standing_conflict(tx.load(event.envelope.correlation), event.envelope.id, fact)
    if found is not None:
        entry = incidents.find(tx.sql, str(event.envelope.correlation))
        act_on(tx, entry, lambda _: [found], By(SYSTEM, tx.now, event.envelope.id))


def when_history_recorded(
    vault: Vault, tx: Transaction, event: Recorded, fact: HistoryRecorded
) -> None:
    """What the old message's file says becomes its case, each act at the time it names.

    Raises Invalid ``unit.unknown``: the event is then set aside until the unit is established.
    """
    name = str(event.envelope.correlation)
    case = CASE.fold(tx.load(event.envelope.correlation))
    unit, reply = _history(vault, tx, event, fact)
    for said in record_history(case, unit, reply, left_open=fact.left_open):
        by = By(event.envelope.actor, _moment(said, fact), event.envelope.id, "imported")
        appended = tx.append(tables.case_of(incidents.find(tx.sql, name)), [said], by)
        tables.MODEL.note(tx.sql, appended.events)


def from_intake(vault: Vault) -> Reactions:
    """Routing's reactions; the vault opens old replies, which are sealed again for the case."""
    return Reactions(
        {
            **dict.fromkeys(HEARD_FROM["intake"], keep),
            IncidentVoided: when_ended,
            IncidentLinked: when_ended,
            HistoryRecorded: partial(when_history_recorded, vault),
        }
    )


def _history(
    vault: Vault, tx: Transaction, event: Recorded, fact: HistoryRecorded
) -> tuple[str, OldReply | None]:
    """Who replied, and what."""
    unit = known_unit(tx.sql, fact.unit)
    if fact.reply is None:
        return unit.code, None
    text = vault.open(fact.reply, associated_data(event.raw, "reply"))
    content = vault.commitment(key_id(event.envelope.correlation, "reply"), text)
    return unit.code, OldReply(text, content, fact.named or unit.name)


def _moment(said: Fact, history: HistoryRecorded) -> datetime:
    if isinstance(said, IncidentAssigned):
        return history.posted_at
    return history.replied_at or history.posted_at
