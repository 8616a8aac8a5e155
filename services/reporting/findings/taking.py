"""Reporting takes acts on the record itself (归档、认定、排名), by what the log has."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid5

from services.reporting.findings.decisions import RULES, OnRecord, check_post, offence, quarter
from services.reporting.findings.dossier import declared, dossier
from services.reporting.findings.statistics import StatisticsQuery, statistics
from services.reporting.ledger import table as ledger_table
from services.reporting.ledger.row import LedgerRow
from services.reporting.log import log
from shared.acts.body import FindBody, Order, RankBody
from shared.acts.check import Record
from shared.acts.competence import Involved, check_above, check_competent
from shared.acts.deed import deed_of
from shared.acts.take import Asked, Subject, Taker, unit_day
from shared.acts.vocabulary import Act
from shared.clock import SHANGHAI
from shared.contracts.envelope import Recorded
from shared.copies.packs import pack_by_pin, pack_in_force
from shared.copies.units import check_within, known_unit, unit_id
from shared.errors import Invalid
from shared.identity.officer import Officer
from shared.policy.engine.deeds import Deed
from shared.store.requests import Request
from shared.store.sql import Sql
from shared.store.transaction import Stream, Transaction

FILES = UUID("5b0c8a52-0f3e-5d8a-9c41-7e2f6ab1d094")
"""Namespace from which the file of a matter gets its stream's id."""

SCHEMA = ("CREATE TABLE IF NOT EXISTS archive_numbers (year BIGINT PRIMARY KEY, last BIGINT)",)
"""The numbers given so far: no read model, for they are given before the log has them."""


class RecordActs(Taker[OnRecord]):
    """Acts on the record: files are put together, offences found, units ranked."""

    rules = RULES

    def matter_of(self, sql: Sql, name: str) -> UUID:
        return UUID(ledger_table.registered(sql, name).incident)

    async def prepare(
        self, act: Act, name: str, body: Order, officer: Officer, request: Request | None
    ) -> dict[str, Any]:
        """What is found of a unit is sealed for that unit, from wherever it is found."""
        about = getattr(body, "unit", None) if act.on == "unit" else None
        return await super().prepare(act, about or name, body, officer, request)

    def subject(self, tx: Transaction, asked: Asked) -> Subject[OnRecord]:
        subject = _of_unit(tx, asked) if asked.act.on == "unit" else _of_matter(tx, asked)
        if asked.act.name != "archive":
            check_post(subject.record.pack, asked.officer.post)
        return subject

    def made(self, tx: Transaction, subject: Subject[OnRecord], asked: Asked) -> dict[str, Any]:
        match asked.body:
            case FindBody() as body:
                of, rule = offence(subject.record.pack, body.of or "")
                unit = _found_unit(tx.sql, asked, subject.state)
                evidence = _evidence(tx.sql, body, asked, unit, subject.state)
                return {"of": of, "unit": unit, "evidence": evidence, "good": rule.good}
            case RankBody() as body:
                return {"order": _order(tx, body, subject.stream.unit)}
            case _:
                return {"number": _next_number(tx)}


def computed_order(sql: Sql, asked: StatisticsQuery) -> list[str]:
    """Units by what part of their replies was in time, then by how many those were."""
    size, _ = log.head(sql)
    told = statistics(sql, size, asked).units
    shares = {
        each.unit: (figure.value / figure.n, figure.n)
        for each in told
        for figure in each.figures
        if figure.key == "in_time" and figure.rule is None and figure.n
    }
    return sorted(shares, key=lambda unit: (*(-part for part in shares[unit]), unit))


def _of_matter(tx: Transaction, asked: Asked) -> Subject[OnRecord]:
    row = ledger_table.registered(tx.sql, asked.name)
    if asked.act.name == "archive":
        co_handling = tuple(filter(None, row.co_handling.split(";")))
        involved = Involved(row.unit or "", row.lead, co_handling)
        check_competent(tx.sql, involved.competent(asked.act.who), asked.officer)
    else:
        check_above(tx.sql, [_found_unit(tx.sql, asked, row)], asked.officer)
    file = _file(tx, row)
    return Subject(file, row.number, row, _record(tx, row, file))


