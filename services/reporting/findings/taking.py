"""Reporting's own acts (归档、认定、排名): load from the log, decide, append."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4, uuid5

from services.reporting.findings import decisions
from services.reporting.findings.dossier import declared, dossier
from services.reporting.findings.orders import FindingOrder, Ranking
from services.reporting.findings.review import units_under
from services.reporting.findings.statistics import StatisticsQuery, statistics
from services.reporting.ledger import table as ledger_table
from services.reporting.ledger.row import LedgerRow
from services.reporting.log import log
from shared.acts.body import ActOrder
from shared.acts.check import Record, Told, check_past
from shared.acts.deed import deed_of
from shared.aggregate import answer
from shared.clock import SHANGHAI
from shared.contracts.catalogue import Fact
from shared.contracts.envelope import Recorded
from shared.copies.matters import unknown_incident
from shared.copies.packs import pack_by_pin, pack_in_force
from shared.copies.units import check_within, known_unit, unit_id
from shared.errors import Invalid
from shared.identity.officers import Officer
from shared.policy.engine import outlook
from shared.policy.engine.deeds import Deed
from shared.room import key_id
from shared.store.events import By, Matter
from shared.store.requests import Answer, Request, once
from shared.store.sql import Sql
from shared.store.store import Store
from shared.store.transaction import Transaction
from shared.vault.vault import Vault

FILES = UUID("5b0c8a52-0f3e-5d8a-9c41-7e2f6ab1d094")
"""Namespace from which the file of a matter gets its stream's id."""

SCHEMA = ("CREATE TABLE IF NOT EXISTS archive_numbers (year BIGINT PRIMARY KEY, last BIGINT)",)
"""The numbers given so far: no read model, for they are given before the log has them."""


@dataclass(frozen=True, slots=True)
class Said:
    """Who says so, when it happened as claimed (else now), and under which request."""

    officer: Officer
    occurred_at: datetime | None = None
    request: Request | None = None


class Taking:
    """Acts on the record itself.

    Every one raises Unknown ``incident.unknown`` or Invalid ``unit.unknown``, Refused
    ``unit.not-yours``, Invalid ``time.in-future`` and what ``decisions.py`` says.
    """

    def __init__(self, store: Store, vault: Vault) -> None:
        self.store = store
        self._vault = vault

    async def archive(self, name: str, order: ActOrder, said: Said) -> Answer:
        """Put the file of a closed matter together, under the next number (归档)."""
        told = order.told()

        def work(tx: Transaction, row: LedgerRow) -> Answer:
            _check_involved(tx.sql, row, said.officer)
            by, file = _by(tx, said), _file(tx, row)
            record = _record(tx, row, file)
            attempted = _attempt(tx, said.officer, by, "archive", told, row.unit or "")
            number = _next_number(tx)
            fact = decisions.archive(row, record, attempted, told, number)
            return _appended(tx, file, fact, by, row.number)

        return await self._on_matter(name, told, said, work)

    async def find(self, name: str, order: FindingOrder, said: Said) -> Answer:
        """Find an offence or something to commend in how a matter was handled (认定)."""
        told = order.told()

        def work(tx: Transaction, row: LedgerRow) -> Answer:
            unit = known_unit(tx.sql, order.unit or row.lead or row.unit or "").code
            check_within(tx.sql, unit, said.officer.unit)
            _check_evidence(tx.sql, order.evidence, {row.incident, str(unit_id(unit))})
            by, file = _by(tx, said), _file(tx, row)
            record = _record(tx, row, file)
            attempted = _attempt(tx, said.officer, by, "find", told, unit)
            fact = decisions.find(record, attempted, told, order.evidence, good=order.good)
            return _appended(tx, file, fact, by, row.number)

        return await self._on_matter(name, told, said, work)

    async def find_of_unit(self, code: str, order: FindingOrder, said: Said) -> Answer:
        """Find an offence or something to commend in a unit's own days."""
        told, about = order.told(), order.unit or code

        def work(tx: Transaction) -> Answer:
            unit = known_unit(tx.sql, about).code
            check_within(tx.sql, unit, said.officer.unit)
            _check_evidence(tx.sql, order.evidence, {str(unit_id(unit)), str(unit_id(code))})
            by, record = _by(tx, said), _record_of_unit(tx, unit)
            attempted = _attempt(tx, said.officer, by, "find", told, unit)
            fact = decisions.find(record, attempted, told, order.evidence, good=order.good)
            return _appended(tx, _day(unit, record), fact, by, None)

        return await self._on_unit(about, told, said, work)

    async def rank(self, code: str, order: Ranking, said: Said) -> Answer:
        """Make known how the units under one stand in a quarter (排名)."""
        told = order.told()

        def work(tx: Transaction) -> Answer:
            unit = known_unit(tx.sql, code).code
            check_within(tx.sql, unit, said.officer.unit)
            by, record = _by(tx, said), _record_of_unit(tx, unit)
            begins, ends = decisions.quarter(order.period, tx.now)
            for each in order.order:
                check_within(tx.sql, known_unit(tx.sql, each, field="order").code, unit)
            ranked = order.order or computed_order(tx.sql, StatisticsQuery(unit, begins, ends))
            attempted = _attempt(tx, said.officer, by, "rank", told, unit)
            fact = decisions.rank(record, attempted, told, order.period, ranked)
            return _appended(tx, _day(unit, record), fact, by, None)

        return await self._on_unit(code, told, said, work)

    async def _on_matter(
        self,
        name: str,
        told: Told,
        said: Said,
        work: Callable[[Transaction, LedgerRow], Answer],
    ) -> Answer:
        row = await self.store.read(lambda sql: found(sql, name))
        await self._ensure(UUID(row.incident), told)
        return await self.store.write(
            lambda tx: once(tx, said.request, lambda tx: work(tx, found(tx.sql, name)))
        )

    async def _on_unit(
        self, code: str, told: Told, said: Said, work: Callable[[Transaction], Answer]
    ) -> Answer:
        await self.store.read(lambda sql: known_unit(sql, code))
        await self._ensure(unit_id(code), told)
        return await self.store.write(lambda tx: once(tx, said.request, work))

    async def _ensure(self, matter: UUID, told: Told) -> None:
        if told.text or told.fields:
            await asyncio.to_thread(self._vault.ensure, [key_id(matter, "matter")])


