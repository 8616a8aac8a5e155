"""What an act is judged by, gathered from what this room keeps: the rules, the matter, the past."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID, uuid4

from services.intake import tables
from services.intake.commands import Asked, Heard, IncidentCommand
from services.intake.incident import INCIDENT
from services.intake.ruling import asked_for
from shared.acts.check import Record, Told
from shared.acts.deed import deed_of
from shared.aggregate import answer
from shared.contracts.envelope import Recorded
from shared.copies import incidents, matters
from shared.copies.incidents import KnownIncident
from shared.copies.packs import pack_by_pin, pin_in_force
from shared.copies.units import check_within, is_within, unit_id
from shared.identity.officers import Officer
from shared.policy.engine.deeds import Deed, in_order
from shared.policy.engine.outlook import Matter as Subject
from shared.store.events import By, Matter
from shared.store.requests import Answer, Request
from shared.store.sql import Sql
from shared.store.transaction import Transaction

NOTHING = Told()
"""An act of which nothing in the words of the pack is said."""


@dataclass(frozen=True, slots=True)
class Said:
    """Who says so, when it happened as claimed (else now), and under which request."""

    officer: Officer
    occurred_at: datetime | None = None
    request: Request | None = None

    def by(self, tx: Transaction) -> By:
        """Whose act that is, and when it was."""
        return By(self.officer.actor, self.occurred_at or tx.now)


@dataclass(frozen=True)
class Filed:
    """A matter as it is on record here: its own events, and what routing said was done about it."""

    tx: Transaction
    entry: KnownIncident

    @cached_property
    def events(self) -> Sequence[Recorded]:
        return self.tx.load(self.entry.id)

    @cached_property
    def pin(self) -> str | None:
        """The rules it is under: those of its registration, until it was put under others."""
        repinned = matters.repinned(self.tx.sql, self.entry.id)
        return repinned or self.events[0].envelope.policy

    @cached_property
    def handled(self) -> Sequence[Deed]:
        """What was done about it elsewhere, in order."""
        return in_order(matters.deeds(self.tx.sql, self.entry.id))

    @property
    def involved(self) -> tuple[str, ...]:
        """The units that take part: the lead and those with it, if assigned, and who registered."""
        assigned = [deed.units for deed in self.handled if deed.act == "assign"]
        return (*(assigned[-1] if assigned else ()), self.entry.unit)

    @property
    def record(self) -> Record:
        sql, subject = self.tx.sql, INCIDENT.fold(self.events).subject
        assert subject is not None  # it was found by what its registration says
        own = [deed for event in self.events if (deed := deed_of(event))]
        declared = matters.declared(sql, self.entry.unit)
        return Record(pack_by_pin(sql, self.pin), subject, [*own, *self.handled, *declared])

    def acting_unit(self, officer: Officer) -> str:
        """The unit that an officer acts for: their own where it takes part, else the first that
        does; raises Refused ``unit.not-yours`` unless theirs covers one.
        """
        if officer.unit in self.involved:
            return officer.unit
        if not any(is_within(self.tx.sql, unit, officer.unit) for unit in self.involved):
            check_within(self.tx.sql, self.entry.unit, officer.unit)
        return self.involved[0]

    def asked(
        self,
        by: By,
        act: str,
        told: Told = NOTHING,
        unit: str | None = None,
        known: Mapping[str, str] | None = None,
        **deed: Any,
    ) -> Asked:
        """An act on it, with what it is judged by."""
        deed = {"unit": unit or self.entry.unit, **deed}
        attempted = attempt(self.tx, by, act, told, **deed)
        return Asked(self.record, attempted, self.tx.now, told, known or {})

    def act(self, command: IncidentCommand, by: By, unit: str | None = None) -> Answer:
        """Decide a command on it under its rules, and keep what that says."""
        entry = self.entry
        matter = Matter("incident", entry.id, unit or entry.unit, entry.id, self.pin)
        facts = INCIDENT.decide(INCIDENT.fold(self.events), command)
        appended = self.tx.append(matter, facts, by)
        tables.MODEL.note(self.tx.sql, appended.events)
        return answer(self.tx, appended, matter, entry.number)


def attempt(tx: Transaction, by: By, act: str, told: Told, **deed: Any) -> Deed:
    """The act as rules will see it once it is recorded."""
    return Deed(
        id=uuid4(),
        act=act,
        at=by.occurred_at,
        recorded_at=tx.now,
        by=by.actor.post,
        kind=told.kind,
        to=told.to,
        medium=told.medium,
        of=told.of,
        **deed,
    )


def registering(
    tx: Transaction, unit: str, heard: Heard, by: By, told: Told
) -> tuple[Asked, str | None]:
    """A registration for a unit with what it is judged by, and the pin of the pack in force."""
    pin = pin_in_force(tx.sql, unit)
    subject = Subject(
        unit,
        registered=tx.now,
        recorded_at=tx.now,
        kind=heard.matter,
        channel=heard.channel,
        sets=heard.judged,
    )
    record = Record(pack_by_pin(tx.sql, pin), subject, matters.declared(tx.sql, unit))
    attempted = attempt(tx, by, "register", told, unit=unit, sets=heard.judged)
    return Asked(record, attempted, tx.now, told, _known(heard)), pin


def of_day(
    tx: Transaction,
    unit: str,
    by: By,
    act: str,
    told: Told,
    known: Mapping[str, str],
    **deed: Any,
) -> tuple[Asked, Matter]:
    """An act of a unit's day with what it is judged by, and what it belongs to.

    Rules speak to a unit as they do of incidents. Of the past only that is looked up which gates
    on the act ask for: a unit does more in its days than anybody wants to read each time.
    """
    pin, day = pin_in_force(tx.sql, unit), unit_id(unit)
    pack = pack_by_pin(tx.sql, pin)
    past = tables.done(tx.sql, unit, asked_for(pack, act))
    same = tables.done_at(tx.sql, unit, act, by.occurred_at)
    deeds = [*matters.declared(tx.sql, unit), *past, *same]
    record = Record(pack, Subject(unit, registered=tx.now, recorded_at=tx.now), deeds)
    attempted = attempt(tx, by, act, told, unit=unit, **deed)
    return Asked(record, attempted, tx.now, told, known), Matter("unit-day", day, unit, day, pin)


def ids_of(sql: Sql, names: Sequence[str]) -> tuple[UUID, ...]:
    """The incidents with those numbers or ids; raises Unknown ``incident.unknown``."""
    return tuple(dict.fromkeys(incidents.find(sql, name).id for name in names))


def _known(heard: Heard) -> dict[str, str]:
    """What a registration says that a form may ask for."""
    said = {
        "title": heard.title,
        "body": heard.body,
        "link": heard.link,
        "url": heard.link,
        "channel": heard.channel,
        "category": heard.category,
    }
    return {key: text for key, text in said.items() if text}
