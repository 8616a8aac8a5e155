"""How a matter stands (办理情况): the units' parts, who must still approve, what is shut. Pure."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from services.routing.handling import asks_for_reply
from services.routing.state import Approval, Case
from shared.acts.check import Record
from shared.contracts.catalogue import Contract
from shared.copies.matters import KnownIncident
from shared.identity.officer import Officer
from shared.policy.engine.deeds import Deed, in_order, met
from shared.policy.engine.gates import closed
from shared.policy.language.pack import Pack
from shared.policy.language.patterns import Demand, Pattern
from shared.policy.language.rules import Gate
from shared.policy.language.speaking import demand, parties, pattern


class PartOf(Contract):
    """A unit's part: assigned, accepted, done or returned."""

    unit: str
    standing: str


class ApprovalOf(Contract):
    """Who approved, in which post, of what kind."""

    officer: str
    post: str
    kind: str | None


class DraftOf(Contract):
    """A paper: its standing (drafted, approved, rejected, published) and who must still approve."""

    draft: UUID
    kind: str
    drafter: str
    standing: str
    approvals: tuple[ApprovalOf, ...]
    wanting: tuple[str, ...]


class ClosedGate(Contract):
    """A rule that stands in the way of an act now, and what it asks for, in words.

    ``flagged`` gates refuse nothing: the act is recorded with a breach.
    """

    rule: str
    act: str
    what: str
    wanting: tuple[str, ...]
    clause: str | None
    flagged: bool


class Overview(Contract):
    """How a matter stands, and under which rules (``policy`` is their pin)."""

    incident: UUID
    number: str
    unit: str
    standing: str
    policy: str
    judged: dict[str, tuple[str, ...]]
    states: tuple[str, ...]
    lead: str | None
    sheet: str | None
    parts: tuple[PartOf, ...]
    drafts: tuple[DraftOf, ...]
    answered: bool
    asks_for_reply: bool
    gates: tuple[ClosedGate, ...]


def overview(entry: KnownIncident, case: Case, record: Record, officer: Officer) -> Overview:
    """How the matter stands, as ``officer`` would meet its gates."""
    return Overview(
        incident=entry.id,
        number=entry.number,
        unit=entry.unit,
        standing="closed" if case.closed else entry.standing,
        policy=record.pack.pin,
        judged={**record.matter.sets, **case.judged},
        states=tuple(state for state, on in case.states.items() if on),
        lead=entry.lead,
        sheet=case.assigned.sheet if case.assigned else None,
        parts=tuple(PartOf(unit=u, standing=p.standing) for u, p in case.parts.items()),
        drafts=tuple(_draft(case, record, officer, draft) for draft in case.drafts),
        answered=case.answered,
        asks_for_reply=asks_for_reply(record),
        gates=() if case.closed else tuple(_gates(case, record, officer)),
    )


def _draft(case: Case, record: Record, officer: Officer, draft: UUID) -> DraftOf:
    told, of = case.drafts[draft], str(draft)
    standing = _standing(case, draft)
    attempted = _attempted(record, officer, Pattern("publish", told.kind), of)
    wanted = [
        each
        for gate in closed(record.pack, record.matter, record.deeds, attempted)
        if not gate.flagged
        for each in _wanting(record, gate.gate, of)
    ]
    if standing == "drafted":
        wanted = wanted or ["拟稿人以外的人审定"]
    return DraftOf(
        draft=draft,
        kind=told.kind,
        drafter=told.drafter,
        standing=standing,
        approvals=tuple(_approval(each) for each in case.approvals if each.of == of),
        wanting=() if standing in ("rejected", "published") else tuple(wanted),
    )


def _standing(case: Case, draft: UUID) -> str:
    if draft in case.published:
        return "published"
    if draft in case.rejected:
        return "rejected"
    return "approved" if draft in case.approved else "drafted"


def _approval(each: Approval) -> ApprovalOf:
    return ApprovalOf(officer=each.officer, post=each.post, kind=each.kind)


def _gates(case: Case, record: Record, officer: Officer) -> Iterator[ClosedGate]:
    """Each gate that is closed now to an act that it names."""
    paper = str(case.last_draft) if case.last_draft else None
    for number, gate in record.pack.of(Gate).items():
        for refused in gate.refuse:
            of = paper if refused.act in ("publish", "approve") else None
            attempted = _attempted(record, officer, refused, of)
            found = closed(record.pack, record.matter, record.deeds, attempted)
            if any(each.number == number for each in found):
                yield ClosedGate(
                    rule=number,
                    act=refused.act,
                    what=pattern(record.pack, refused),
                    wanting=tuple(_wanting(record, gate, of)),
                    clause=gate.clause,
                    flagged=gate.mode == "flag",
                )


def _attempted(record: Record, officer: Officer, wanted: Pattern, of: str | None) -> Deed:
    """The act that a pattern means, as if it were done by the officer now."""
    return Deed(
        id=UUID(int=0),
        act=wanted.act,
        at=record.matter.registered,
        recorded_at=record.matter.registered,
        by=wanted.by or officer.post,
        unit=officer.unit,
        kind=wanted.kind,
        to=(wanted.to,) if wanted.to else (),
        medium=wanted.medium,
        of=of,
    )


def _wanting(record: Record, gate: Gate, of: str | None) -> list[str]:
    """What is still to be done before a gate opens, in words."""
    if gate.only_by is not None:
        return [f"只能由{parties(record.pack, gate.only_by)}办理"]
    assert gate.needs is not None
    counted = [d for d in in_order(record.deeds) if d.act != "approve" or d.of == of]
    return _outstanding(record.pack, gate.needs, counted)


def _outstanding(pack: Pack, wanted: Demand, deeds: Sequence[Deed]) -> list[str]:
    if met(pack, wanted, deeds) is not None:
        return []
    match wanted.how:
        case "all":
            parts = (part if isinstance(part, Demand) else _one(part) for part in wanted.parts)
            return [words for part in parts for words in _outstanding(pack, part, deeds)]
        case "seq":
            reached = _reached(pack, wanted, deeds)
            return (
                [demand(pack, Demand("seq", wanted.parts[reached:]))]
                if reached
                else [demand(pack, wanted)]
            )
        case "count":
            made = sum(
                met(pack, Demand("count", wanted.parts, n + 1), deeds) is not None
                for n in range(wanted.times)
            )
            part = wanted.parts[0]
            return [
                f"{demand(pack, part if isinstance(part, Demand) else _one(part))}"
                f"还差 {wanted.times - made} 次"
            ]
        case _:
            return [demand(pack, wanted)]


def _reached(pack: Pack, wanted: Demand, deeds: Sequence[Deed]) -> int:
    """How many parts of a sequence are done."""
    lengths = range(1, len(wanted.parts))
    return sum(met(pack, Demand("seq", wanted.parts[:n]), deeds) is not None for n in lengths)


def _one(part: Pattern) -> Demand:
    return Demand("any", (part,))
