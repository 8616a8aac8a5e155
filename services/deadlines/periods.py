"""What becomes of a unit's periods (单位周期): opened when they begin, done by acts of the unit."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import chain, islice
from uuid import UUID, uuid5

from services.deadlines import agenda, tables
from services.deadlines.agenda import AgendaItem, PendingDocket
from services.deadlines.application import SYSTEM, say
from services.deadlines.docket import (
    Concluded,
    cancelled,
    docket_of,
    lacking,
    observe,
    reconcile,
)
from shared.acts.deed import of_unit
from shared.clock import from_micros
from shared.contracts.deadlines import DutyStarted
from shared.contracts.envelope import Recorded
from shared.copies import matters
from shared.copies.calendars import calendar, terms
from shared.copies.packs import pack_by_pin
from shared.copies.units import unit_id
from shared.duties import DutyRow
from shared.policy.engine.deeds import Deed
from shared.policy.engine.outlook import acts_heard
from shared.policy.engine.periods import (
    Bound,
    PeriodOutlook,
    Times,
    Turn,
    acts_of,
    concerned,
    due_after,
    period_outlook,
    recurring,
    turn_named,
)
from shared.policy.language.rules import Shift
from shared.store.sql import Sql
from shared.store.transaction import By, Stream, Transaction

PERIODS = UUID("6d3c4b0e-2f7a-5c1e-8b6d-41f0a9e27c53")
"""Namespace from which the docket of a unit's period gets its id, by unit, rule and period."""

LATER = timedelta(hours=1)
"""When to try again what could not be opened."""


def period_id(unit: str, number: str, period: str) -> UUID:
    """The docket of a unit's period: the same wherever and whenever it is opened."""
    return uuid5(PERIODS, f"{unit}/{number}/{period}")


def hear(tx: Transaction, event: Recorded) -> None:
    """An act may be one that a unit's period asks for; a state may open and close periods."""
    deed = tables.deed_for_days(tx.sql, event)
    if deed is None:
        return
    if deed.act == "declare" and of_unit(event):
        _look_again_from(tx.sql, deed)
    asking = [
        item for item in agenda.of_unit(tx.sql, deed.unit) if deed.act in acts_of(item.bound.rule)
    ]
    if not asking:
        return
    times = times_of(tx.sql)
    for item in asking:
        for turn in concerned(item.bound.rule, times, deed):
            _follow(tx, item, turn, deed.id)


def open_next(tx: Transaction, key: agenda.Key, now: datetime) -> None:
    """Open the next turn of one rule for one unit, if it begins by now."""
    item = agenda.item_at(tx.sql, key)
    if item is None:
        return agenda.rest(tx.sql, key, now + LATER)
    turn, then = islice(chain(_to_open(tx.sql, item), (None, None)), 2)
    if turn is None or _opens(item, turn) > now:
        return agenda.rest(tx.sql, key, _opens(item, turn) if turn else None)
    _follow(tx, item, turn, None, opening=True)
    agenda.advance(tx.sql, item, turn.opens)
    return agenda.rest(tx.sql, key, _opens(item, then) if then else None)


def resume(sql: Sql) -> None:
    """Go on behind the turns that were opened, after the agenda was laid out anew."""
    opened, times = tables.last_opened(sql), times_of(sql)
    for item in agenda.in_force(sql):
        period, start = opened.get((item.unit, item.bound.number), (None, None))
        if period is not None and start is not None:
            turn = turn_named(item.bound.rule, times, period, start)
            agenda.advance(sql, item, turn.opens if turn else start)


def look_at_clock(tx: Transaction, row: DutyRow, now: datetime) -> int:
    """Look at the clock for one period; returns how many of its duties were missed."""
    docket, history = UUID(row.incident), tx.load(UUID(row.incident))
    found = _found_again(tx.sql, row.unit, row.rule, row.period or "", history)
    facts = observe(docket_of(history), now, lacking(found) if found else None)
    return len(say(tx, _docket(row.unit, docket, row.policy), By(SYSTEM, tx.now), facts))


