"""Routing takes acts on matters and, of declared states, on units; the only user of its store."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4, uuid5

from services.routing import tables
from services.routing.case import CASE, RULES, completed
from services.routing.overview import Overview, overview
from services.routing.state import Case
from shared.acts.body import (
    ApproveBody,
    AssessBody,
    AssignBody,
    DraftBody,
    Order,
    PublishBody,
    RejectBody,
    UnitsOwnBody,
)
from shared.acts.check import Record
from shared.acts.competence import check_competent, check_itself
from shared.acts.deed import deed_of
from shared.acts.take import Asked, Subject, Taker, unit_day
from shared.acts.vocabulary import Act
from shared.clock import SHANGHAI, shown
from shared.contracts.catalogue import Fact
from shared.contracts.envelope import Recorded, associated_data
from shared.contracts.routing import ReplyDrafted
from shared.contracts.sealed import Sealed
from shared.copies import matters
from shared.copies.matters import KnownIncident
from shared.copies.packs import pack_by_pin, pack_in_force
from shared.copies.units import check_within, is_within, known_unit
from shared.errors import Refused
from shared.identity.officer import Officer
from shared.policy.engine.holding import ever_assigned
from shared.room import key_id
from shared.store.requests import Answer, Request, answer
from shared.store.sql import Sql
from shared.store.transaction import By, Transaction

DRAFTS = UUID("8a4b8f5c-7f0e-5d43-9a1e-2f6d3c0b7e55")
"""Namespace from which a draft gets its id, so that a repeated request names the same draft."""


class Drafted(Answer):
    """The answer to a draft, with the id under which it can be approved and published."""

    draft: UUID


class OfDraft(Answer):
    """The answer to what is done with a draft: which one, and its text unless that was erased.

    ``draft`` is none where there was none to name.
    """

    draft: UUID | None
    text: str | None


class Assigned(Answer):
    """The answer to an assignment, with the number of its dispatch sheet (交办单号)."""

    sheet: str | None


class Routing(Taker[Case]):
    """Who does what. Matters are named by number or id, units by their code."""

    rules, model = RULES, tables.MODEL

    async def overview(self, name: str, officer: Officer) -> Overview:
        """How far a matter got, who must still approve, and which gates are closed to what."""

        def look(sql: Sql) -> Overview:
            entry = matters.find(sql, name)
            check_competent(sql, entry.involved.parties, officer)
            history = tables.history(sql, self.store.recorder.spell_id(entry.id))
            return overview(entry, CASE.fold(history), _record(sql, entry, history), officer)

        return await self.store.read(look)

    async def prepare(
        self, act: Act, name: str, body: Order, officer: Officer, request: Request | None
    ) -> dict[str, Any]:
        """A reply's words need its own key alone, and are committed to before the transaction."""
        if not isinstance(body, DraftBody | PublishBody):
            return await super().prepare(act, name, body, officer, request)
        ready: dict[str, Any] = {}
        if body.fields:
            ready |= await super().prepare(act, name, body, officer, request)
        if body.text is not None:
            ready |= await self._worded(await self.find_place(act, name), body.text)
        if isinstance(body, DraftBody):
            ready["draft"] = uuid5(DRAFTS, request.key) if request else uuid4()
        return ready

    def subject(self, tx: Transaction, asked: Asked) -> Subject[Case]:
        if asked.act.on == "unit":
            return _of_unit(tx, asked)
        entry = matters.find(tx.sql, asked.name)
        history = tx.load(entry.id)
        case, record = CASE.fold(history), _record(tx.sql, entry, history)
        former = _is_former(entry, record, asked)
        if not former:
            _check_competent(tx.sql, entry, asked)
        unit = asked.officer.unit if former else _speaking(entry, asked)
        pin = record.pack.pin
        stream = replace(tables.case_of(entry), unit=unit, policy=pin)
        asking = tables.appointments_of(tx.sql, asked.officer.id)
        case = replace(case, standing=entry.standing, asking=asking)
        return Subject(stream, entry.number, case, record, _known(tx.sql, asked.body))

    def made(self, tx: Transaction, subject: Subject[Case], asked: Asked) -> dict[str, Any]:
        body, made = (
            asked.body,
            completed(subject.state, asked.act, asked.body, subject.record.pack),
        )
        match body:
            case AssignBody():
                year = tx.now.astimezone(SHANGHAI).year
                return {"sheet": tables.next_sheet(tx.sql, tx.source.node, year)}
            case DraftBody():
                return dict(asked.ready)
            case PublishBody():
                named = {"named_unit": known_unit(tx.sql, subject.stream.unit).name}
                words = asked.ready or self._drafted(tx.load(subject.stream.id), made["draft"])
                return {**made, **named, **words}
            case UnitsOwnBody():
                return {"unit": body.unit or asked.officer.unit}
            case _:
                return made

    def told(self, tx: Transaction, asked: Asked, done: Answer) -> Answer:
        if asked.act.name == "draft":
            return Drafted(**done.model_dump(), draft=asked.ready["draft"])
        if isinstance(asked.body, ApproveBody | RejectBody | PublishBody):
            history = tx.load(matters.find(tx.sql, asked.name).id)
            return OfDraft(
                **done.model_dump(),
                draft=asked.body.draft,
                text=self._text(history, asked.body.draft),
            )
        if asked.act.name == "assign":
            sheet = CASE.fold(tx.load(matters.find(tx.sql, asked.name).id)).assigned
            return Assigned(**done.model_dump(), sheet=sheet.sheet if sheet else None)
        return done

    async def _worded(self, incident: UUID, text: str) -> dict[str, Any]:
        key = key_id(incident, "reply")
        await self.provide(key)
        content = await asyncio.to_thread(self.vault.commitment, key, text)
        return {"text": Sealed.of(text, subject="reply"), "content": content}

    def _text(self, events: Sequence[Recorded], draft: UUID | None) -> str | None:
        """The words of a draft, or none once they were erased."""
        for event in events:
            if isinstance(event.fact, ReplyDrafted) and event.fact.draft == draft:
                with suppress(Refused):
                    return self.vault.open(event.fact.text, associated_data(event.raw, "text"))
        return None

    def _drafted(self, events: Sequence[Recorded], draft: UUID | None) -> dict[str, Any]:
        """The words of a draft, and the commitment to them."""
        for event in events:
            if isinstance(event.fact, ReplyDrafted) and event.fact.draft == draft:
                text = self.vault.open(event.fact.text, associated_data(event.raw, "text"))
                content = self.vault.commitment(key_id(event.envelope.correlation, "reply"), text)
                return {"text": Sealed.of(text, subject="reply"), "content": content}
        return {"text": Sealed.of("", subject="reply"), "content": ""}  # the rules say what lacks


