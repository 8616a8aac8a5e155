"""Deadlines' own acts (延期、说明、催办、督办、通报、裁定): load, decide, append."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from uuid import UUID, uuid4

from services.deadlines import delays, tables
from services.deadlines.application import follow
from services.deadlines.delays import DelayParticulars, SettleLateRecord
from services.deadlines.docket import docket_of, each_of, own_deeds
from services.deadlines.periods import period_id
from services.deadlines.tables import MODEL
from shared.acts.check import (
    Record,
    Told,
    check_forms,
    check_gates,
    check_past,
    check_words,
    fact_of,
)
from shared.aggregate import answer
from shared.contracts.acts import ActTaken
from shared.contracts.deadlines import (
    DelayExplained,
    DutyExtended,
    UnitCirculated,
    UnitSupervised,
    UnitUrged,
)
from shared.contracts.envelope import Recorded
from shared.copies import incidents, matters
from shared.copies.calendars import calendar
from shared.copies.packs import pack_by_pin
from shared.copies.units import check_within, is_within, known_unit, unit_id
from shared.errors import Refused
from shared.identity.officers import Officer
from shared.policy.engine.deeds import Deed
from shared.policy.engine.outlook import Matter as Subject
from shared.policy.engine.outlook import Outlook, outlook
from shared.room import key_id
from shared.store.events import By, Matter
from shared.store.requests import Answer, Request, once
from shared.store.sql import Sql
from shared.store.store import Store
from shared.store.transaction import Transaction
from shared.vault.vault import Vault

FACTS: dict[str, type[ActTaken]] = {
    fact.ACT: fact
    for fact in (DutyExtended, DelayExplained, UnitUrged, UnitSupervised, UnitCirculated)
}
"""The fact that each act makes, by the act's name."""

TO_A_UNIT = ("extend", "urge", "supervise", "circulate")
"""Acts that name the unit whose duty they are about."""


@dataclass(frozen=True, slots=True)
class _Docket:
    """What an act is decided on: whose docket, under which rules, and what is on record."""

    matter: Matter
    number: str
    record: Record
    history: Sequence[Recorded]


class Acts:
    """What people do about delays, and their decisions.

    Every act raises Refused ``unit.not-yours``, Invalid ``time.in-future``, what ``delays`` and
    ``shared.acts.check`` say, and Unknown ``incident.unknown`` or Invalid ``unit.unknown``.
    """

    def __init__(self, store: Store, vault: Vault) -> None:
        self.store = store
        self._vault = vault

    async def find(self, name: str) -> UUID:
        """The incident as known here; raises Unknown ``incident.unknown``."""
        return (await self.store.read(partial(incidents.find, name=name))).id

    async def take(
        self, name: str, act: str, said: DelayParticulars, officer: Officer, request: Request | None
    ) -> Answer:
        """Do something about a delay of an incident or other matter."""
        if said.told.text or said.told.fields:
            await self._provide_key(await self.find(name))

        def work(tx: Transaction) -> Answer:
            docket = _of_matter(tx, incidents.find(tx.sql, name).id, name)
            _check_concerned(tx.sql, docket.matter.id, docket, said, officer)
            return _take(tx, docket, act, said, officer)

        return await self._once(request, work)

    async def take_of_unit(
        self, code: str, act: str, said: DelayParticulars, officer: Officer, request: Request | None
    ) -> Answer:
        """Do something about a delay in one of a unit's periods."""
        await self.store.read(partial(known_unit, code=code))
        if said.told.text or said.told.fields:
            await self._provide_key(unit_id(code))

        def work(tx: Transaction) -> Answer:
            check_within(tx.sql, code, officer.unit)
            return _take(tx, _of_period(tx, code, said.duty), act, said, officer)

        return await self._once(request, work)

    async def settle(
        self, name: str, command: SettleLateRecord, officer: Officer, request: Request | None
    ) -> Answer:
        """Decide on what was recorded late (裁定)."""

        def work(tx: Transaction) -> Answer:
            docket = _of_matter(tx, incidents.find(tx.sql, name).id, name)
            check_within(tx.sql, docket.record.matter.unit, officer.unit)
            return _settle(tx, docket, command, officer)

        return await self._once(request, work)

    async def settle_of_unit(
        self, code: str, command: SettleLateRecord, officer: Officer, request: Request | None
    ) -> Answer:
        """Decide on what was recorded late of a unit's period."""

        def work(tx: Transaction) -> Answer:
            known_unit(tx.sql, code)
            check_within(tx.sql, code, officer.unit)
            return _settle(tx, _of_period(tx, code, command.duty), command, officer)

        return await self._once(request, work)

    async def _once(self, request: Request | None, work: Callable[[Transaction], Answer]) -> Answer:
        return await self.store.write(lambda tx: once(tx, request, work))

    async def _provide_key(self, subject: UUID) -> None:
        await asyncio.to_thread(self._vault.ensure, [key_id(subject, "matter")])