def look_again(tx: Transaction, pending: PendingDocket) -> None:
    """Bring a running period into line with the calendar as it is now."""
    assert pending.period is not None
    history = tx.load(pending.id)
    docket = docket_of(history)
    found = _found_again(tx.sql, pending.unit, pending.rule, pending.period, history)
    if found:
        facts = reconcile(docket, [found], pending.known_at, "live")
    else:
        entries = docket.values()
        gone = [fact for each in entries for fact in cancelled(each, "calendar", pending.known_at)]
        facts = [Concluded(fact) for fact in gone]
    pin = history[0].envelope.policy
    say(tx, _docket(pending.unit, pending.id, pin), By(SYSTEM, tx.now), facts)


def times_of(sql: Sql) -> Times:
    """What turns are laid out by, as known here."""
    return Times(calendar(sql), terms(sql))


def as_it_stands(sql: Sql, row: DutyRow) -> DutyRow:
    """The duty of a period with how often it was done so far; a miss has said so for good."""
    if row.period is None or row.count_done is not None:
        return row
    start = from_micros(row.start)
    found = _of_period(sql, row.unit, row.rule, row.period, row.policy, start)
    if found is None or isinstance(found.rule, Shift):
        return row
    return replace(row, count_wanted=found.wanted, count_done=found.counted)


def _follow(
    tx: Transaction, item: AgendaItem, turn: Turn, cause: UUID | None, *, opening: bool = False
) -> None:
    """Bring a period's docket into line with what was done; only the scheduler opens one."""
    id_ = period_id(item.unit, item.bound.number, turn.name)
    history = tx.load(id_)
    if not history and not opening:
        return
    bound = _as_opened(tx.sql, item.bound, history)
    found = _outlook(tx.sql, item.unit, bound, turn)
    if found is None:
        return
    facts = reconcile(docket_of(history), [found], tx.now, "live")
    say(tx, _docket(item.unit, id_, bound.pack.pin), By(SYSTEM, tx.now, cause), facts)


def _to_open(sql: Sql, item: AgendaItem) -> Iterator[Turn]:
    turns = due_after(item.bound.rule, times_of(sql), item.looked)
    return (turn for turn in turns if turn.opens > item.opened)


def _opens(item: AgendaItem, turn: Turn) -> datetime:
    return max(turn.opens, item.bound.since)


def _found_again(
    sql: Sql, unit: str, number: str, period: str, history: list[Recorded]
) -> PeriodOutlook | None:
    """What is owed in a period that was opened, under the rules it was opened under."""
    started = history[0].fact
    assert isinstance(started, DutyStarted)
    return _of_period(sql, unit, number, period, history[0].envelope.policy, started.start)


def _of_period(
    sql: Sql, unit: str, number: str, period: str, pin: str | None, start: datetime
) -> PeriodOutlook | None:
    pack = pack_by_pin(sql, pin)
    bound = Bound(pack, number, recurring(pack)[number], start)
    turn = turn_named(bound.rule, times_of(sql), period, start)
    return _outlook(sql, unit, bound, turn) if turn else None


def _as_opened(sql: Sql, bound: Bound, history: list[Recorded]) -> Bound:
    """The rule as it was when the period was opened; a new pack is for new periods."""
    if not history:
        return bound
    started = history[0].fact
    assert isinstance(started, DutyStarted)
    pack = pack_by_pin(sql, history[0].envelope.policy)
    rule = recurring(pack).get(bound.number, bound.rule)
    return replace(bound, pack=pack, rule=rule, since=started.start)


def _outlook(sql: Sql, unit: str, bound: Bound, turn: Turn) -> PeriodOutlook | None:
    declared = matters.declared(sql, unit) if bound.rule.when else []
    deeds = tables.unit_deeds(sql, unit, acts_of(bound.rule), turn)
    return period_outlook(bound, turn, times_of(sql), declared, deeds)


def _docket(unit: str, docket: UUID, pin: str | None) -> Stream:
    return Stream("period", docket, unit, unit_id(unit), pin)


def _look_again_from(sql: Sql, deed: Deed) -> None:
    """A state declared for a unit is one for all under it: their periods, and their matters."""
    units = [deed.unit, *agenda.below(sql, deed.unit)]
    agenda.look_again_from(sql, units, deed.at)
    pins = [pin for pin in tables.pins(sql) if "declare" in acts_heard(pack_by_pin(sql, pin))]
    if pins:
        agenda.look_again_at_matters(sql, units, pins, deed.recorded_at)