def act_on(
    tx: Transaction, entry: KnownIncident, decided: Callable[[Case], Sequence[Fact]], by: By
) -> Answer:
    """What is decided of a case apart from any act, kept under the rules it is pinned to."""
    heard = matters.matter(tx.sql, entry.id)
    pin = pack_by_pin(tx.sql, heard.pin if heard else None).pin
    case = replace(CASE.fold(tx.load(entry.id)), standing=entry.standing)
    stream = replace(tables.case_of(entry), policy=pin)
    appended = tx.append(stream, decided(case), by)
    tables.MODEL.note(tx.sql, appended.events)
    return answer(tx, appended, stream, entry.number)


def _record(sql: Sql, entry: KnownIncident, history: Sequence[Recorded]) -> Record:
    """What an act is judged by: what intake said was done, and what the case itself says."""
    heard = matters.matter(sql, entry.id)
    if heard is None:
        raise matters.unknown_incident(sql, entry.number)
    own = [deed for event in history if (deed := deed_of(event))]
    heard_of = [*matters.deeds(sql, entry.id), *matters.declared(sql, heard.subject.unit)]
    return Record(pack_by_pin(sql, heard.pin), heard.subject, [*heard_of, *own])


def _of_unit(tx: Transaction, asked: Asked) -> Subject[Case]:
    code = known_unit(tx.sql, asked.name).code
    check_within(tx.sql, code, asked.officer.unit)
    pin = pack_in_force(tx.sql, code).pin
    day, record = unit_day(tx, code, pin, matters.declared(tx.sql, code))
    case = replace(CASE.fold(tx.load(day.id)), whose="unit")
    return Subject(day, code, case, record)


def _is_former(entry: KnownIncident, record: Record, asked: Asked) -> bool:
    """Whether a unit tells what it did while it had the matter, which others have now."""
    unit = asked.officer.unit
    had = asked.act.name == "report" and unit in ever_assigned(record.deeds)
    return had and unit not in entry.involved.parties


def _check_competent(sql: Sql, entry: KnownIncident, asked: Asked) -> None:
    body, who = asked.body, asked.act.who
    if isinstance(body, AssessBody):
        for unit in body.units:
            known_unit(sql, unit, field="units")
    if isinstance(body, UnitsOwnBody):
        unit = known_unit(sql, body.unit or asked.officer.unit).code
        check_itself(sql, unit, entry.involved, asked.officer)
    elif asked.act.name == "close" and entry.co_handling:  # by the lead, or from above it
        check_competent(sql, [entry.concerned], asked.officer)
    else:
        check_competent(sql, entry.involved.competent(who), asked.officer)
    if isinstance(body, AssignBody):
        _check_below(sql, body, asked.officer)


def _check_below(sql: Sql, body: AssignBody, officer: Officer) -> None:
    """A unit assigns to itself and to those under it; raises Refused ``assign.not-below``."""
    named = [("lead", body.lead), *(("co_handling", unit) for unit in body.co_handling)]
    for field_, unit in named:
        if unit.strip() and not is_within(
            sql, known_unit(sql, unit, field=field_).code, officer.unit
        ):
            raise _not_below(unit, field_, officer)


def _not_below(unit: str, field_: str, officer: Officer) -> Refused:
    return Refused(
        "assign.not-below",
        f"您任职于 {officer.unit}, 只能交办给本单位及其下级, {unit} 不是。",
        "需要上级或其他单位办理的, 请提级（escalate）、移送（refer）, 或上报（report）请上级交办。",
        field_,
    )


def _speaking(entry: KnownIncident, asked: Asked) -> str:
    """Whose act it is: what a co-handling unit tells is its own, all else is the lead's."""
    party = asked.act.who in ("party", "itself")
    return (
        asked.officer.unit if party and asked.officer.unit in entry.co_handling else entry.concerned
    )


def _known(sql: Sql, body: Order) -> dict[str, str]:
    """What an act says that a form may ask for."""
    match body:
        case AssignBody():
            return _responsible(sql, body)
        case PublishBody():
            promised = {"promised": shown(body.promised)} if body.promised else {}
            return {"channel": body.channel, **promised}
        case _:
            return {}


def _responsible(sql: Sql, body: AssignBody) -> dict[str, str]:
    """The units named, as forms ask for them; raises Invalid ``unit.unknown``."""
    names = [known_unit(sql, unit, field="co_handling").name for unit in body.co_handling]
    return {
        "lead": known_unit(sql, body.lead, field="lead").name if body.lead.strip() else "",
        "responsible": "、".join(names),
    }
