"""The agenda (日程): when each unit's next period opens, and what is to be looked at again.

Who is bound by which rule follows from routing's events. ``looked``, ``opened`` and ``next`` say
where the scheduler stands, which follows from the clock: losing that would cost no more than
looking again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.clock import from_micros, to_micros
from shared.contracts.routing import (
    PackAdopted,
    PackWithdrawn,
    SupervisorNamed,
    UnitEstablished,
)
from shared.copies import matters, packs, units
from shared.copies.packs import adopted_by, learn_pack, pack_by_pin
from shared.copies.units import learn_supervisor, learn_unit, upwards
from shared.policy.engine.periods import Bound, recurring
from shared.policy.language.pack import Pack
from shared.policy.language.rules import Schedule
from shared.store.readmodel import Placed, ReadModel
from shared.store.sql import Row, Sql

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS agenda (unit TEXT, rule TEXT, adopter TEXT, pin TEXT,"
    " since BIGINT, until BIGINT, state BIGINT, looked BIGINT,"
    " opened BIGINT, next BIGINT,"
    " PRIMARY KEY (unit, rule, adopter))",
    "CREATE INDEX IF NOT EXISTS agenda_next ON agenda (next) WHERE next IS NOT NULL",
)

WORK = (
    "CREATE TABLE IF NOT EXISTS again (docket TEXT PRIMARY KEY, unit TEXT, rule TEXT, period TEXT,"
    " known_at BIGINT)",
)
"""What is still to be done is no fold of events: it is empty when it is done, and never made anew.
"""

_KEY = "unit = ? AND rule = ? AND adopter = ?"


Key = tuple[str, str, str]
"""Unit, number of the rule, and the unit that adopted it."""


@dataclass(frozen=True, slots=True)
class AgendaItem:
    """A rule that binds a unit, by whose adoption, and how far its turns were opened.

    Of the turns due after ``looked``, those are next that open after ``opened``.
    """

    unit: str
    adopter: str
    bound: Bound
    looked: datetime
    opened: datetime

    @property
    def key(self) -> Key:
        return self.unit, self.bound.number, self.adopter


@dataclass(frozen=True, slots=True)
class PendingDocket:
    """A docket to be looked at again, for what was known at a moment.

    ``rule`` and ``period`` are those of a unit's.
    """

    id: UUID
    unit: str
    rule: str
    period: str | None
    known_at: datetime


def _fold(sql: Sql, batch: Sequence[Placed]) -> None:
    for _, event in batch:
        at = event.envelope.recorded_at
        match event.fact:
            case UnitEstablished() as fact:
                place(sql, fact, at)
            case SupervisorNamed() as fact:
                learn_supervisor(sql, fact)
            case PackAdopted() as fact:
                learn_pack(sql, fact)
                bind(sql, fact.unit, pack_by_pin(sql, fact.pin), at)
            case PackWithdrawn() as fact:
                learn_pack(sql, fact)
                release(sql, fact.unit, at)


MODEL = ReadModel(
    units.MODEL.tables | packs.MODEL.tables | {"agenda": ("unit", "rule", "adopter")},
    (*units.MODEL.schema, *packs.MODEL.schema, *_SCHEMA),
    (*units.MODEL.facts, *packs.MODEL.facts),
    _fold,
    moving={"agenda": ("looked", "opened", "next")},
)
"""The agenda with the units and packs it rests on: who is bound follows from who there was then, so
that the three change together, one event after another.
"""


def bind(sql: Sql, adopter: str, pack: Pack, since: datetime) -> None:
    """A unit adopted a pack, or the units under it are others: who is bound by what from now on.

    Who is bound already stays so without a break.
    """
    wanted = {
        (unit, number): rule
        for number, rule in recurring(pack).items()
        for unit in _bound_by(sql, adopter, each=isinstance(rule, Schedule) and rule.each == "unit")
    }
    mine = "SELECT unit, rule, pin FROM agenda WHERE adopter = ? AND until IS NULL"
    bound_so_far = {(row["unit"], row["rule"]): row["pin"] for row in sql.all(mine, (adopter,))}
    at = to_micros(since)
    for unit, number in bound_so_far.keys() - wanted.keys():
        sql.execute(
            f"UPDATE agenda SET until = ?, next = NULL WHERE {_KEY}", (at, unit, number, adopter)
        )
    for (unit, number), rule in wanted.items():
        if bound_so_far.get((unit, number)) == pack.pin:
            continue  # of many units one is new: nothing changes for the others
        states = int(bool(rule.when and "state" in rule.when))
        sql.execute(
            "INSERT INTO agenda VALUES (?, ?, ?, ?, ?, NULL, ?, ?, 0, ?)"
            " ON CONFLICT (unit, rule, adopter) DO UPDATE SET pin = excluded.pin,"
            " since = CASE WHEN agenda.until IS NULL THEN agenda.since ELSE excluded.since END,"
            " state = excluded.state, until = NULL, opened = 0, next = excluded.next",
            (unit, number, adopter, pack.pin, at, states, at, at),
        )


def release(sql: Sql, adopter: str, until: datetime) -> None:
    """A pack was given up: no period opens under it any more; those that run go on."""
    sql.execute(
        "UPDATE agenda SET until = ?, next = NULL WHERE adopter = ? AND until IS NULL",
        (to_micros(until), adopter),
    )


def place(sql: Sql, fact: UnitEstablished, since: datetime) -> None:
    """A unit takes part, or elsewhere than before: it comes under what those above it adopted for
    each under them, and no longer under what others did.
    """
    left = _adopters_above(sql, fact.code)
    learn_unit(sql, fact)
    for adopter, pin in dict.fromkeys([*left, *_adopters_above(sql, fact.code)]):
        bind(sql, adopter, pack_by_pin(sql, pin), since)


def of_unit(sql: Sql, unit: str) -> list[AgendaItem]:
    """Every rule that binds a unit, or did."""
    return _items(sql, "unit = ? ORDER BY rule, adopter", unit)


def in_force(sql: Sql) -> list[AgendaItem]:
    """Every rule that binds a unit now."""
    return _items(sql, "until IS NULL")


def item_at(sql: Sql, key: Key) -> AgendaItem | None:
    """The item with that key."""
    return next(iter(_items(sql, _KEY, *key)), None)


def opening(sql: Sql, now: datetime, limit: int) -> list[Key]:
    """The keys of what is to be opened by now, earliest first."""
    rows = sql.all(
        "SELECT unit, rule, adopter FROM agenda WHERE next <= ?"
        " ORDER BY next, unit, rule, adopter LIMIT ?",
        (to_micros(now), limit),
    )
    return [(row["unit"], row["rule"], row["adopter"]) for row in rows]


def rest(sql: Sql, key: Key, until: datetime | None) -> None:
    """Nothing opens before a moment, or at all."""
    moment = None if until is None else to_micros(until)
    sql.execute(f"UPDATE agenda SET next = ? WHERE {_KEY}", (moment, *key))


def advance(sql: Sql, item: AgendaItem, opened: datetime) -> None:
    """The turn that opens at a moment was opened, and the next one is to be looked for."""
    looked = max(item.looked, opened)  # whatever opens later is due later
    sql.execute(
        f"UPDATE agenda SET looked = ?, opened = ? WHERE {_KEY}",
        (to_micros(looked), to_micros(opened), *item.key),
    )


def next_opening(sql: Sql) -> int | None:
    """When the next period opens (microseconds), or none."""
    row = sql.one("SELECT MIN(next) AS next FROM agenda WHERE next IS NOT NULL")
    return row["next"] if row else None


def look_again_from(sql: Sql, units: Iterable[str], moment: datetime) -> None:
    """A state was declared for units from a moment on: turns due later are looked at anew."""
    at = to_micros(moment)
    for unit in units:
        sql.execute(
            "UPDATE agenda SET next = CASE WHEN next < ? THEN next ELSE ? END,"
            " looked = CASE WHEN looked < ? THEN looked ELSE ? END, opened = 0"
            " WHERE unit = ? AND state = 1 AND until IS NULL",
            (at, at, at, at, unit),
        )


def lay_out_again(sql: Sql) -> None:
    """Working days or terms are others: the next turn of everything is looked for anew."""
    sql.execute("UPDATE agenda SET next = looked WHERE until IS NULL")


def look_again(sql: Sql, known_at: datetime) -> None:
    """Note every running duty whose limit can be another one by a calendar."""
    sql.execute(
        "INSERT INTO again SELECT incident, MIN(unit), MIN(rule), MIN(period), ? FROM duties"
        " WHERE state = 'running' AND (provisional = 1 OR clock = 'working_days'"
        " OR (period IS NOT NULL AND clock <> 'shift')) GROUP BY incident"
        " ON CONFLICT DO NOTHING",
        (to_micros(known_at),),
    )


def look_again_at_matters(
    sql: Sql, units: Sequence[str], pins: Sequence[str], known_at: datetime
) -> None:
    """Note the live matters of units that are under those rules."""
    among, under = ", ".join("?" * len(units)), ", ".join("?" * len(pins))
    sql.execute(
        "INSERT INTO again SELECT id, unit, '', NULL, ? FROM incidents i"
        f" WHERE unit IN ({among}) AND pin IN ({under}) AND standing = 'live'"
        f" AND NOT EXISTS (SELECT 1 FROM ({matters.STANDING}) e WHERE e.incident = i.id)"
        " ON CONFLICT DO NOTHING",
        (to_micros(known_at), *units, *pins),
    )


def pending(sql: Sql, limit: int) -> list[PendingDocket]:
    """Dockets to look at again."""
    rows = sql.all("SELECT * FROM again ORDER BY docket LIMIT ?", (limit,))
    return [
        PendingDocket(
            UUID(row["docket"]),
            row["unit"],
            row["rule"],
            row["period"],
            from_micros(row["known_at"]),
        )
        for row in rows
    ]


def looked_at(sql: Sql, docket: UUID) -> None:
    """A docket was looked at again."""
    sql.execute("DELETE FROM again WHERE docket = ?", (str(docket),))


def below(sql: Sql, unit: str) -> list[str]:
    """The units under a unit, at any depth."""
    found: list[str] = []
    level: Sequence[str] = [unit]
    while level:
        marks = ", ".join("?" * len(level))
        rows = sql.all(f"SELECT code FROM units WHERE parent IN ({marks}) ORDER BY code", level)
        level = [row["code"] for row in rows if row["code"] not in found]
        found += level
    return found


def _adopters_above(sql: Sql, unit: str) -> list[tuple[str, str]]:
    """The units above a unit that adopted a pack of their own, with its pin, nearest first."""
    above = [each for each in upwards(sql, unit) if each != unit]
    adopted = ((each, adopted_by(sql, each)) for each in above)
    return [(each, pin) for each, pin in adopted if pin is not None]


def _bound_by(sql: Sql, adopter: str, *, each: bool) -> Sequence[str]:
    """The adopting unit; every unit under it, where there is one, if each of them is bound."""
    return (below(sql, adopter) if each else []) or [adopter]


def _items(sql: Sql, where: str, *values: str) -> list[AgendaItem]:
    rows = sql.all(f"SELECT * FROM agenda WHERE {where}", values)
    return [item for row in rows if (item := _item(sql, row))]


def _item(sql: Sql, row: Row) -> AgendaItem | None:
    pack = pack_by_pin(sql, row["pin"])
    rule = recurring(pack).get(row["rule"])
    if rule is None:
        return None
    bound = Bound(pack, row["rule"], rule, from_micros(row["since"]))
    looked, opened = from_micros(row["looked"]), from_micros(row["opened"])
    return AgendaItem(row["unit"], row["adopter"], bound, looked, opened)
