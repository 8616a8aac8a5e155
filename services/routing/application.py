"""Routing's commands on matters: load, decide, append; the only user of its store."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

from services.routing import tables
from services.routing.acts import SIGNED_BY_UNIT
from services.routing.case import CASE, SEVERITY
from services.routing.commands import (
    ApproveReply,
    Asked,
    AssignIncident,
    CaseCommand,
    CloseIncident,
    DraftReply,
    GradeIncident,
    PublishReply,
    RejectDraft,
    ReopenIncident,
    TakeAct,
)
from services.routing.overview import Overview, overview
from shared.acts.check import Record, Told, check_past
from shared.acts.deed import deed_of
from shared.aggregate import answer
from shared.clock import SHANGHAI, shown
from shared.contracts.acts import Judged
from shared.contracts.envelope import Recorded, associated_data, decode
from shared.contracts.routing import ReplyDrafted
from shared.copies import incidents, matters
from shared.copies.incidents import KnownIncident
from shared.copies.packs import pack_by_pin, pack_in_force
from shared.copies.units import check_within, is_within, known_unit, unit_id
from shared.errors import Refused
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

DRAFTS = UUID("8a4b8f5c-7f0e-5d43-9a1e-2f6d3c0b7e55")
"""Namespace from which a draft gets its id, so that a repeated request names the same draft."""

NOTHING = Told()
"""An act of which nothing in the words of the pack is said."""


class Drafted(Answer):
    """The answer to a draft, with the id under which it can be approved and published."""

    draft: UUID


class Assigned(Answer):
    """The answer to an assignment, with the number of its dispatch sheet (交办单号)."""

    sheet: str | None


@dataclass(frozen=True, slots=True)
class Words:
    """A reply's text with the keyed commitment to it."""

    text: str
    content: str


@dataclass(frozen=True, slots=True)
class Said:
    """Who says so, when it happened as claimed (else now), and under which request."""

    officer: Officer
    occurred_at: datetime | None = None
    request: Request | None = None


@dataclass(frozen=True, slots=True)
class Particulars:
    """What only some acts say; ``unit`` is the officer's where another is not named."""

    sets: Judged = field(default_factory=dict)
    units: tuple[str, ...] = ()
    unit: str | None = None
    state: str = ""
    on: bool = True
    satisfied: bool = False
    ground: str = ""


