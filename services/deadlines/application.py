"""What becomes of a docket: what was heard, the rules' outlook on it, and what that leads to."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from uuid import UUID

from services.deadlines import policies
from services.deadlines.commands import NoteDue
from services.deadlines.docket import DOCKET, Docket
from services.deadlines.policies import Told, concerns
from services.deadlines.tables import MODEL
from shared import matters
from shared.calendar.published import state_council
from shared.contracts.deadlines import DutyMissed
from shared.contracts.envelope import Actor, Recorded, Standing
from shared.matters import Heard
from shared.packs import pack_by_pin
from shared.policy.outlook import acts_heard, outlook
from shared.policy.pack import Pack
from shared.policy.recorded import deed_of
from shared.store.events import By, Matter
from shared.store.transaction import Transaction

SYSTEM = Actor(officer="system", post="deadlines")
"""Nobody decides a verdict of this room: it is computed."""


@dataclass(frozen=True, slots=True)
class About:
    """What events of a docket belong to, and whether they are live or imported."""

    matter: Matter
    standing: Standing


def hear(tx: Transaction, event: Recorded) -> None:
    """Keep what is said of a matter, and bring its docket into line where rules ask for it."""
    MODEL.note(tx.sql, [event])
    incident = event.envelope.correlation
    heard = matters.matter(tx.sql, incident)
    if heard is None:
        return  # its registration has not arrived
    pack = pack_by_pin(tx.sql, heard.pin)
    if concerns(pack, event):
        follow(tx, incident, heard, pack, event.envelope.id)


def observe(tx: Transaction, incident: UUID, now: datetime) -> int:
    """Look at the clock for one matter; returns how many of its duties were missed."""
    heard = matters.matter(tx.sql, incident)
    if heard is None:
        return 0
    pack = pack_by_pin(tx.sql, heard.pin)
    docket = DOCKET.fold(tx.load(incident))
    missed = _tell(tx, _about(heard, incident, pack), docket, [Told(NoteDue(now))], None)
    if missed and "missed" in acts_heard(pack):
        follow(tx, incident, heard, pack, None)
    return len(missed)


def follow(tx: Transaction, incident: UUID, heard: Heard, pack: Pack, cause: UUID | None) -> None:
    """Bring a matter's docket into line with what the rules make of what is on record.

    What that leads to can itself be what a rule waits for (a missed duty), so it is looked at
    again until nothing more follows.
    """
    about, history = _about(heard, incident, pack), tx.load(incident)
    done, days = (
        [*matters.deeds(tx.sql, incident), *matters.declared(tx.sql, heard.subject.unit)],
        state_council(),
    )
    while True:
        own = [deed for event in history if (deed := deed_of(event))]
        found = outlook(pack, days, heard.subject, [*done, *own])
        docket = DOCKET.fold(history)
        new = _tell(tx, about, docket, policies.follow(docket, found), cause)
        if not any(isinstance(event.fact, DutyMissed) for event in new):
            return
        history += new


def _tell(
    tx: Transaction, about: About, docket: Docket, told: Iterable[Told], cause: UUID | None
) -> list[Recorded]:
    """Decide commands one after another on a docket, and append what they lead to."""
    events: list[Recorded] = []
    for each in told:
        facts = DOCKET.decide(docket, each.command)
        by = By(SYSTEM, tx.now, each.cause or cause, about.standing)
        appended = tx.append(about.matter, facts, by)
        docket = reduce(DOCKET.evolve, appended.events, docket)
        events += appended.events
    MODEL.note(tx.sql, events)
    return events


def _about(heard: Heard, incident: UUID, pack: Pack) -> About:
    """What the docket's events belong to: they are under its pack, and stand as its matter does."""
    unit = heard.subject.unit
    return About(Matter("docket", incident, unit, incident, pack.pin), heard.standing)
