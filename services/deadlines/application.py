"""What becomes of a docket: what was heard, the rules' outlook on it, and what that leads to."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from uuid import UUID

from services.deadlines import policies
from services.deadlines.commands import NoteDue
from services.deadlines.docket import DOCKET, Docket, decide
from services.deadlines.policies import Told, concerns
from services.deadlines.tables import MODEL, heard_acts
from shared.acts.deed import deed_of
from shared.calendar.published import state_council
from shared.calendar.working import Calendar
from shared.contracts.deadlines import (
    DutyCancelled,
    DutyMissed,
    DutySuperseded,
    LateRecordSettled,
)
from shared.contracts.envelope import Actor, Recorded, Standing
from shared.copies import matters
from shared.copies.calendars import calendar
from shared.copies.matters import Heard
from shared.copies.packs import pack_by_pin
from shared.policy.engine.deeds import Deed
from shared.policy.engine.outlook import acts_heard, counts_working_days, outlook
from shared.policy.language.pack import Pack
from shared.store.events import By, Matter
from shared.store.sql import Sql
from shared.store.transaction import Transaction

SYSTEM = Actor(officer="system", post="deadlines")
"""Nobody decides a verdict of this room: it is computed."""


LEADS_ON = (DutyMissed, DutySuperseded)
"""Verdicts that rules wait for: whoever is late is urged, unless it turns out otherwise."""


@dataclass(frozen=True, slots=True)
class About:
    """What events of a docket belong to, and whether they are live or imported."""

    matter: Matter
    standing: Standing


def hear(tx: Transaction, event: Recorded) -> None:
    """Keep what is said of a matter, and bring its docket into line where rules ask for it."""
    MODEL.note(tx.sql, [event])
    if not concerns(heard_acts(tx.sql), event):
        return
    incident = event.envelope.correlation
    heard = matters.matter(tx.sql, incident)
    if heard is None:
        return  # its registration has not arrived
    pack = pack_by_pin(tx.sql, heard.pin)
    if concerns(acts_heard(pack), event):
        follow(tx, incident, heard, pack, event)


def observe(tx: Transaction, incident: UUID, now: datetime) -> int:
    """Look at the clock for one matter; returns how many of its duties were missed.

    What follows on a miss counts from the limit that passed, and may have been missed since, too.
    """
    heard, count = matters.matter(tx.sql, incident), 0
    if heard is None:
        return 0
    pack = pack_by_pin(tx.sql, heard.pin)
    about = _about(heard, incident, pack)
    while missed := tell(tx, about, DOCKET.fold(tx.load(incident)), [Told(NoteDue(now))], None):
        count += len(missed)
        if "missed" not in acts_heard(pack):
            break
        follow(tx, incident, heard, pack, None)
    return count


def look_again(tx: Transaction, incident: UUID) -> None:
    """Bring a matter's docket into line where something it rests on has become another."""
    heard = matters.matter(tx.sql, incident)
    if heard is not None:
        follow(tx, incident, heard, pack_by_pin(tx.sql, heard.pin), None)


def follow(
    tx: Transaction, incident: UUID, heard: Heard, pack: Pack, event: Recorded | None
) -> None:
    """Bring a matter's docket into line with what the rules make of what is on record.

    What that leads to can itself be what a rule waits for (a missed duty, or one that was not
    missed after all), so it is looked at again until nothing more follows.
    """
    about, history = _about(heard, incident, pack), tx.load(incident)
    cause, known_at = (event.envelope.id, event.envelope.recorded_at) if event else (None, tx.now)
    done, days = _done(tx.sql, incident, heard, pack), _days(tx.sql, pack)
    while True:
        found = outlook(pack, days, heard.subject, [*done, *own_deeds(history)])
        docket = DOCKET.fold(history)
        new = tell(tx, about, docket, policies.follow(docket, pack, found, known_at), cause)
        if not any(isinstance(event.fact, LEADS_ON) for event in new):
            return
        history += new


def own_deeds(history: Sequence[Recorded]) -> list[Deed]:
    """What this room itself put on record of a matter, as rules see it.

    A miss is none any more once it was superseded, settled as in time or cancelled.
    """
    undone = {
        event.fact.duty
        for event in history
        if isinstance(event.fact, DutySuperseded | DutyCancelled)
        or (isinstance(event.fact, LateRecordSettled) and event.fact.in_time)
    }
    return [
        deed
        for event in history
        if (deed := deed_of(event))
        and not (isinstance(event.fact, DutyMissed) and event.fact.duty in undone)
    ]


def tell(
    tx: Transaction, about: About, docket: Docket, told: Iterable[Told], cause: UUID | None
) -> list[Recorded]:
    """Decide commands one after another on a docket, and append what they lead to."""
    events: list[Recorded] = []
    for each in told:
        facts = decide(docket, each.command)
        by = By(SYSTEM, tx.now, each.cause or cause, about.standing)
        appended = tx.append(about.matter, facts, by)
        docket = reduce(DOCKET.evolve, appended.events, docket)
        events += appended.events
    MODEL.note(tx.sql, events)
    return events


def _done(sql: Sql, incident: UUID, heard: Heard, pack: Pack) -> list[Deed]:
    """What other rooms say was done; what was declared for the unit only if a rule asks for it."""
    done = matters.deeds(sql, incident)
    if "declare" in acts_heard(pack):
        done += matters.declared(sql, heard.subject.unit)
    return done


def _days(sql: Sql, pack: Pack) -> Calendar:
    """The working days as known here, if a duty counts them."""
    return calendar(sql) if counts_working_days(pack) else state_council()


def _about(heard: Heard, incident: UUID, pack: Pack) -> About:
    """What the docket's events belong to: they are under its pack, and stand as its matter does."""
    unit = heard.subject.unit
    return About(Matter("docket", incident, unit, incident, pack.pin), heard.standing)
