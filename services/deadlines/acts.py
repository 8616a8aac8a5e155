"""Deadlines takes what people do about delays, of a matter or of a unit's period."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from services.deadlines import tables
from services.deadlines.application import follow
from services.deadlines.delays import RULES, Delay, meant, missing_duty, to_settle, unknown_duty
from services.deadlines.docket import Docket, docket_of, own_deeds
from services.deadlines.periods import period_id
from services.deadlines.tables import MODEL
from shared.acts.body import DelayBody, SettleBody
from shared.acts.check import Record
from shared.acts.competence import check_competent
from shared.acts.deed import each_of
from shared.acts.take import Asked, Subject, Taker
from shared.contracts.envelope import Recorded
from shared.copies import incidents, matters
from shared.copies.calendars import calendar
from shared.copies.packs import pack_by_pin
from shared.copies.units import check_within, known_unit, unit_id
from shared.errors import Refused
from shared.policy.engine.outlook import Matter, Outlook, outlook
from shared.store.sql import Sql
from shared.store.transaction import Stream, Transaction

TO_A_UNIT = ("extend", "urge", "supervise", "circulate")
"""Acts that name the unit whose duty they are about."""


@dataclass(frozen=True, slots=True)
class Open:
    """A docket as it is on record: whose, what people call it, under which rules, its history."""

    stream: Stream
    number: str
    record: Record
    docket: Docket


class Delays(Taker[Delay]):
    """What people do about delays, and their decisions."""

    rules = RULES

    def subject(self, tx: Transaction, asked: Asked) -> Subject[Delay]:
        found = _of_period(tx, asked) if asked.act.on == "unit" else _of_matter(tx, asked)
        duty = None
        if isinstance(asked.body, DelayBody):
            _, duty = meant(found.docket, found.record.pack, asked.body)
        unit = _speaking(found, asked, each_of(duty.id if duty else ""))
        state = Delay(found.docket, duty, _outlook(tx.sql, found.record, asked.act.name))
        return Subject(replace(found.stream, unit=unit), found.number, state, found.record)

    def made(self, tx: Transaction, subject: Subject[Delay], asked: Asked) -> dict[str, Any]:
        """The rule it is about, and the unit whose duty that is."""
        del tx
        docket, pack = subject.state.docket, subject.record.pack
        if isinstance(asked.body, SettleBody):
            return {"duty": to_settle(docket, pack, asked.body.duty)}
        body = asked.body
        assert isinstance(body, DelayBody)
        number, duty = meant(docket, pack, body)
        each = each_of(duty.id if duty else "")
        to = tuple(body.to)
        if each and asked.act.name in TO_A_UNIT and each not in to:
            to = (*to, each)
        return {"of": body.of if number is None else number, "to": to}

    def keep(self, tx: Transaction, subject: Subject[Delay], events: Sequence[Recorded]) -> None:
        """What follows from it in the docket is told in the same transaction."""
        MODEL.note(tx.sql, events)
        if subject.stream.kind == "docket":
            heard = matters.matter(tx.sql, subject.stream.id)
            assert heard is not None
            follow(tx, subject.stream.id, heard, subject.record.pack, events[-1])


def _of_matter(tx: Transaction, asked: Asked) -> Open:
    known = incidents.find(tx.sql, asked.name)
    incident = known.id
    heard = matters.matter(tx.sql, incident)
    assert heard is not None  # its number is known from its registration
    if heard.standing == "imported":
        raise Refused(
            "matter.imported",
            "导入的历史事件不催办、不裁定。",
            "请另行登记需要办理的事项。",
            "incident",
        )
    pack, about, history = pack_by_pin(tx.sql, heard.pin), heard.subject, tx.load(incident)
    owing = each_of(getattr(asked.body, "duty", None) or "")
    involved = replace(known.involved, owing=owing)
    check_competent(tx.sql, involved.competent(asked.act.who), asked.officer)
    done = [*matters.deeds(tx.sql, incident), *matters.declared(tx.sql, about.unit)]
    record = Record(pack, about, [*done, *own_deeds(history)])
    stream = Stream("docket", incident, about.unit, incident, pack.pin)
    return Open(stream, asked.name, record, docket_of(history))


def _of_period(tx: Transaction, asked: Asked) -> Open:
    code = known_unit(tx.sql, asked.name).code
    check_within(tx.sql, code, asked.officer.unit)
    duty = getattr(asked.body, "duty", None)
    if duty is None:
        raise missing_duty()
    rule, _, period = duty.rpartition("#")
    docket = period_id(code, rule, period)
    row = tables.duty_of(tx.sql, docket, duty)
    if row is None:
        raise unknown_duty(duty)
    history = tx.load(docket)
    pack, began = pack_by_pin(tx.sql, row.policy), history[0].envelope.recorded_at
    record = Record(pack, Matter(code, began, began, kind="unit"), own_deeds(history))
    stream = Stream("period", docket, code, unit_id(code), pack.pin)
    return Open(stream, duty, record, docket_of(history))


def _speaking(found: Open, asked: Asked, each: str) -> str:
    """Whose act it is: an explanation is that of the unit that owes, whoever puts it on record."""
    if asked.act.name != "explain":
        return found.stream.unit
    owing = found.stream.unit if found.stream.kind == "period" else each
    return owing or asked.officer.unit


def _outlook(sql: Sql, record: Record, act: str) -> Sequence[Outlook]:
    """What the rules make of a matter, for acts that rest on it; more time is asked for anew."""
    if act not in ("extend", "circulate") or record.matter.kind == "unit":
        return ()
    deeds = [deed for deed in record.deeds if act != "extend" or deed.act != "extend"]
    return outlook(record.pack, calendar(sql), record.matter, deeds)
