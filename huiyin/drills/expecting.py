"""Expectations (期望): each compared with what is on record, expected and actual side by side."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

from huiyin.drills.checking import incident_names
from huiyin.drills.evidence import Answer, DrillEvidence
from huiyin.drills.kinds import PAPERS, end
from huiyin.drills.script import Expectation
from huiyin.drills.verdicts import duty, finding, matter_is
from services.reporting.findings.decisions import missing as lacking_items
from shared.acts.deed import deed_of
from shared.calendar.working import state_council
from shared.clock import SHANGHAI, from_micros, shown
from shared.contracts.intake import SummaryMade
from shared.copies.units import unit_id
from shared.policy.engine.deeds import Deed, as_recorded, fits
from shared.policy.engine.periods import (
    Times,
    acts_of,
    concerned,
    due_after,
    recurring,
    tells_of_the_day_before,
)
from shared.policy.language.pack import Pack
from shared.policy.language.patterns import Malformed, Pattern, read_pattern
from shared.policy.language.rules import Schedule, Statistic


@dataclass(frozen=True, slots=True)
class Checked:
    """An expectation and what came of it; ``actual`` is what is on record."""

    said: str
    place: str
    expected: str
    actual: str
    holds: bool


def check(expectation: Expectation, evidence: DrillEvidence) -> Checked:
    """Compare one expectation with the record."""
    holds, expected, actual = _CHECKS[expectation.kind](expectation, evidence)
    return Checked(expectation.said, str(expectation.place), expected, actual, holds)


def ledger(asked: Expectation, evidence: DrillEvidence) -> Answer:
    """A row of the ledger, and what its file still lacks."""
    row = evidence.ledger.get(evidence.incident(asked.about))
    if row is None:
        return False, "台账有这一行", "台账没有这个事件"
    has: Mapping[str, str] = asked.get("has", {})
    actual = {key: _cell(row, key, evidence) for key in has}
    deeds = evidence.deeds(row.incident)
    missing = {each.rule: each.title for each in lacking_items(evidence.pack, deeds)}
    wanted = asked.get("missing")
    right = actual == has and (wanted is None or _all_named(wanted, missing, evidence.pack))
    expected = _pairs(has) + (f"；缺 {'、'.join(wanted) or '无'}" if wanted is not None else "")
    lacking = "、".join(missing.values()) or "无"
    return right, expected, _pairs(actual) + (f"；缺 {lacking}" if wanted is not None else "")


def _cell(row: Any, key: str, evidence: DrillEvidence) -> str:
    if key == "reply":
        return "published" if row.published_at is not None else "none"
    value = getattr(row, key, None)
    if value is None and key in evidence.pack.axes:  # judged last, where there is no column
        told = [getattr(event.fact, "sets", {}) for event in evidence.of(row.incident)]
        judged = next((sets[key] for sets in reversed(told) if key in sets), ())
        return "、".join(judged) or "none"
    if key in ("posted_at", "registered_at", "published_at", "closed_at", "due") and value:
        return shown(from_micros(value))[:-3]
    if key in ("unit", "lead"):
        return evidence.key_of(str(value))
    return "none" if value is None else str(value)


def _all_named(wanted: Sequence[str], missing: Mapping[str, str], pack: Pack) -> bool:
    """Whether these are what is missing: each by its name, its number or the last part of that, or
    an item of the source it states.
    """
    meant = [{each, *pack.stated_by(each)} for each in wanted]
    named = [{number, end(number), title} for number, title in missing.items()]
    return len(meant) == len(named) and all(any(m & n for n in named) for m in meant)


def _pairs(has: Mapping[str, str]) -> str:
    return "，".join(f"{key} {value}" for key, value in has.items())


def trail(asked: Expectation, evidence: DrillEvidence) -> Answer:
    """Acts on the trail of an incident: there, not there, in that order."""
    deeds = _trail(asked.about, evidence)
    acts = [_act(deed) for deed in deeds]
    rest = iter(deeds)  # what was found is behind it
    held = all(_found(text, rest, evidence) for text in asked.get("order", []))
    has = all(_found(text, deeds, evidence) for text in asked.get("has", []))
    absent = not any(_found(text, deeds, evidence) for text in asked.get("not", []))
    expected = _expected(asked, order="依次", has="有", **{"not": "没有"})
    return held and has and absent, expected, "、".join(acts) or "没有记录"


def _expected(asked: Expectation, **words: str) -> str:
    """Which names are wanted, under the words for how."""
    told = [(word, asked.get(key)) for key, word in words.items() if key in asked]
    return "；".join(f"{word} {'、'.join(names)}" for word, names in told)


def _trail(name: str, evidence: DrillEvidence) -> Sequence[Deed]:
    """What was done about a matter, with the states of the unit declared over it."""
    over = {
        (step.at, str(step.given["state"].value))
        for step in evidence.drill.steps
        if step.act == "declare" and incident_names(step) == name and "state" in step.given
    }
    days = (evidence.deeds(str(unit_id(unit.code))) for unit in evidence.drill.units)
    declared = [
        deed
        for day in days
        for deed in day
        if deed.act == "declare" and any((deed.at, state) in over for state in deed.states)
    ]
    own = evidence.deeds(evidence.incident(name))
    return as_recorded([*own, *declared]) if declared else own


def _act(deed: Deed) -> str:
    to = f" > {','.join(deed.to)}" if deed.to else ""
    return f"{deed.act}{f':{deed.kind}' if deed.kind else ''}{to}"


def _found(text: str, deeds: Iterable[Deed], evidence: DrillEvidence) -> bool:
    pattern = _pattern(text)
    if pattern is None:
        return any(text in (f"{deed.act}:{deed.of}", deed.act) for deed in deeds)
    return any(fits(evidence.pack, pattern, deed) for deed in deeds)


def _pattern(text: str) -> Pattern | None:
    try:
        return read_pattern(text)
    except Malformed:
        return None  # what no act is: a duty that was missed


def paper(asked: Expectation, evidence: DrillEvidence) -> Answer:
    """What a summary or another paper tells of: incidents, or fields of its form."""
    wanted = PAPERS.get(asked.about, asked.about)
    papers = list(_papers(asked, evidence, wanted))
    if asked.get("none"):
        return not papers, "没有这份材料", f"{len(papers)} 份"
    tells = [name for each in papers for name in each]
    right = (
        bool(papers)
        and all(name in tells for name in asked.get("has", []))
        and not any(name in tells for name in asked.get("not", []))
    )
    expected = _expected(asked, has="含", **{"not": "不含"})
    return right, expected or "有这份材料", "、".join(tells) or f"{len(papers)} 份材料, 内容为空"


def _papers(asked: Expectation, evidence: DrillEvidence, wanted: str) -> Iterator[list[str]]:
    pattern = _pattern(wanted)
    for event in evidence.events:
        fact, found = event.fact, deed_of(event)
        if (
            found is not None
            and pattern is not None
            and fits(evidence.pack, pattern, found)
            and matter_is(asked, evidence, str(event.envelope.correlation))
            and ("unit" not in asked or evidence.unit(asked.get("unit")) == event.envelope.unit)
            and ("period" not in asked or asked.get("period") in _periods(found, evidence))
        ):
            items = fact.items if isinstance(fact, SummaryMade) else ()
            yield [*(evidence.name_of(str(each)) for each in items), *getattr(fact, "filled", ())]


def _periods(deed: Deed, evidence: DrillEvidence) -> set[str]:
    """The periods that a paper can be of: the one it names, or those in which it fell."""
    if deed.period is not None:
        return {deed.period}
    rules = [rule for rule in recurring(evidence.pack).values() if deed.act in acts_of(rule)]
    if tells_of_the_day_before(evidence.pack, deed):
        rules = [rule for rule in rules if isinstance(rule, Schedule) and rule.covers == "previous"]
    times = Times(state_council())
    return {turn.name for rule in rules for turn in concerned(rule, times, deed)}


def figure(asked: Expectation, evidence: DrillEvidence) -> Answer:
    """A figure of the pack's statistics."""
    number = _statistic(asked.about, evidence)
    if number is None:
        return False, f"有统计指标 {asked.about}", "规则包没有这个指标"
    told = evidence.figures[asked.place][number]
    value = told.value if told.n is None else told.value / told.n if told.n else None
    wanted, of = asked.get("is"), asked.get("of")
    right = wanted is None or (value is not None and abs(value - wanted) < 1e-9)
    expected = f"{wanted}" + (f"，共 {of}" if of is not None else "")
    actual = f"{value}" + (f"，共 {told.n}" if told.n is not None else "")
    return right and of in (None, told.n), expected, actual


