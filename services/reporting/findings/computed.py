"""Findings (追责情形): what duties, breaches and the pack's offences make of the record.

Lateness is computed; what is wrong, concealed or false is only ever found by people. When a duty
was missed while it waited for somebody else, what it waited for is part of the finding.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from uuid import UUID

from pydantic import ConfigDict

from services.reporting.duties.table import LATE, LoggedDuty
from services.reporting.findings.dossier import Dossier, LoggedAct
from services.reporting.packs import party_name
from services.reporting.trail.wording import ENDINGS
from shared.acts.vocabulary import ACTS
from shared.clock import nearest
from shared.contracts.envelope import Recorded
from shared.contracts.routing import StandingConflictFound
from shared.copies.units import unit_id
from shared.policy.engine.deeds import Deed, first_met, in_order
from shared.policy.engine.gates import closed
from shared.policy.engine.holding import debtor, in_hand
from shared.policy.engine.outlook import OF_DELAYS
from shared.policy.language.pack import Pack
from shared.policy.language.patterns import Pattern
from shared.policy.language.rules import Duty, Offence, Rule, Schedule
from shared.policy.language.speaking import demand

JUDGED = ("missed", *LATE, "recorded_late")
"""The states of a duty that something is found of."""

_WORDS = {"publish": "reply", "report": "report", "zero_report": "report", "summarise": "report"}
"""What was late, by the act that was due; other acts go by their own name."""

_TITLES = {
    "late_reply": "迟答复",
    "missed_reply": "逾期未答复",
    "late_report": "迟报",
    "missed_report": "漏报",
}

_NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Proof:
    """A log entry that shows it, and what was done or said there."""

    leaf: int
    act: str


@dataclass(frozen=True, slots=True)
class WaitedFor:
    """A gate that was closed when the limit passed: what was waited for, and since when (UTC)."""

    gate: str
    title: str
    needs: str
    since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A finding, as it is made, read and answered; moments are UTC.

    ``kind`` is the number of the pack's offence, or one of the general names such as
    ``late_reply``; ``rule`` is the duty or gate. ``basis`` is computed, human or pending (a
    person must settle a late record first). ``incident`` is none for what was owed in a unit's
    own days, and ``number`` is the incident's, once looked up. ``unit`` answered for it then,
    ``post`` is who acted, or who should have.
    """

    # An answer has every field, also where there is nothing to tell.
    __pydantic_config__ = ConfigDict(json_schema_serialization_defaults_required=True)

    kind: str
    title: str
    basis: str
    good: bool
    rule: str
    clause: str
    incident: str | None
    number: str | None = None
    period: str | None = None
    unit: str
    post: str
    limit: datetime | None = None
    actual: datetime | None = None
    late_seconds: int | None = None
    shortfall: int | None = None
    gap_seconds: int | None = None
    sanction: str | None = None
    evidence: tuple[Proof, ...] = field(default_factory=tuple)
    waiting: tuple[WaitedFor, ...] = field(default_factory=tuple)


_computed = partial(Finding, basis="computed", good=False)


def of_duty(pack: Pack | None, row: LoggedDuty, record: Dossier) -> Iterator[Finding]:
    """What a duty's verdict makes: the general finding, and the pack's offences that it is."""
    general = _general(pack, row, record)
    yield general
    if pack is not None and row.state != "recorded_late":
        on = "late" if row.state in LATE else "missed"
        reported = _what(pack, row) in ("reply", "report")
        deeds = [deed for deed in record.deeds if _is_of(deed, row)]
        yield from _offences(pack, general, on, deeds, by_default=reported)


