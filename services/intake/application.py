"""Intake takes acts on matters, and what units do in their days; the only user of its store."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from services.intake import tables
from services.intake.incident import DAY, INCIDENT, Incident
from services.intake.rules import RULES
from shared.acts.body import (
    LinkBody,
    NoteBody,
    Order,
    RegisterBody,
    ShiftBody,
    SummariseBody,
    VoidBody,
)
from shared.acts.check import CATEGORY, Record
from shared.acts.competence import Involved, check_competent
from shared.acts.decide import fact_of
from shared.acts.deed import Circumstances, as_deed, deed_of
from shared.acts.take import Asked, Subject, Taker, unit_day
from shared.acts.vocabulary import Act
from shared.calendar.days import day_of, start_of
from shared.clock import SHANGHAI, shown, to_micros
from shared.contracts.catalogue import Judged
from shared.contracts.intake import SummaryMade
from shared.contracts.sealed import Sealed
from shared.copies import matters
from shared.copies.packs import pack_by_pin, pin_in_force
from shared.copies.units import check_within, known_unit
from shared.identity.officer import Officer
from shared.policy.engine.deeds import WORSENING, Deed, Matter, in_order
from shared.policy.engine.periods import tells_of_the_day_before
from shared.policy.language.pack import Pack
from shared.policy.language.rules import Gate
from shared.room import key_id
from shared.store.requests import Request
from shared.store.sql import Sql
from shared.store.transaction import Stream, Transaction


class Intake(Taker[Incident]):
    """What was heard. Matters are named by number or id, units by their code."""

    rules, model = RULES, tables.MODEL

    async def check_unit(self, unit: str, officer: Officer) -> None:
        """Raises Invalid ``unit.unknown`` or Refused ``unit.not-yours``."""

        def ask(sql: Sql) -> None:
            known_unit(sql, unit)
            check_within(sql, unit, officer.unit)

        await self.store.read(ask)

    async def position(self) -> int:
        """The position of the last event."""
        return await asyncio.to_thread(self.store.position)

    async def prepare(
        self, act: Act, name: str, body: Order, officer: Officer, request: Request | None
    ) -> dict[str, Any]:
        """A new matter gets its id and its keys."""
        if not isinstance(body, RegisterBody):
            return await super().prepare(act, name, body, officer, request)
        incident = uuid4()
        subjects = ("matter", "contact") if body.contact else ("matter",)
        await self.provide(*(key_id(incident, subject) for subject in subjects))
        return {"incident": incident}

    def subject(self, tx: Transaction, asked: Asked) -> Subject[Incident]:
        if isinstance(asked.body, RegisterBody):
            return _new(tx, asked, asked.body)
        return _of_day(tx, asked) if asked.act.on == "unit" else _of_matter(tx, asked)

    def made(self, tx: Transaction, subject: Subject[Incident], asked: Asked) -> dict[str, Any]:
        match asked.body:
            case RegisterBody() as body:
                return {"number": subject.number, **registration(body, tx.now)}
            case LinkBody(to=to):
                target, knew = matters.find(tx.sql, to), _knew(tx.sql, subject.stream.id)
                return {"to": target.id, "to_number": target.number, "knew": knew}
            case VoidBody():
                return {"knew": _knew(tx.sql, subject.stream.id)}
            case NoteBody() as body:
                return {"worse": body.worse or body.kind == WORSENING}
            case SummariseBody() as body:
                return {"items": _items(tx, subject, asked, body)}
            case _:
                return {}


def registration(body: RegisterBody, now: datetime) -> dict[str, Any]:
    """What of a registration its body does not say so; of several categories the first."""
    sets: Judged = {axis: tuple(values) for axis, values in body.sets.items()}
    categories = sets.pop(CATEGORY, (body.category,))
    if len(categories) > 1:
        sets[CATEGORY] = categories
    return {
        "category": categories[0] if categories else "",
        "sets": sets,
        "title": Sealed.of(body.title.strip(), subject="matter"),
        "body": Sealed.of(body.body, subject="matter") if body.body else None,
        "contact": Sealed.of(body.contact, subject="contact") if body.contact else None,
        "discovered_at": body.discovered_at or now,
        "message_id": None,
    }


def as_registered(body: RegisterBody, unit: str, now: datetime) -> Matter:
    """What rules ask of a matter that is to be registered for a unit."""
    category: Judged = {CATEGORY: (body.category,)} if body.category else {}
    sets = category | {axis: tuple(values) for axis, values in body.sets.items()}
    return Matter(unit, now, now, kind=body.matter, channel=body.channel, sets=sets)


def _new(tx: Transaction, asked: Asked, body: RegisterBody) -> Subject[Incident]:
    """A matter that is not there yet, under the rules in force for its unit."""
    unit = known_unit(tx.sql, body.unit or asked.officer.unit).code
    check_within(tx.sql, unit, asked.officer.unit)
    pin, incident = pin_in_force(tx.sql, unit), asked.ready["incident"]
    about = as_registered(body, unit, tx.now)
    record = Record(pack_by_pin(tx.sql, pin), about, matters.declared(tx.sql, unit))
    year = tx.now.astimezone(SHANGHAI).year
    number = tables.next_numbers(tx.sql, tx.source.node, year).next
    stream = Stream("incident", incident, unit, incident, pin)
    return Subject(stream, number, INCIDENT.initial, record, _said(body))


def _of_matter(tx: Transaction, asked: Asked) -> Subject[Incident]:
    """A matter as it is on record here: its own events, and what routing said was done about it."""
    entry = matters.find(tx.sql, asked.name)
    handled = in_order(matters.deeds(tx.sql, entry.id))
    involved = _involved(entry.unit, handled)
    check_competent(tx.sql, involved.competent(asked.act.who), asked.officer)
    unit = entry.unit if asked.act.who == "registrar" else _speaking(involved, asked.officer)
    events = tx.load(entry.id)
    state = INCIDENT.fold(events)
    state = replace(state, standing=entry.standing, answered=entry.answered)
    if isinstance(asked.body, LinkBody):
        target = matters.find(tx.sql, asked.body.to)
        state = replace(state, target_open=target.standing == "open")
    # Under the rules of its registration, until it was put under others.
    pin = matters.pin_of(tx.sql, entry.id) or events[0].envelope.policy
    own = [deed for event in events if (deed := deed_of(event))]
    deeds = [*own, *handled, *matters.declared(tx.sql, entry.unit)]
    assert state.subject is not None  # it was found by what its registration says
    record = Record(pack_by_pin(tx.sql, pin), state.subject, deeds)
    stream = Stream("incident", entry.id, unit, entry.id, pin)
    known = _known(known_unit(tx.sql, unit).name, asked.body)
    return Subject(stream, entry.number, state, record, known)


def _involved(unit: str, handled: Sequence[Deed]) -> Involved:
    """The units that take part: the lead and those with it, if assigned, and who registered."""
    assigned = [deed.units for deed in handled if deed.act == "assign"]
    lead, *co_handling = assigned[-1] if assigned else (None,)
    return Involved(unit, lead, tuple(co_handling))


def _of_day(tx: Transaction, asked: Asked) -> Subject[Incident]:
    """A unit's own day.

    Of the past only that is looked up which gates on the act ask for: a unit does more in its days
    than anybody wants to read each time.
    """
    unit = known_unit(tx.sql, asked.name)
    check_within(tx.sql, unit.code, asked.officer.unit)
    pin, act = pin_in_force(tx.sql, unit.code), asked.act.name
    pack = pack_by_pin(tx.sql, pin)
    past = tables.done(tx.sql, unit.code, asked_for(pack, act))
    same = tables.done_at(tx.sql, unit.code, act, asked.at)
    deeds = [*matters.declared(tx.sql, unit.code), *past, *same]
    stream, record = unit_day(tx, unit.code, pin, deeds)
    return Subject(stream, unit.code, DAY, record, _known(unit.name, asked.body))


def asked_for(pack: Pack, act: str) -> frozenset[str]:
    """The acts that gates on an act wait for: what has to be known of the past to judge it."""
    return frozenset(
        pattern.act
        for gate in pack.of(Gate).values()
        if gate.needs is not None and any(refused.act == act for refused in gate.refuse)
        for pattern in gate.needs.patterns()
    )


def _knew(sql: Sql, incident: UUID) -> tuple[UUID, ...]:
    """The publications and closings of a matter that were heard of."""
    done = in_order(matters.deeds(sql, incident))
    return tuple(deed.id for deed in done if deed.act in ("publish", "close"))


def _speaking(involved: Involved, officer: Officer) -> str:
    """The unit that an officer acts for: their own where it takes part, else who has it in hand."""
    return officer.unit if officer.unit in involved.parties else involved.concerned


def _items(
    tx: Transaction, subject: Subject[Incident], asked: Asked, body: SummariseBody
) -> tuple[UUID, ...]:
    """The matters that a summary tells of; raises Unknown ``incident.unknown``.

    Without any named it tells of what the unit registered since its last summary of that kind, or
    on that day if there was none before. A daily report on the day before tells of that day, or of
    the one that it names.
    """
    if body.items is not None:
        return tuple(dict.fromkeys(matters.find(tx.sql, name).id for name in body.items))
    unit, at = subject.stream.unit, asked.at
    came = Circumstances(subject.stream.id, at, tx.now, asked.officer.post, unit)
    deed = as_deed(fact_of(SummaryMade, body, {"items": ()}), came)
    assert deed is not None
    if tells_of_the_day_before(subject.record.pack, deed):
        midnight = _day_told_of(deed)
        ends = midnight + timedelta(days=1, microseconds=-1)
        return tables.registered(tx.sql, unit, to_micros(midnight) - 1, ends)
    last = tables.last_summary(tx.sql, unit, deed.kind, at)
    since = to_micros(start_of(day_of(at))) - 1 if last is None else last
    return tables.registered(tx.sql, unit, since, at)


def _day_told_of(deed: Deed) -> datetime:
    """When the day begins that a report names, or else the day before it."""
    try:
        return start_of(date.fromisoformat(deed.period or ""))
    except ValueError:
        return start_of(day_of(deed.at)) - timedelta(days=1)


def _known(unit: str, body: Order) -> dict[str, str]:
    """The fields of a form that an act says anyway, by their usual keys."""
    known = {"unit": unit}
    if isinstance(body, ShiftBody):
        known["period"] = f"{shown(body.begins)} 至 {shown(body.ends)}"
    return known


def _said(body: RegisterBody) -> dict[str, str]:
    """What a registration says that a form may ask for."""
    said = {key: getattr(body, key) for key in ("title", "body", "link", "channel", "category")}
    return {key: text for key, text in (said | {"url": body.link}).items() if text}