def _statistic(name: str, evidence: DrillEvidence) -> str | None:
    """The number of a statistic, by an item that it states or the name behind the last dot."""
    stated = evidence.pack.stated_by(name)
    known = evidence.pack.of(Statistic)
    named = [n for n in known if n in stated or end(n) == name]
    return named[0] if named else None


def due_in(asked: Expectation, evidence: DrillEvidence) -> Answer:
    """On which days of a year a schedule falls due."""
    number = asked.get("duty")
    stated = evidence.pack.stated_by(number)
    rule = next((r for n, r in evidence.pack.of(Schedule).items() if n in stated), None)
    if rule is None:
        return False, f"{number} 是定期事项", "不是"
    dates = _due_dates(rule, int(asked.about))
    wanted = asked.get("dates", dates)
    conflicts = list(rule.clash)
    right = wanted == dates and asked.get("conflicts", conflicts) == conflicts
    expected = "、".join(wanted) + (
        f"；抵触 {asked.get('conflicts')}" if "conflicts" in asked else ""
    )
    return right, expected, "、".join(dates) + (f"；抵触 {conflicts}" if conflicts else "")


def _due_dates(rule: Schedule, year: int) -> list[str]:
    begins, ends = (datetime(each, 1, 1, tzinfo=SHANGHAI) for each in (year, year + 1))
    times = Times(state_council())
    turns = takewhile(lambda turn: turn.limit.due <= ends, due_after(rule, times, begins))
    days = [(turn.limit.due - timedelta(microseconds=1)).astimezone(SHANGHAI) for turn in turns]
    return [f"{day:%m-%d}" for day in days]


def warning(asked: Expectation, evidence: DrillEvidence) -> Answer:
    """What the pack leaves unarmed, and says so when it is loaded; or that it does not."""
    unarmed = evidence.pack.file.unarmed.get(asked.about)
    if asked.get("none"):
        return unarmed is None, "规则包没有这一条未启用", unarmed.why if unarmed else "没有"
    if unarmed is None:
        return False, f"{asked.about} 未启用", "规则包没有这样说"
    reason = asked.get("reason")
    return reason is None or reason in unarmed.why, reason or "未启用", unarmed.why


_CHECKS: Mapping[str, Callable[[Expectation, DrillEvidence], Answer]] = {
    "duty": duty,
    "ledger": ledger,
    "trail": trail,
    "finding": finding,
    "breach": finding,
    "paper": paper,
    "figure": figure,
    "due_in": due_in,
    "warning": warning,
}
