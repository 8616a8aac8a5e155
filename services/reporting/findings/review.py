"""The accountability review (追责审查): every finding, as the record stood."""

from collections.abc import Iterator
from datetime import datetime

from pydantic import BaseModel

from services.reporting.duties import table as duties_table
from services.reporting.findings import table as blame_table
from services.reporting.findings.computed import JUDGED, Finding, Proof, of_breach, of_duty
from services.reporting.findings.dossier import Dossier, dossier
from services.reporting.ledger import table as ledger_table
from services.reporting.log.log import leaf_at
from services.reporting.packs import Rulings, party_name
from shared.contracts.envelope import Recorded, decode
from shared.contracts.reporting import FindingMade
from shared.copies.units import all_units, unit_id
from shared.store.sql import Sql


class Evidence(BaseModel):
    """A log entry that shows it, and what was done or said there."""

    leaf: int
    act: str


class WaitedFor(BaseModel):
    """A gate that was closed when the limit passed: what was waited for, and since when."""

    gate: str
    title: str
    needs: str
    since: datetime | None


class FindingShown(BaseModel):
    """A finding as people and programs read it; moments are UTC.

    ``incident`` and ``number`` are none for what a unit owed in one of its periods. ``basis`` is
    computed, human, or pending while a person must settle a late record first.
    """

    kind: str
    title: str
    basis: str
    good: bool
    rule: str
    clause: str
    incident: str | None
    number: str | None
    period: str | None
    unit: str
    post: str
    limit: datetime | None
    actual: datetime | None
    late_seconds: int | None
    shortfall: int | None
    gap_seconds: int | None
    sanction: str | None
    evidence: list[Evidence]
    waiting: list[WaitedFor]


def findings(
    sql: Sql, size: int, unit: str | None = None, incident: str | None = None
) -> list[FindingShown]:
    """Everything found within the first ``size`` leaves, of a unit and those under it, of a matter.

    What was imported is history: nobody answers for it here.
    """
    found = [_shown(sql, each, size) for each in _Accounts(sql, size).findings(incident)]
    within = units_under(sql, unit) if unit else None
    chosen = [each for each in found if within is None or each.unit in within]
    return sorted(chosen, key=lambda each: max((e.leaf for e in each.evidence), default=0))


class _Accounts:
    """One question's view of the record: each dossier and pack is read once."""

    def __init__(self, sql: Sql, size: int) -> None:
        self._sql, self._size = sql, size
        self._rulings = Rulings(sql)
        self._dossiers: dict[str, Dossier] = {}

    def findings(self, incident: str | None) -> Iterator[Finding]:
        for row in duties_table.in_states(self._sql, JUDGED, self._size):
            if incident in (None, row.incident):
                yield from of_duty(self._rulings.of(row.policy), row, self._dossier(row.incident))
        for each in blame_table.broken(self._sql, self._size):
            if incident in (None, each.incident):
                pack = self._rulings.of(self._pin(each.leaf))
                record = self._dossier(each.incident)
                yield from of_breach(pack, each.gate, each.incident, record, each.leaf)
        for leaf in blame_table.made(self._sql, self._size):
            event = self._event(leaf)
            if incident in (None, str(event.envelope.correlation)):
                yield self._human(leaf, event)

    def _human(self, leaf: int, event: Recorded) -> Finding:
        fact, told = event.fact, event.envelope
        assert isinstance(fact, FindingMade)
        pack = self._rulings.of(told.policy)
        rule = pack.rules.get(fact.of) if pack and fact.of else None
        return Finding(
            kind=fact.of or fact.kind or "",
            title=rule.zh if rule else fact.of or "",
            basis="human",
            good=fact.good,
            rule=fact.of or "",
            clause=(rule.clause or rule.zh) if rule else "",
            matter=str(told.correlation),
            unit=fact.unit,
            post=party_name(pack, told.actor.post),
            actual=told.occurred_at,
            sanction=getattr(rule, "sanction", None),
            evidence=(*(Proof(each, "") for each in fact.evidence), Proof(leaf, "find")),
        )

    def _pin(self, leaf: int) -> str | None:
        return self._event(leaf).envelope.policy

    def _event(self, leaf: int) -> Recorded:
        found = leaf_at(self._sql, leaf)
        assert found is not None  # the tables are made from the log
        return decode(found.raw)

    def _dossier(self, matter: str) -> Dossier:
        if matter not in self._dossiers:
            self._dossiers[matter] = dossier(self._sql, matter, self._size)
        return self._dossiers[matter]


def units_under(sql: Sql, unit: str) -> set[str]:
    """The unit and all under it."""
    parents = {code: each.parent for code, each in all_units(sql).items()}
    within = {unit}
    while more := {code for code, parent in parents.items() if parent in within} - within:
        within |= more
    return within


def _shown(sql: Sql, each: Finding, size: int) -> FindingShown:
    row = ledger_table.at(sql, each.matter, size)
    of_unit = each.period is not None or each.matter == str(unit_id(each.unit))
    return FindingShown(
        kind=each.kind,
        title=each.title,
        basis=each.basis,
        good=each.good,
        rule=each.rule,
        clause=each.clause,
        incident=None if of_unit else each.matter,
        number=row.number if row else None,
        period=each.period,
        unit=each.unit,
        post=each.post,
        limit=each.limit,
        actual=each.actual,
        late_seconds=each.late_seconds,
        shortfall=each.shortfall,
        gap_seconds=each.gap_seconds,
        sanction=each.sanction,
        evidence=[Evidence(leaf=e.leaf, act=e.act) for e in each.evidence],
        waiting=[
            WaitedFor(gate=w.gate, title=w.title, needs=w.needs, since=w.since)
            for w in each.waiting
        ],
    )
