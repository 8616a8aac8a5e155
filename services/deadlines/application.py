"""Deadlines: what becomes of a matter's docket, and what people do about delays."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any
from uuid import UUID

from services.deadlines import tables
from services.deadlines.delays import (
    RULES,
    Delay,
    judged,
    meant,
    missing_duty,
    to_settle,
    unknown_duty,
)
from services.deadlines.docket import (
    Concluded,
    docket_of,
    observe,
    own_deeds,
    period_id,
    reconcile,
)
from services.deadlines.tables import MODEL, heard_acts
from shared.acts.body import DelayBody, SettleBody
from shared.acts.check import Record
from shared.acts.competence import check_above, check_competent
from shared.acts.deed import deed_of, each_of, rule_of, why_ended
from shared.acts.take import Asked, Subject, Taker
from shared.calendar.working import Calendar, state_council
from shared.contracts.deadlines import DutyMissed, DutySuperseded
from shared.contracts.envelope import Actor, Recorded
from shared.contracts.intake import IncidentRegistered, RegistrationCorrected
from shared.contracts.routing import CaseRepinned, StandingConflictFound
from shared.copies import matters
from shared.copies.calendars import calendar
from shared.copies.matters import Heard
from shared.copies.packs import pack_by_pin
from shared.copies.units import check_within, known_unit, unit_id
from shared.errors import Refused
from shared.policy.engine.deeds import Deed, Matter
from shared.policy.engine.holding import ever_assigned
from shared.policy.engine.outlook import Outlook, acts_heard, counts_working_days, outlook
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


TO_A_UNIT = ("extend", "urge", "supervise", "circulate")
"""Acts that name the unit whose duty they are about."""


class Delays(Taker[Delay]):
    """What people do about delays, and their decisions."""

    rules, model = RULES, MODEL

    def subject(self, tx: Transaction, asked: Asked) -> Subject[Delay]:
        found = _of_period(tx, asked) if asked.act.on == "unit" else _of_matter(tx, asked)
        state = replace(found.state, outlook=_outlook(tx.sql, found.record, asked.act.name))
        if isinstance(asked.body, DelayBody):
            rule, duty = meant(state.docket, found.record.pack, asked.body)
            state = replace(state, rule=rule, duty=duty)
        if asked.act.who == "above":
            assert isinstance(asked.body, DelayBody | SettleBody)
            named = judged(state, found.record, asked.body)
            check_above(tx.sql, named, asked.officer)
        stream = replace(
            found.stream, unit=_speaking(found, asked, state.duty.id if state.duty else "")
        )
        return replace(found, stream=stream, state=state)

    def made(self, tx: Transaction, subject: Subject[Delay], asked: Asked) -> dict[str, Any]:
        """The rule it is about, and the unit whose duty that is."""
        del tx
        state, body = subject.state, asked.body
        if isinstance(body, SettleBody):
            return {"duty": to_settle(state.docket, subject.record.pack, body.duty)}
        assert isinstance(body, DelayBody)
        to = tuple(body.to)
        if state.each and asked.act.name in TO_A_UNIT and state.each not in to:
            to = (*to, state.each)
        return {"of": body.of if state.rule is None else state.rule, "to": to}

    def keep(self, tx: Transaction, subject: Subject[Delay], events: Sequence[Recorded]) -> None:
        """What follows from it in the docket is told in the same transaction."""
        super().keep(tx, subject, events)
        if subject.stream.kind == "docket":
            heard = matters.matter(tx.sql, subject.stream.id)
            assert heard is not None
            follow(tx, subject.stream.id, heard, subject.record.pack, events[-1])


def _of_matter(tx: Transaction, asked: Asked) -> Subject[Delay]:
    known = matters.find(tx.sql, asked.name)
    incident = known.id
    heard = matters.matter(tx.sql, incident)
    assert heard is not None  # its number is known from its registration
    if heard.standing == "imported":
        said = "导入的历史事件不催办、不裁定。"
        raise Refused("matter.imported", said, "请另行登记需要办理的事项。", "incident")
    pack, about, history = pack_by_pin(tx.sql, heard.pin), heard.subject, tx.load(incident)
    deeds = matters.deeds(tx.sql, incident)
    if asked.act.who != "above":
        owing = each_of(getattr(asked.body, "duty", None) or "")
        competent = [*replace(known.involved, owing=owing).competent(asked.act.who)]
        if asked.act.name == "explain":  # who had the matter once can say what it did with it
            competent += sorted(ever_assigned(deeds))
        check_competent(tx.sql, competent, asked.officer)
    done = [*deeds, *matters.declared(tx.sql, about.unit)]
    record = Record(pack, about, [*done, *own_deeds(history)])
    stream = _docket(heard, incident, pack)
    return Subject(stream, asked.name, Delay(docket_of(history)), record)


def _of_period(tx: Transaction, asked: Asked) -> Subject[Delay]:
    code = known_unit(tx.sql, asked.name).code
    if asked.act.who != "above":
        check_within(tx.sql, code, asked.officer.unit)
    duty = getattr(asked.body, "duty", None)
    if duty is None:
        raise missing_duty()
    rule, _, period = duty.rpartition("#")
    docket = period_id(code, rule, period)
    row = tables.duty_of(tx.sql, str(docket), duty)
    if row is None:
        raise unknown_duty(duty)
    history = tx.load(docket)
    pack, began = pack_by_pin(tx.sql, row.policy), history[0].envelope.recorded_at
    record = Record(pack, Matter(code, began, began, kind="unit"), own_deeds(history))
    stream = Stream("period", docket, code, unit_id(code), pack.pin)
    return Subject(stream, duty, Delay(docket_of(history)), record)


def _speaking(found: Subject[Delay], asked: Asked, duty: str) -> str:
    """Whose act it is: an explanation is that of the unit that owes, whoever puts it on record.

    Where a rule alone is named, a unit that has, or had, a duty by it explains its own.
    """
    if asked.act.name != "explain":
        return found.stream.unit
    own, named = asked.officer.unit, getattr(asked.body, "duty", None)
    if found.stream.kind == "period":
        return found.stream.unit
    if named is None and f"{rule_of(duty)}@{own}" in found.state.docket:
        return own
    return each_of(duty) or own


def _outlook(sql: Sql, record: Record, act: str) -> Sequence[Outlook]:
    """What the rules make of a matter, for acts that rest on it; more time is asked for anew."""
    if act not in ("extend", "circulate") or record.matter.kind == "unit":
        return ()
    deeds = [deed for deed in record.deeds if act != "extend" or deed.act != "extend"]
    return outlook(record.pack, calendar(sql), record.matter, deeds)