def found(sql: Sql, name: str) -> LedgerRow:
    """The matter of that number or id; raises Unknown ``incident.unknown``."""
    row = ledger_table.current(sql, name)
    if row is None or row.number is None:
        raise unknown_incident(sql, name)
    return row


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


def _file(tx: Transaction, row: LedgerRow) -> Matter:
    incident = UUID(row.incident)
    pin = pack_by_pin(tx.sql, row.policy).pin
    return Matter("file", uuid5(FILES, row.incident), row.unit or "", incident, pin)


def _day(unit: str, record: Record) -> Matter:
    return Matter("unit-day", unit_id(unit), unit, unit_id(unit), record.pack.pin)


def _record(tx: Transaction, row: LedgerRow, file: Matter) -> Record:
    """What the log has of a matter, and what was said here since."""
    size, _ = log.head(tx.sql)
    told = dossier(tx.sql, row.incident, size)
    assert told.subject is not None  # the ledger has its number from the registration
    deeds = _merged(told.deeds, tx.load(file.id))
    return Record(pack_by_pin(tx.sql, row.policy), told.subject, deeds)


def _record_of_unit(tx: Transaction, unit: str) -> Record:
    """What a unit's own acts are judged by. Rules speak to it as they do of incidents."""
    size, _ = log.head(tx.sql)
    deeds = _merged(dossier(tx.sql, str(unit_id(unit)), size).deeds, tx.load(unit_id(unit)))
    deeds = [*deeds, *(deed for deed in declared(tx.sql, unit, size) if deed.unit != unit)]
    subject = outlook.Matter(unit, registered=tx.now, recorded_at=tx.now)
    return Record(pack_in_force(tx.sql, unit), subject, deeds)


def _merged(told: Sequence[Deed], own: Sequence[Recorded]) -> list[Deed]:
    by_id = {deed.id: deed for deed in told}
    by_id |= {deed.id: deed for event in own if (deed := deed_of(event))}
    return list(by_id.values())


def _attempt(tx: Transaction, officer: Officer, by: By, act: str, told: Told, unit: str) -> Deed:
    """The act as rules will see it once it is recorded."""
    return Deed(
        id=uuid4(),
        act=act,
        at=by.occurred_at,
        recorded_at=tx.now,
        by=officer.post,
        unit=unit,
        kind=told.kind,
        to=told.to,
        medium=told.medium,
        of=told.of,
    )


def _appended(tx: Transaction, matter: Matter, fact: Fact, by: By, number: str | None) -> Answer:
    if matter.kind == "unit-day" or number is None:
        done = answer(tx, tx.append(matter, [fact], by), matter, number)
        return done.model_copy(update={"incident": None})
    return answer(tx, tx.append(matter, [fact], by), matter, number)


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


def _check_involved(sql: Sql, row: LedgerRow, officer: Officer) -> None:
    """Raises Refused ``unit.not-yours`` unless the officer's unit covers one that takes part."""
    within = units_under(sql, officer.unit)
    if not within & {row.unit, row.lead, *row.co_handling.split(";")}:
        check_within(sql, row.lead or row.unit or "", officer.unit)


def _check_evidence(sql: Sql, leaves: Sequence[int], matters: set[str]) -> None:
    """Evidence is what the log has of the very matter or unit."""
    for leaf in leaves:
        entry = log.leaf_at(sql, leaf)
        if entry is None or entry.correlation not in matters:
            raise Invalid(
                "finding.evidence-unknown",
                f"册号 {leaf} 不是这一事件或单位的记录。",
                "请从审计轨迹（huiyin audit show）中引用册号。",
                "evidence",
            )


def _by(tx: Transaction, said: Said) -> By:
    check_past(said.occurred_at, tx.now)
    return By(said.officer.actor, said.occurred_at or tx.now)