class Routing:
    """Who does what.

    Matters are named by number or id. Every command raises Unknown ``incident.unknown``, Refused
    ``unit.not-yours``, Invalid ``time.in-future`` and what ``case.py`` says. ``told`` is what is
    said in the words of the matter's pack.
    """

    def __init__(self, store: Store, vault: Vault) -> None:
        self.store = store
        self._vault = vault

    async def find(self, name: str) -> KnownIncident:
        """The matter as known here; raises Unknown ``incident.unknown``."""
        return await self.store.read(lambda sql: incidents.find(sql, name))

    async def overview(self, name: str, officer: Officer) -> Overview:
        """How far a matter got, who must still approve, and which gates are closed to what."""

        def look(sql: Sql) -> Overview:
            entry = incidents.find(sql, name)
            _check_involved(sql, entry, officer)
            history = self._history(sql, entry.id)
            record = _record(sql, entry, history)
            return overview(entry, CASE.fold(history), record, officer)

        return await self.store.read(look)

    async def grade(
        self,
        name: str,
        grade: str | None,
        grounds: str,
        said: Said,
        sets: Mapping[str, Sequence[str]] | None = None,
    ) -> Answer:
        """Judge it on axes of its pack, the severity being ``grade`` (定级)."""
        severity = {SEVERITY: (grade,)} if grade is not None else {}
        judged = {axis: tuple(values) for axis, values in (sets or {}).items()} | severity

        def work(tx: Transaction) -> Answer:
            entry = incidents.find(tx.sql, name)
            check_within(tx.sql, entry.unit, said.officer.unit)
            by = _by(tx, said)
            asked = _asked(tx, entry, said.officer, by, "grade", NOTHING, sets=judged)
            return act_on(tx, entry, GradeIncident(asked, judged, grounds), by)

        return await self._once(said, work)

    async def assign(
        self,
        name: str,
        lead: str,
        co_handling: Sequence[str],
        instruction: str,
        said: Said,
        told: Told = NOTHING,
    ) -> Assigned:
        """Make units responsible (交办); raises Invalid ``unit.unknown`` too."""
        await self._ensure(name, told)

        def work(tx: Transaction) -> Answer:
            entry = incidents.find(tx.sql, name)
            check_within(tx.sql, entry.unit, said.officer.unit)
            by = _by(tx, said)
            known, units = _responsible(tx.sql, lead, co_handling), (lead, *co_handling)
            asked = _asked(tx, entry, said.officer, by, "assign", told, known, units=units)
            sheet = tables.next_sheet(tx.sql, tx.source.node, tx.now.astimezone(SHANGHAI).year)
            command = AssignIncident(asked, lead, tuple(co_handling), instruction, sheet)
            return act_on(tx, entry, command, by)

        def numbered(tx: Transaction) -> Assigned:
            done = once(tx, said.request, work)
            sheet = CASE.fold(tx.load(incidents.find(tx.sql, name).id)).assigned
            return Assigned(**done.model_dump(), sheet=sheet.sheet if sheet else None)

        return await self.store.write(numbered)

    async def draft(
        self,
        name: str,
        kind: str,
        text: str,
        said: Said,
        told: Told = NOTHING,
    ) -> Drafted:
        """Write a reply or other paper (拟稿)."""
        draft = uuid5(DRAFTS, said.request.key) if said.request else uuid4()
        words = await self._commit((await self._ensure(name, told)).id, text)

        def work(tx: Transaction) -> Answer:
            entry = _handled(tx.sql, name, said.officer)
            by = _by(tx, said)
            asked = _asked(tx, entry, said.officer, by, "draft", told)
            return act_on(tx, entry, DraftReply(asked, draft, kind, words.text, words.content), by)

        done = await self._once(said, work)
        return Drafted(**done.model_dump(), draft=draft)

    async def approve(
        self,
        name: str,
        draft: UUID | None,
        said: Said,
        told: Told = NOTHING,
    ) -> Answer:
        """Approve a draft, or else the latest (审定)."""

        def work(tx: Transaction) -> Answer:
            entry = _handled(tx.sql, name, said.officer)
            by = _by(tx, said)
            asked = _asked(tx, entry, said.officer, by, "approve", told)
            return act_on(tx, entry, ApproveReply(asked, draft), by)

        return await self._once(said, work)

    async def reject(
        self,
        name: str,
        draft: UUID | None,
        reason: str,
        said: Said,
    ) -> Answer:
        """Send a draft, or else the latest, back to its writer (驳回)."""

        def work(tx: Transaction) -> Answer:
            entry = _handled(tx.sql, name, said.officer)
            by = _by(tx, said)
            asked = _asked(tx, entry, said.officer, by, "reject", NOTHING)
            return act_on(tx, entry, RejectDraft(asked, draft, reason), by)

        return await self._once(said, work)

    async def publish(
        self,
        name: str,
        draft: UUID | None,
        text: str | None,
        channel: str,
        said: Said,
        told: Told = NOTHING,
        promised: datetime | None = None,
    ) -> Answer:
        """Give a draft, or else the one approved last, to the public (发布).

        Without ``text`` it is the draft's own; another text is refused. Its kind is the draft's
        where ``told`` names none.
        """
        incident = (await self._ensure(name, told)).id
        given = None if text is None else await self._commit(incident, text)
        known = {"channel": channel} | ({"promised": shown(promised)} if promised else {})

        def work(tx: Transaction) -> Answer:
            entry = _handled(tx.sql, name, said.officer)
            by = _by(tx, said)
            asked = _asked(tx, entry, said.officer, by, "publish", told, known)
            words = given or self._drafted(tx.load(entry.id), entry, draft, told.happened)
            named = known_unit(tx.sql, entry.concerned).name
            command = PublishReply(
                asked, draft, words.text, words.content, channel, named, promised
            )
            return act_on(tx, entry, command, by)

        return await self._once(said, work)

    async def take(
        self,
        name: str,
        act: str,
        told: Told,
        particulars: Particulars,
        said: Said,
    ) -> Answer:
        """Any other act on a matter, in the words of its pack."""
        await self._ensure(name, told)

        def work(tx: Transaction) -> Answer:
            entry = incidents.find(tx.sql, name)
            unit = _acting_unit(tx.sql, entry, act, particulars, said.officer)
            by = _by(tx, said)
            speaking = _speaking(entry, said.officer)
            deed = {"unit": speaking} | _deed_of(act, particulars, unit)
            asked = _asked(tx, entry, said.officer, by, act, _worded(told, particulars), **deed)
            return act_on(tx, entry, _taken(asked, told, particulars, unit), by, speaking)

        return await self._once(said, work)

    async def declare_for_unit(
        self,
        code: str,
        told: Told,
        particulars: Particulars,
        said: Said,
    ) -> Answer:
        """Declare a state of a unit, and of all under it, on or off (宣布)."""
        day = unit_id(code)
        await self._ensure_key(day, told)

        def work(tx: Transaction) -> Answer:
            check_within(tx.sql, known_unit(tx.sql, code).code, said.officer.unit)
            by = _by(tx, said)
            record = _record_of_unit(tx, code)
            deed = _deed_of("declare", particulars, code)
            attempted = _attempt(
                tx, said.officer, by, "declare", _worded(told, particulars), **deed
            )
            asked = Asked(said.officer.id, "open", record, attempted, told)
            command = replace(_taken(asked, told, particulars, code), whose="unit")
            matter = Matter("unit-day", day, code, day, record.pack.pin)
            appended = CASE.handle(tx, matter, command, by)
            tables.MODEL.note(tx.sql, appended.events)
            done = answer(tx, appended, matter, code)
            return done.model_copy(update={"incident": None})

        return await self._once(said, work)

    async def close(
        self,
        name: str,
        note: str,
        said: Said,
        told: Told = NOTHING,
    ) -> Answer:
        """End the handling (办结); what several units handle is closed by the lead or above it."""
        await self._ensure(name, told)

        def work(tx: Transaction) -> Answer:
            entry = _handled(tx.sql, name, said.officer)
            if entry.co_handling:
                check_within(tx.sql, entry.concerned, said.officer.unit)
            by = _by(tx, said)
            asked = _asked(tx, entry, said.officer, by, "close", told)
            return act_on(tx, entry, CloseIncident(asked, note), by)

        return await self._once(said, work)

    async def reopen(
        self,
        name: str,
        grounds: str,
        said: Said,
    ) -> Answer:
        """Go on with the handling because of something new (重启)."""

        def work(tx: Transaction) -> Answer:
            entry = _handled(tx.sql, name, said.officer)
            by = _by(tx, said)
            asked = _asked(tx, entry, said.officer, by, "reopen", NOTHING)
            return act_on(tx, entry, ReopenIncident(asked, grounds), by)

        return await self._once(said, work)

    def _history(self, sql: Sql, case: UUID) -> list[Recorded]:
        """Every event of a case, without writing."""
        rows = sql.all(
            "SELECT state FROM stored_events WHERE originator_id = ? ORDER BY originator_version",
            (self.store.recorder.spell_id(case),),
        )
        return [decode(bytes(row["state"])) for row in rows]

    async def _once(self, said: Said, work: Callable[[Transaction], Answer]) -> Answer:
        return await self.store.write(lambda tx: once(tx, said.request, work))

    async def _ensure(self, name: str, told: Told) -> KnownIncident:
        """The matter, with a data key for the act's own words where it has any."""
        entry = await self.find(name)
        await self._ensure_key(entry.id, told)
        return entry

    async def _ensure_key(self, matter: UUID, told: Told) -> None:
        if told.text or told.fields:
            await asyncio.to_thread(self._vault.ensure, [key_id(matter, "matter")])

    async def _commit(self, incident: UUID, text: str) -> Words:
        key = key_id(incident, "reply")
        await asyncio.to_thread(self._vault.ensure, [key])
        return Words(text, await asyncio.to_thread(self._vault.commitment, key, text))

    def _drafted(
        self, events: Sequence[Recorded], entry: KnownIncident, draft: UUID | None, happened: bool
    ) -> Words:
        """The words of the draft that is meant; none if there is no such draft."""
        wanted = CASE.fold(events).to_publish(draft, happened=happened)
        for event in events:
            if isinstance(event.fact, ReplyDrafted) and event.fact.draft == wanted:
                text = self._vault.open(event.fact.text, associated_data(event.raw, "text"))
                return Words(text, self._vault.commitment(key_id(entry.id, "reply"), text))
        return Words("", "")  # the decision says what is missing


