"""What becomes of a matter's docket: what was heard, the rules' outlook on it, and what follows."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from uuid import UUID

from services.deadlines.docket import Concluded, docket_of, observe, own_deeds, reconcile
from services.deadlines.tables import MODEL, heard_acts
from shared.acts.deed import deed_of, why_ended
from shared.calendar.working import Calendar, state_council
from shared.contracts.deadlines import DutyMissed, DutySuperseded
from shared.contracts.envelope import Actor, Recorded
from shared.contracts.intake import IncidentRegistered, RegistrationCorrected
from shared.contracts.routing import CaseRepinned, StandingConflictFound
from shared.copies import matters
from shared.copies.calendars import calendar
from shared.copies.matters import Heard
from shared.copies.packs import pack_by_pin
from shared.policy.engine.deeds import Deed
from shared.policy.engine.outlook import acts_heard, counts_working_days, outlook
from shared.policy.language.pack import Pack
from shared.store.sql import Sql
from shared.store.transaction import By, Stream, Transaction

SYSTEM = Actor(officer="system", post="deadlines")
"""Nobody decides a verdict of this room: it is computed."""

REMADE = (IncidentRegistered, RegistrationCorrected, CaseRepinned, StandingConflictFound)
"""What makes another matter of it, whatever acts the rules ask for."""

LEADS_ON = (DutyMissed, DutySuperseded)
"""Verdicts that rules wait for: whoever is late is urged, unless it turns out otherwise."""


def hear(tx: Transaction, event: Recorded) -> None:
    """Bring a matter's docket into line with what was said, where its rules ask for that."""
    if not _concerns(heard_acts(tx.sql), event):
        return
    incident = event.envelope.correlation
    heard = matters.matter(tx.sql, incident)
    if heard is None:
        return  # its registration has not arrived
    pack = pack_by_pin(tx.sql, heard.pin)
    if _concerns(acts_heard(pack), event):
        follow(tx, incident, heard, pack, event)


def look_at_clock(tx: Transaction, incident: UUID, now: datetime) -> int:
    """Look at the clock for one matter; returns how many of its duties were missed.

    What follows on a miss counts from the limit that passed, and may have been missed since, too.
    """
    heard, count = matters.matter(tx.sql, incident), 0
    if heard is None:
        return 0
    pack = pack_by_pin(tx.sql, heard.pin)
    matter, by = _docket(heard, incident, pack), By(SYSTEM, tx.now, None, heard.standing)
    while missed := say(tx, matter, by, observe(docket_of(tx.load(incident)), now)):
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
    cause, known_at = (event.envelope.id, event.envelope.recorded_at) if event else (None, tx.now)
    matter, by = _docket(heard, incident, pack), By(SYSTEM, tx.now, cause, heard.standing)
    history, done = tx.load(incident), _done(tx.sql, incident, heard, pack)
    days = _days(tx.sql, pack)
    while True:
        found = outlook(pack, days, heard.subject, [*done, *own_deeds(history)])
        docket = docket_of(history)
        facts = reconcile(docket, found, known_at, heard.standing, pack.rules)
        new = say(tx, matter, by, facts)
        if not any(isinstance(event.fact, LEADS_ON) for event in new):
            return
        history += new


def say(tx: Transaction, matter: Stream, by: By, facts: Iterable[Concluded]) -> list[Recorded]:
    """Append what was concluded of a docket, each with the event that it rests on."""
    events: list[Recorded] = []
    for cause, same in groupby(facts, attrgetter("cause")):
        told = replace(by, cause=cause or by.cause)
        events += tx.append(matter, [each.fact for each in same], told).events
    MODEL.note(tx.sql, events)
    return events


def _concerns(acts: Collection[str], event: Recorded) -> bool:
    """Whether duties can be other ones after an event, of packs that hear those acts."""
    if isinstance(event.fact, REMADE):
        return True
    deed = deed_of(event)
    return why_ended(event) is not None or (deed is not None and deed.act in acts)


def _done(sql: Sql, incident: UUID, heard: Heard, pack: Pack) -> list[Deed]:
    """What other rooms say was done; what was declared for the unit only if a rule asks for it."""
    done = matters.deeds(sql, incident)
    if "declare" in acts_heard(pack):
        done += matters.declared(sql, heard.subject.unit)
    return done


def _days(sql: Sql, pack: Pack) -> Calendar:
    """The working days as known here, if a duty counts them."""
    return calendar(sql) if counts_working_days(pack) else state_council()


def _docket(heard: Heard, incident: UUID, pack: Pack) -> Stream:
    """What the docket's events belong to: they are under its pack, and stand as its matter does."""
    return Stream("docket", incident, heard.subject.unit, incident, pack.pin)