def _take(
    tx: Transaction, docket: _Docket, act: str, said: DelayParticulars, officer: Officer
) -> Answer:
    record, at = docket.record, _moment(tx, said.occurred_at)
    number, duty = delays.meant(docket_of(docket.history), record.pack, said)
    told = _about(said, act, number, duty.id if duty else "")
    unit = _speaking(act, duty.id if duty else "", docket, officer)
    deed = Deed(
        id=uuid4(),
        act=act,
        at=at,
        recorded_at=tx.now,
        by=officer.post,
        unit=unit,
        kind=told.kind,
        to=told.to,
        medium=told.medium,
        of=told.of,
    )
    parties = tuple(to for to in told.to if to[:1].islower())
    check_words(record.pack, act, replace(told, to=parties), {})
    breaches = check_gates(record, deed, told)
    check_forms(record, deed, told)
    more = {}
    if act == "extend":
        found = _without_extension(tx.sql, record, duty.id if duty else "")
        until = delays.new_limit(record.pack, duty, found, said, tx.now)
        more = {"until": until, "approver": said.approver}
    if act == "circulate":
        breaches += _excused(tx.sql, record, deed, told)
    fact = fact_of(FACTS[act], told, breaches, **more)
    matter = replace(docket.matter, unit=unit)
    appended = tx.append(matter, [fact], By(officer.actor, at))
    MODEL.note(tx.sql, appended.events)
    _follow(tx, docket, appended.events[-1])
    return answer(tx, appended, docket.matter, docket.number)


def _settle(
    tx: Transaction, docket: _Docket, command: SettleLateRecord, officer: Officer
) -> Answer:
    fact = delays.settle(docket_of(docket.history), docket.record.pack, command)
    appended = tx.append(docket.matter, [fact], By(officer.actor, tx.now))
    MODEL.note(tx.sql, appended.events)
    _follow(tx, docket, appended.events[-1])
    return answer(tx, appended, docket.matter, docket.number)


def _follow(tx: Transaction, docket: _Docket, event: Recorded) -> None:
    if docket.matter.kind == "docket":
        heard = matters.matter(tx.sql, docket.matter.id)
        assert heard is not None
        follow(tx, docket.matter.id, heard, docket.record.pack, event)


def _of_matter(tx: Transaction, incident: UUID, name: str) -> _Docket:
    heard = matters.matter(tx.sql, incident)
    assert heard is not None  # its number is known from its registration
    if heard.standing == "imported":
        raise Refused(
            "matter.imported",
            "导入的历史事件不催办、不裁定。",
            "请另行登记需要办理的事项。",
            "incident",
        )
    pack, subject, history = pack_by_pin(tx.sql, heard.pin), heard.subject, tx.load(incident)
    own = own_deeds(history)
    done = [*matters.deeds(tx.sql, incident), *matters.declared(tx.sql, subject.unit), *own]
    matter = Matter("docket", incident, subject.unit, incident, pack.pin)
    return _Docket(matter, name, Record(pack, subject, done), history)


def _of_period(tx: Transaction, code: str, duty: str | None) -> _Docket:
    if duty is None:
        raise delays.missing_duty()
    rule, _, period = duty.rpartition("#")
    docket = period_id(code, rule, period)
    row = tables.duty_of(tx.sql, docket, duty)
    if row is None:
        raise delays.unknown_duty(duty)
    history = tx.load(docket)
    pack = pack_by_pin(tx.sql, row.policy)
    began = history[0].envelope.recorded_at
    own = own_deeds(history)
    subject = Subject(code, began, began, kind="unit")
    matter = Matter("period", docket, code, unit_id(code), pack.pin)
    return _Docket(matter, duty, Record(pack, subject, own), history)


def _about(said: DelayParticulars, act: str, number: str | None, duty: str) -> Told:
    """The act's words, with the rule it is about and the unit whose duty that is."""
    told, each = said.told, each_of(duty)
    if number is not None:
        told = replace(told, of=number)
    if each and act in TO_A_UNIT and each not in told.to:
        told = replace(told, to=(*told.to, each))
    return told


def _speaking(act: str, duty: str, docket: _Docket, officer: Officer) -> str:
    """Whose act it is: an explanation is that of the unit that owes, whoever puts it on record."""
    if act == "explain":
        owing = docket.matter.unit if docket.matter.kind == "period" else each_of(duty)
        return owing or officer.unit
    return docket.matter.unit


def _without_extension(sql: Sql, record: Record, duty: str) -> Outlook | None:
    deeds = [deed for deed in record.deeds if deed.act != "extend"]
    found = outlook(record.pack, calendar(sql), record.matter, deeds)
    return next((each for each in found if str(each.key) == duty), None)


def _excused(sql: Sql, record: Record, deed: Deed, told: Told) -> tuple[str, ...]:
    """The rules that a circulation breaks if it has happened; raises Refused otherwise."""
    if record.matter.kind == "unit":
        return ()
    found = outlook(record.pack, calendar(sql), record.matter, record.deeds)
    rules = delays.check_not_explained(found, record.pack, deed)
    if rules and not told.happened:
        raise delays.explained(rules)
    return rules


def _check_concerned(
    sql: Sql, incident: UUID, docket: _Docket, said: DelayParticulars, officer: Officer
) -> None:
    """Officers act for the unit that registered, that leads, or whose duty it is, or from above."""
    units = filter(None, [tables.lead_of(sql, incident), each_of(said.duty or "")])
    if not any(is_within(sql, unit, officer.unit) for unit in units):
        check_within(sql, docket.record.matter.unit, officer.unit)


def _moment(tx: Transaction, occurred_at: datetime | None) -> datetime:
    check_past(occurred_at, tx.now)
    return occurred_at or tx.now