def act_on(
    tx: Transaction, entry: KnownIncident, command: CaseCommand, by: By, speaking: str | None = None
) -> Answer:
    """Decide a command on a case under the rules it is pinned to, and keep what that says.

    ``speaking`` is the unit whose act it is, where that is not the one that has it in hand.
    """
    heard = matters.matter(tx.sql, entry.id)
    pin = pack_by_pin(tx.sql, heard.pin if heard else None).pin
    matter = replace(tables.case_of(entry), unit=speaking or entry.concerned, policy=pin)
    appended = CASE.handle(tx, matter, command, by)
    tables.MODEL.note(tx.sql, appended.events)
    return answer(tx, appended, matter, entry.number)


def _asked(
    tx: Transaction,
    entry: KnownIncident,
    officer: Officer,
    by: By,
    act: str,
    told: Told,
    known: Mapping[str, str] | None = None,
    **deed: Any,
) -> Asked:
    attempted = _attempt(tx, officer, by, act, told, **({"unit": entry.concerned} | deed))
    record = _record(tx.sql, entry, tx.load(entry.id))
    return Asked(officer.id, entry.standing, record, attempted, told, known or {})


def _attempt(tx: Transaction, officer: Officer, by: By, act: str, told: Told, **deed: Any) -> Deed:
    """The act as rules will see it once it is recorded."""
    return Deed(
        id=uuid4(),
        act=act,
        at=by.occurred_at,
        recorded_at=tx.now,
        by=officer.post,
        kind=told.kind,
        to=told.to,
        of=told.of,
        **({"medium": told.medium} | deed),
    )