def of_breach(
    pack: Pack | None, gate: str, matter: str, record: Dossier, leaf: int
) -> list[Finding]:
    """What a broken gate makes; nothing if the act is not in the dossier."""
    entry = next((each for each in record.entries if each.leaf == leaf), None)
    if entry is None:
        return []
    rule = pack.rules.get(gate) if pack else None
    general = _computed(
        kind="breach",
        title=f"违反前置条件：{rule.zh if rule else gate}",
        rule=gate,
        clause=(rule.clause or rule.zh) if rule else "",
        incident=incident_of(matter, entry.deed.unit),
        unit=entry.deed.unit,
        post=party_name(pack, entry.deed.by),
        actual=entry.deed.at,
        evidence=(Proof(leaf, entry.deed.act),),
    )
    deeds = record.deeds
    offences = _offences(pack, general, "breach", deeds, by_default=True) if pack else ()
    return [general, *offences]


def of_conflict(pack: Pack | None, event: Recorded, record: Dossier, leaf: int) -> Finding:
    """Who voided or linked a matter without knowing what had been published or closed of it."""
    fact = event.fact
    assert isinstance(fact, StandingConflictFound)
    shown = [each for each in record.entries if each.deed.id in (fact.ended, *fact.unknown)]
    ended = next((each.deed for each in shown if each.deed.id == fact.ended), None)
    return _computed(
        kind="standing_conflict",
        title=f"{ENDINGS[fact.because]}时不知已发布或已办结",
        rule="standing-conflict",
        clause="已发布、已办结的照旧, 事项继续办理",
        incident=str(event.envelope.correlation),
        unit=ended.unit if ended else event.envelope.unit,
        post=party_name(pack, ended.by) if ended else "",
        actual=ended.at if ended else event.envelope.occurred_at,
        evidence=(*(Proof(each.leaf, each.deed.act) for each in shown), Proof(leaf, "conflict")),
    )


def incident_of(matter: str, unit: str) -> str | None:
    """The matter, or none where it is a unit's own days."""
    return None if matter == str(unit_id(unit)) else matter


def _general(pack: Pack | None, row: LoggedDuty, record: Dossier) -> Finding:
    done = _done(pack, row, record)
    kind, title = _named(pack, row)
    unit = _answerable(pack, row, record)
    return _computed(
        kind=kind,
        title=title,
        basis="pending" if row.state == "recorded_late" else "computed",
        rule=row.rule,
        clause=row.clause,
        incident=incident_of(row.incident, unit) if row.period is None else None,
        period=row.period,
        unit=unit,
        post=party_name(pack, done[-1].deed.by if done else row.party),
        limit=nearest(row.due) if row.due is not None else None,
        actual=nearest(row.done_at) if row.done_at is not None else None,
        late_seconds=row.late_seconds,
        shortfall=row.shortfall or None,
        gap_seconds=row.gap_seconds,
        evidence=_evidence(row, done),
        waiting=tuple(_waiting(pack, row, record)) if pack and row.state != "recorded_late" else (),
    )


def _named(pack: Pack | None, row: LoggedDuty) -> tuple[str, str]:
    if row.state == "recorded_late":
        return "late_record", "迟录待裁定"
    verdict, what = ("late" if row.state in LATE else "missed"), _what(pack, row)
    kind = f"{verdict}_{what}"
    act = ACTS[what].title if what in ACTS else what
    return kind, _TITLES.get(kind, f"{act}{'迟办' if verdict == 'late' else '逾期未办'}")


def _what(pack: Pack | None, row: LoggedDuty) -> str:
    """What was owed: by the rule where the pack is known, else by what the event says of it."""
    act = next((each for each in _stops(pack, row) if each in ACTS), "shift")
    return _WORDS.get(act, act)


def _stops(pack: Pack | None, row: LoggedDuty) -> list[str]:
    """The acts by which it is done."""
    rule: Rule | None = pack.rules.get(row.rule) if pack else None
    stops = rule.stop.patterns() if isinstance(rule, Duty | Schedule) else ()
    return [each.act for each in stops] or re.findall(r"[a-z_]+", row.stop)


def _done(pack: Pack | None, row: LoggedDuty, record: Dossier) -> list[LoggedAct]:
    """The acts by which it was done, too late."""
    if row.done_at is None:
        return []
    acts, at = _stops(pack, row), nearest(row.done_at)
    return [each for each in record.entries if each.deed.act in acts and each.deed.at == at]


