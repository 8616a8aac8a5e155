"""What becomes of a docket: load, decide, append, and carry on into the table of duties."""

from datetime import datetime
from uuid import UUID

from services.deadlines import policies, tables
from services.deadlines.commands import DocketCommand, NoteDue
from services.deadlines.docket import DOCKET
from services.deadlines.tables import MODEL
from shared.contracts.envelope import Actor, Recorded
from shared.contracts.intake import IncidentRegistered
from shared.policy import Pack
from shared.store.events import By, Matter
from shared.store.transaction import Transaction

SYSTEM = Actor(officer="system", post="deadlines")
"""Nobody decides a verdict of this room: it is computed."""


def begin(tx: Transaction, pack: Pack, event: Recorded, fact: IncidentRegistered) -> None:
    """Open an incident's docket under the pack, once, and catch up on news that came before."""
    told = event.envelope
    known = tables.is_registered(tx.sql, told.correlation)
    MODEL.note(tx.sql, [event])
    if known:
        return
    matter = Matter("docket", told.correlation, told.unit, told.correlation, pack.pin)
    by = By(SYSTEM, tx.now, told.id, told.standing)
    for command in policies.when_registered(pack, fact, told.recorded_at):
        appended = DOCKET.handle(tx, matter, command, by)
        MODEL.note(tx.sql, appended.events)
    for early in tables.take_early(tx.sql, matter.id):
        hear(tx, early)


def hear(tx: Transaction, event: Recorded) -> None:
    """Take what is said of an incident, or keep it until its registration has arrived."""
    incident = event.envelope.correlation
    if not tables.is_registered(tx.sql, incident):
        tables.keep_early(tx.sql, event)
        return
    for command in policies.what_follows(event):
        _note(tx, incident, command, event.envelope.id)


def observe(tx: Transaction, incident: UUID, now: datetime) -> int:
    """Look at the clock for one incident; returns how many of its duties were missed."""
    return _note(tx, incident, NoteDue(now), cause=None)


def _note(tx: Transaction, incident: UUID, command: DocketCommand, cause: UUID | None) -> int:
    """Returns how many events it led to.

    They stay under the rules that the docket was opened with, and stand as it does.
    """
    history = tx.load(incident)
    if not history:
        return 0  # the pack had no duty for it
    opened = history[0].envelope
    matter = Matter(opened.kind, incident, opened.unit, incident, opened.policy)
    facts = DOCKET.decide(DOCKET.fold(history), command)
    appended = tx.append(matter, facts, By(SYSTEM, tx.now, cause, opened.standing))
    MODEL.note(tx.sql, appended.events)
    return len(appended.events)