def _record(sql: Sql, entry: KnownIncident, history: Sequence[Recorded]) -> Record:
    """What an act is judged by: what intake said was done, and what the case itself says."""
    heard = matters.matter(sql, entry.id)
    if heard is None:
        raise matters.unknown_incident(sql, entry.number)
    own = [deed for event in history if (deed := deed_of(event))]
    heard_of = [*matters.deeds(sql, entry.id), *matters.declared(sql, heard.subject.unit)]
    return Record(pack_by_pin(sql, heard.pin), heard.subject, [*heard_of, *own])


def _record_of_unit(tx: Transaction, code: str) -> Record:
    """What a unit's own acts are judged by. Rules speak to it as they do of incidents."""
    subject = outlook.Matter(code, registered=tx.now, recorded_at=tx.now)
    return Record(pack_in_force(tx.sql, code), subject, matters.declared(tx.sql, code))


def _deed_of(act: str, told: Particulars, unit: str | None) -> dict[str, Any]:
    """What an act's particulars are to the rules."""
    deed: dict[str, Any] = {"sets": told.sets, "units": told.units}
    if unit is not None:
        deed["unit"] = unit
    if act == "declare":
        deed |= {"medium": "on" if told.on else "off", "states": {told.state: told.on}}
    return deed


def _worded(told: Told, particulars: Particulars) -> Told:
    """To the rules, a state is the kind of declaring it."""
    return replace(told, kind=particulars.state) if particulars.state else told


def _taken(asked: Asked, told: Told, particulars: Particulars, unit: str | None) -> TakeAct:
    return TakeAct(
        asked=replace(asked, told=told),
        sets=particulars.sets,
        units=particulars.units,
        unit=unit or "",
        state=particulars.state,
        on=particulars.on,
        satisfied=particulars.satisfied,
        ground=particulars.ground,
    )


def _acting_unit(
    sql: Sql, entry: KnownIncident, act: str, told: Particulars, officer: Officer
) -> str | None:
    """The unit that an act is done by, where a unit does it for itself; it has to be concerned."""
    for unit in told.units:
        known_unit(sql, unit, field="units")
    if act not in SIGNED_BY_UNIT:
        _check_involved(sql, entry, officer)
        return None
    unit = known_unit(sql, told.unit or officer.unit).code
    check_within(sql, unit, officer.unit)
    if not any(is_within(sql, each, unit) for each in entry.involved):
        raise Refused(
            "unit.not-concerned",
            f"{unit} 没有参与这一事件的办理。",
            "请由登记单位、牵头单位、协办单位或其上级办理。",
            "unit",
        )
    return unit


def _speaking(entry: KnownIncident, officer: Officer) -> str:
    """Whose act it is: what a co-handling unit tells is its own, all else is the lead's."""
    return officer.unit if officer.unit in entry.co_handling else entry.concerned


def _check_involved(sql: Sql, entry: KnownIncident, officer: Officer) -> None:
    """Raises Refused ``unit.not-yours`` unless the officer's unit covers one that takes part."""
    if not any(is_within(sql, each, officer.unit) for each in entry.involved):
        check_within(sql, entry.concerned, officer.unit)


def _handled(sql: Sql, name: str, officer: Officer) -> KnownIncident:
    """The matter, if the officer's unit covers the one that registered it or the lead."""
    entry = incidents.find(sql, name)
    if not is_within(sql, entry.unit, officer.unit):
        check_within(sql, entry.concerned, officer.unit)
    return entry


def _responsible(sql: Sql, lead: str, co_handling: Sequence[str]) -> dict[str, str]:
    """The units named, as forms ask for them; raises Invalid ``unit.unknown``."""
    names = [known_unit(sql, unit, field="co_handling").name for unit in co_handling]
    return {
        "lead": known_unit(sql, lead, field="lead").name if lead.strip() else "",
        "responsible": "、".join(names),
    }


def _by(tx: Transaction, said: Said) -> By:
    check_past(said.occurred_at, tx.now)
    return By(said.officer.actor, said.occurred_at or tx.now)