def _evidence(row: LoggedDuty, done: Sequence[LoggedAct]) -> tuple[Proof, ...]:
    """When it began, what was done, and the verdict."""
    leaves = [(row.started_leaf, "start"), *((e.leaf, e.deed.act) for e in done)]
    leaves.append((row.leaf, row.state))
    return tuple(Proof(leaf, act) for leaf, act in leaves if leaf is not None)


def _answerable(pack: Pack | None, row: LoggedDuty, record: Dossier) -> str:
    """The unit that owed it by its rule: the one named, else whoever led when the limit passed.

    What is the institution's own, or was in nobody's hand, the unit that registered it owed.
    """
    rule = pack.rules.get(row.rule) if pack else None
    whose = debtor(pack, rule) if pack and isinstance(rule, Duty) else None
    if row.period is not None or row.due is None or whose == "institution":
        return row.unit
    return row.assignee or in_hand(record.deeds, nearest(row.due)) or row.unit


def _waiting(pack: Pack, row: LoggedDuty, record: Dossier) -> Iterator[WaitedFor]:
    """The gates closed to what was owed when the limit passed.

    Where nothing had been drafted nobody was waited for: the delay is then the unit's own.
    """
    rule = pack.rules.get(row.rule)
    if not isinstance(rule, Duty) or record.subject is None or row.due is None:
        return
    due = nearest(row.due)
    before = in_order(deed for deed in record.deeds if max(deed.at, deed.recorded_at) <= due)
    seen: set[str] = set()
    for pattern in rule.stop.patterns():
        draft = _pending_draft(before)
        if pattern.act == "publish" and draft is None:
            continue
        attempted = _attempt(pattern, rule, draft, due)
        for each in closed(pack, record.subject, before, attempted):
            if each.gate.needs is not None and each.number not in seen:
                seen.add(each.number)
                since = draft.at if draft and pattern.act == "publish" else None
                needs = demand(pack, each.gate.needs)
                yield WaitedFor(each.number, each.gate.zh, needs, since)


def _pending_draft(before: Sequence[Deed]) -> Deed | None:
    """The paper that lay with others: the latest draft, unless it was sent back to its writer."""
    papers = [deed for deed in before if deed.act in ("draft", "reject")]
    return papers[-1] if papers and papers[-1].act == "draft" else None


def _attempt(pattern: Pattern, rule: Duty, draft: Deed | None, due: datetime) -> Deed:
    paper = draft if pattern.act == "publish" else None
    return Deed(
        id=_NOBODY,
        act=pattern.act,
        at=due,
        recorded_at=due,
        by=pattern.by or rule.who[0],
        kind=pattern.kind or (paper.kind if paper else None),
        to=(pattern.to,) if pattern.to else (),
        medium=pattern.medium,
        of=paper.of if paper else None,
    )


def _offences(
    pack: Pack, general: Finding, on: str, deeds: Sequence[Deed], *, by_default: bool
) -> Iterator[Finding]:
    """The pack's own names for it; one that names no duties is about replies and reports.

    ``deeds`` is what can excuse it.
    """
    for number, offence in pack.of(Offence).items():
        if offence.on is None or on not in offence.on.split("_or_"):
            continue
        if not _concerns(offence, general.rule) and (offence.duties or not by_default):
            continue
        if offence.unless and first_met(pack, offence.unless, deeds):
            continue
        yield replace(
            general,
            kind=number,
            title=offence.zh,
            good=offence.good,
            sanction=offence.sanction,
            clause=offence.clause or general.clause,
        )


def _is_of(deed: Deed, row: LoggedDuty) -> bool:
    """Whether what was said of a delay was said of this one: a unit explains its own alone."""
    if deed.act not in OF_DELAYS:
        return True
    own = deed.act != "explain" or row.assignee in (None, "", deed.unit)
    return own and deed.of in (None, row.rule)


def _concerns(offence: Offence, rule: str) -> bool:
    """Whether it names the rule, or the rule of the source that this is a part of."""
    return rule in offence.duties or rule.split("/", maxsplit=1)[0] in offence.duties