def _of_unit(tx: Transaction, asked: Asked) -> Subject[OnRecord]:
    unit = _found_unit(tx.sql, asked, None)
    check_above(tx.sql, [unit], asked.officer)
    pin = pack_in_force(tx.sql, unit).pin
    day, record = unit_day(tx, unit, pin, _deeds_of_unit(tx, unit))
    return Subject(day, None, None, record)


def _found_unit(sql: Sql, asked: Asked, row: LedgerRow | None) -> str:
    """Whose finding it is: the unit named, else the one that has the matter in hand."""
    named = getattr(asked.body, "unit", None)
    in_hand = asked.name if row is None else row.lead or row.unit or ""
    return known_unit(sql, named or in_hand).code


def _order(tx: Transaction, body: RankBody, unit: str) -> tuple[str, ...]:
    """The order made known, else the one that the statistics give; of units under one."""
    begins, ends = quarter(body.period, tx.now)
    for each in body.order:
        check_within(tx.sql, known_unit(tx.sql, each, field="order").code, unit)
    return tuple(body.order or computed_order(tx.sql, StatisticsQuery(unit, begins, ends)))


def _evidence(
    sql: Sql, body: FindBody, asked: Asked, unit: str, row: LedgerRow | None
) -> tuple[int, ...]:
    """Evidence is what the log has of the very matter or unit, each entry once."""
    own = str(unit_id(asked.name)) if row is None else row.incident
    for leaf in body.evidence:
        entry = log.leaf_at(sql, leaf)
        if entry is None or entry.correlation not in (own, str(unit_id(unit))):
            raise Invalid(
                "finding.evidence-unknown",
                f"册号 {leaf} 不是这一事件或单位的记录。",
                "请从审计轨迹（huiyin audit show）中引用册号。",
                "evidence",
            )
    return tuple(dict.fromkeys(body.evidence))


def _file(tx: Transaction, row: LedgerRow) -> Stream:
    incident = UUID(row.incident)
    pin = pack_by_pin(tx.sql, row.policy).pin
    return Stream("file", uuid5(FILES, row.incident), row.unit or "", incident, pin)


def _record(tx: Transaction, row: LedgerRow, file: Stream) -> Record:
    """What the log has of a matter, and what was said here since."""
    size, _ = log.head(tx.sql)
    told = dossier(tx.sql, row.incident, size)
    assert told.subject is not None  # the ledger has its number from the registration
    deeds = _merged(told.deeds, tx.load(file.id))
    return Record(pack_by_pin(tx.sql, row.policy), told.subject, deeds)


def _deeds_of_unit(tx: Transaction, unit: str) -> list[Deed]:
    """What a unit's own acts are judged by: what was done in its days or declared above it."""
    size, _ = log.head(tx.sql)
    deeds = _merged(dossier(tx.sql, str(unit_id(unit)), size).deeds, tx.load(unit_id(unit)))
    return [*deeds, *(deed for deed in declared(tx.sql, unit, size) if deed.unit != unit)]


def _merged(told: Sequence[Deed], own: Sequence[Recorded]) -> list[Deed]:
    by_id = {deed.id: deed for deed in told}
    by_id |= {deed.id: deed for event in own if (deed := deed_of(event))}
    return list(by_id.values())


def _next_number(tx: Transaction) -> str:
    """The next number of a file (件号) of a year; none is given twice."""
    year = tx.now.astimezone(SHANGHAI).year
    row = tx.sql.one("SELECT last FROM archive_numbers WHERE year = ?", (year,))
    number = (row["last"] if row else 0) + 1
    tx.sql.execute(
        "INSERT INTO archive_numbers VALUES (?, ?)"
        " ON CONFLICT (year) DO UPDATE SET last = excluded.last",
        (year, number),
    )
    return f"{tx.source.node}-{year}-G{number:06d}"
