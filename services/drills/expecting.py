"""Expectations (期望): each compared with what is on record, expected and actual side by side."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

from services.deadlines.projections import DutyRow
from services.drills.evidence import Evidence
from services.drills.figures import figure_of
from services.drills.findings import Breach, Finding, breaches, findings
from services.drills.kinds import KINDS
from services.drills.script import Expectation
from services.drills.values import value_of
from shared.calendar.published import state_council
from shared.clock import SHANGHAI, shown, shown_limit
from shared.contracts.intake import SummaryMade
from shared.policy.deeds import Deed, first_met, fits
from shared.policy.patterns import Malformed, Pattern, read_pattern
from shared.policy.periods import Times, due_after
from shared.policy.rules import ArchiveItem, Schedule, Statistic
from shared.store.micros import from_micros, to_micros

EXACT = timedelta(seconds=1)
"""Moments and durations closer than this are the same: what is recorded has microseconds."""

STATES: Mapping[str, tuple[str, ...]] = {
    "running": ("running",),
    "met": ("met", "superseded", "settled_in_time"),
    "missed": ("missed", "met_late", "settled_late"),
    "late": ("met_late", "settled_late"),
    "overdue": ("missed",),
    "settled": ("settled_in_time", "settled_late"),
}
"""States of a duty as drills say them, and the verdicts that they mean; others are named as is."""


@dataclass(frozen=True, slots=True)
class Checked:
    """An expectation and what came of it; ``actual`` is what is on record."""

    said: str
    place: str
    holds: bool
    expected: str
    actual: str


@dataclass(frozen=True, slots=True)
class Asked:
    """An expectation with the values of its keys."""

    each: Expectation

    def __contains__(self, key: str) -> bool:
        return key in self.each.asked

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a key, or the default."""
        node = self.each.asked.get(key)
        return default if node is None else value_of(KINDS[self.each.kind][key], node)

    @property
    def about(self) -> str:
        return self.each.about


Answer = tuple[bool, str, str]
"""Whether it holds; expected; actual."""


def check(expectation: Expectation, evidence: Evidence) -> Checked:
    """Compare one expectation with the record."""
    holds, expected, actual = _CHECKS[expectation.kind](Asked(expectation), evidence)
    return Checked(expectation.said, str(expectation.place), holds, expected, actual)


# --- duties -------------------------------------------------------------------------------------


def duty(asked: Asked, evidence: Evidence) -> Answer:
    """A duty: which of them, and how they stand, or stood."""
    rows = [row for row in _rows(asked, evidence) if _is_meant(asked, evidence, row)]
    if asked.get("none"):
        return not rows, "没有这项义务", _shown(rows, evidence)
    if asked.get("state") == "unarmed":
        unarmed = evidence.pack.file.unarmed.get(asked.about)
        actual = f"未启用（{unarmed.why}）" if unarmed else _shown(rows, evidence)
        return unarmed is not None and not rows, "未启用", actual
    wanted = "、".join(_wanted(asked)) or "有这项义务"
    if not rows:
        return False, wanted, "没有这项义务"
    if "duties" in asked and len(rows) != asked.get("duties"):
        return False, f"{asked.get('duties')} 项", f"{len(rows)} 项：{_shown(rows, evidence)}"
    moment = asked.get("at")
    stood = [_as_happened(row, moment) if moment else row for row in rows]
    return all(_fits(asked, row) for row in stood), wanted, _shown(stood, evidence)


def _rows(asked: Asked, evidence: Evidence) -> Sequence[DutyRow]:
    if "known_at" in asked:
        return evidence.duties_known(asked.get("known_at"))
    return evidence.duties


def _is_meant(asked: Asked, evidence: Evidence, row: DutyRow) -> bool:
    rule = asked.about
    turn = row.duty.partition("#")[2] or "0"
    moment: datetime | None = asked.get("at")
    matter = evidence.incident(asked.get("incident")) if "incident" in asked else None
    return (
        (row.rule == rule or row.rule.split("/")[0] == rule)
        and matter in (None, row.incident)
        and ("unit" not in asked or evidence.unit(asked.get("unit")) == row.unit)
        and ("period" not in asked or _same_period(row.period, asked.get("period")))
        and ("recipient" not in asked or row.toward == asked.get("recipient"))
        and ("assignee" not in asked or row.toward == evidence.unit(asked.get("assignee")))
        and ("turn" not in asked or int(turn) == asked.get("turn") - 1)
        and (moment is None or from_micros(row.start) <= moment)
    )


def _same_period(period: str | None, wanted: str) -> bool:
    return period is not None and (period == wanted or period.startswith(f"{wanted}/"))


def _as_happened(row: DutyRow, moment: datetime) -> DutyRow:
    """The duty as it stood at a moment, by what had happened by then as far as is known now."""
    at = to_micros(moment)
    if row.done_at is not None and row.done_at <= at:
        return row
    if row.state == "cancelled":
        return row
    overdue = row.due is not None and at > row.due
    state: Any = "missed" if overdue else "running"
    return replace(row, state=state, done_at=None, late_seconds=None, spare_seconds=None)


def _wanted(asked: Asked) -> Iterator[str]:
    for key, word in DUTY_WORDS.items():
        if key in asked:
            yield f"{word} {_worded(key, asked.get(key))}"


DUTY_WORDS = {
    "state": "状态",
    "start": "起算",
    "due": "到期",
    "done_at": "办于",
    "late_by": "迟",
    "spare": "余",
    "took": "用时",
    "because": "因",
    "provisional": "暂定",
    "count": "次数",
    "shortfall": "欠",
    "gap": "无人在岗",
    "leaderless": "无带班领导",
}


def _worded(key: str, value: Any) -> str:
    match value:
        case datetime():
            return shown_limit(value) if key == "due" else shown(value)
        case timedelta():
            return worded_span(int(value.total_seconds()))
        case bool():
            return "是" if value else "否"
        case list():
            return "、".join(map(str, value)) or "无"
        case _:
            return str(value)


def _fits(asked: Asked, row: DutyRow) -> bool:
    return all(test(asked.get(key), row) for key, test in _TESTS.items() if key in asked)


def is_state(wanted: str, row: DutyRow) -> bool:
    """Whether a duty stands as a drill's word says."""
    match wanted:
        case "open":
            return row.state == "running" and row.due is None
        case "provisional":
            return row.state == "running" and bool(row.provisional)
        case _:
            return row.state in STATES.get(wanted, (wanted,))


def _moment_is(wanted: datetime, micros: int | None) -> bool:
    return micros is not None and abs(from_micros(micros) - wanted) < EXACT


def _span_is(wanted: timedelta, seconds: int | None) -> bool:
    return seconds is not None and abs(timedelta(seconds=seconds) - wanted) <= EXACT


def _late_is(wanted: timedelta, row: DutyRow) -> bool:
    return row.late_seconds is not None and row.late_seconds == int(wanted.total_seconds())


_TESTS: Mapping[str, Callable[[Any, DutyRow], bool]] = {
    "state": is_state,
    "start": lambda wanted, row: _moment_is(wanted, row.start),
    "due": lambda wanted, row: _moment_is(wanted, row.due),
    "done_at": lambda wanted, row: _moment_is(wanted, row.done_at),
    "late_by": _late_is,
    "spare": lambda wanted, row: _span_is(wanted, row.spare_seconds),
    "took": lambda wanted, row: _span_is(wanted, row.took_seconds),
    "because": lambda wanted, row: row.because == wanted,
    "provisional": lambda wanted, row: bool(row.provisional) == wanted,
    "count": lambda wanted, row: row.count_done == wanted,
    "shortfall": lambda wanted, row: shortfall(row) == wanted,
    "gap": lambda wanted, row: _span_is(wanted, row.gap_seconds or 0),
    "leaderless": lambda wanted, row: _span_is(wanted, row.leaderless_seconds or 0),
}


def shortfall(row: DutyRow) -> int:
    """How often it is still to be done."""
    return max((row.count_wanted or 0) - (row.count_done or 0), 0)


def _shown(rows: Sequence[DutyRow], evidence: Evidence) -> str:
    return "；".join(shown_duty(row, evidence) for row in rows) or "没有这项义务"


def shown_duty(row: DutyRow, evidence: Evidence) -> str:
    """One duty in short: whose, how it stands, when it was due."""
    whose = row.toward and f"{evidence_unit(row.toward, evidence)}："
    parts = [f"{row.state}"]
    if row.due is not None:
        parts.append(f"到期 {shown_limit(from_micros(row.due))}")
    if row.done_at is not None:
        parts.append(f"办于 {shown(from_micros(row.done_at))}")
    if row.late_seconds is not None:
        parts.append(f"迟 {worded_span(row.late_seconds)}")
    if row.took_seconds is not None:
        parts.append(f"用时 {worded_span(row.took_seconds)}")
    if row.count_done is not None:
        parts.append(f"次数 {row.count_done}，欠 {shortfall(row)}")
    if row.gap_seconds:
        parts.append(f"无人在岗 {worded_span(row.gap_seconds)}")
    if row.leaderless_seconds:
        parts.append(f"无带班领导 {worded_span(row.leaderless_seconds)}")
    if row.because:
        parts.append(f"因 {row.because}")
    return f"{whose}{'，'.join(parts)}"


def evidence_unit(toward: str, evidence: Evidence) -> str:
    """A unit's name, or the party's."""
    names = {unit.code: unit.name for unit in evidence.drill.units}
    return names.get(toward) or evidence.pack.parties.get(toward, toward)


def worded_span(seconds: int) -> str:
    """So long, as people say it."""
    days, rest = divmod(abs(seconds), 86400)
    parts = [(days, "天"), (rest // 3600, "小时"), (rest // 60 % 60, "分"), (rest % 60, "秒")]
    return "".join(f"{n}{unit}" for n, unit in parts if n) or "0秒"


# --- the other kinds ----------------------------------------------------------------------------


def ledger(asked: Asked, evidence: Evidence) -> Answer:
    """A row of the ledger, and what its file still lacks."""
    row = evidence.ledger.get(evidence.incident(asked.about))
    if row is None:
        return False, "台账有这一行", "台账没有这个事件"
    has: Mapping[str, str] = asked.get("has", {})
    actual = {key: _cell(row, key, evidence) for key in has}
    missing = _missing(asked.about, evidence)
    wanted = asked.get("missing")
    right = actual == has and (wanted is None or _all_named(wanted, missing))
    expected = _pairs(has) + (f"；缺 {'、'.join(wanted) or '无'}" if wanted is not None else "")
    lacking = "、".join(missing.values()) or "无"
    return right, expected, _pairs(actual) + (f"；缺 {lacking}" if wanted is not None else "")


def _cell(row: Any, key: str, evidence: Evidence) -> str:
    if key == "reply":
        return "published" if row.published_at is not None else "none"
    value = getattr(row, key, None)
    if key in ("posted_at", "registered_at", "published_at", "closed_at", "due") and value:
        return shown(from_micros(value))[:-3]
    if key in ("unit", "lead"):
        return next((u.key for u in evidence.drill.units if u.code == value), str(value))
    return "none" if value is None else str(value)


def _missing(name: str, evidence: Evidence) -> Mapping[str, str]:
    """The required items that the matter's file lacks: number and name."""
    deeds = evidence.deeds(evidence.incident(name))
    return {
        number: item.zh
        for number, item in evidence.pack.of(ArchiveItem).items()
        if item.required and item.holds and first_met(evidence.pack, item.holds, deeds) is None
    }


def _all_named(wanted: Sequence[str], missing: Mapping[str, str]) -> bool:
    both = list(missing.items())
    return len(wanted) == len(both) and all(any(each in pair for pair in both) for each in wanted)


def _pairs(has: Mapping[str, str]) -> str:
    return "，".join(f"{key} {value}" for key, value in has.items())


def trail(asked: Asked, evidence: Evidence) -> Answer:
    """Acts on the trail of an incident: there, not there, in that order."""
    deeds = evidence.deeds(evidence.incident(asked.about))
    acts = [_act(deed) for deed in deeds]
    order = asked.get("order", [])
    held = _in_order(order, deeds, evidence)
    has = all(_found(text, deeds, evidence) for text in asked.get("has", []))
    absent = not any(_found(text, deeds, evidence) for text in asked.get("not", []))
    expected = "；".join(
        f"{word} {'、'.join(asked.get(key))}"
        for key, word in (("order", "依次"), ("has", "有"), ("not", "没有"))
        if key in asked
    )
    return held and has and absent, expected, "、".join(acts) or "没有记录"


def _act(deed: Deed) -> str:
    to = f" > {','.join(deed.to)}" if deed.to else ""
    return f"{deed.act}{f':{deed.kind}' if deed.kind else ''}{to}"


def _in_order(order: Sequence[str], deeds: Sequence[Deed], evidence: Evidence) -> bool:
    rest = iter(deeds)
    return all(any(_is(text, deed, evidence) for deed in rest) for text in order)


def _found(text: str, deeds: Sequence[Deed], evidence: Evidence) -> bool:
    return any(_is(text, deed, evidence) for deed in deeds)


def _is(text: str, deed: Deed, evidence: Evidence) -> bool:
    pattern = _pattern(text)
    if pattern is None:
        return text in (f"{deed.act}:{deed.of}", deed.act)
    return fits(evidence.pack, pattern, deed)


def _pattern(text: str) -> Pattern | None:
    try:
        return read_pattern(text)
    except Malformed:
        return None  # what no act is: a duty that was missed


def finding(asked: Asked, evidence: Evidence) -> Answer:
    """A finding, computed or by people."""
    found = [each for each in findings(evidence) if _found_so(asked, evidence, each)]
    every = findings(evidence)
    actual = "；".join(
        f"{each.kind}（{each.rule}，{'、'.join(each.evidence)}）" for each in found or every
    )
    if asked.get("none"):
        return not found, "没有这项认定", actual if found else "没有"
    return bool(found), f"有认定 {asked.about}", actual or "没有任何认定"


def _found_so(asked: Asked, evidence: Evidence, each: Finding) -> bool:
    return (
        asked.about in (each.kind, each.rule)
        and _matter_is(asked, evidence, each.matter)
        and _unit_is(asked, evidence, each.unit, each.matter)
        and set(asked.get("evidence", [])) <= set(each.evidence)
        and asked.get("of") in (None, each.rule)
    )


def _matter_is(asked: Asked, evidence: Evidence, matter: str) -> bool:
    return "incident" not in asked or evidence.incident(asked.get("incident")) == matter


def _unit_is(asked: Asked, evidence: Evidence, unit: str, matter: str) -> bool:
    if "unit" not in asked:
        return True
    wanted = asked.get("unit")
    if wanted not in {each.key for each in evidence.drill.units}:
        row = evidence.ledger.get(matter)  # a party: the unit that has the matter in hand
        return row is None or unit in (row.unit, row.lead)
    return evidence.unit(wanted) == unit


def breach(asked: Asked, evidence: Evidence) -> Answer:
    """A gate that was broken by what had happened."""
    every = breaches(evidence)
    found = [each for each in every if _broken_so(asked, evidence, each)]
    actual = "；".join(f"{each.order} {each.rule}（{each.act}）" for each in found or every)
    if asked.get("none"):
        return not found, "没有这项违规", actual if found else "没有"
    return bool(found), f"有违规 {asked.about}", actual or "没有任何违规"


def _broken_so(asked: Asked, evidence: Evidence, each: Breach) -> bool:
    return (
        asked.about in ("any", each.order, each.rule, each.rule.split("/")[0])
        and _matter_is(asked, evidence, each.matter)
        and _unit_is(asked, evidence, each.unit, each.matter)
        and asked.get("rule") in (None, each.rule)
        and asked.get("act") in (None, each.act)
    )


def paper(asked: Asked, evidence: Evidence) -> Answer:
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
    expected = "；".join(
        f"{word} {'、'.join(asked.get(key))}"
        for key, word in (("has", "含"), ("not", "不含"))
        if key in asked
    )
    return right, expected or "有这份材料", "、".join(tells) or f"{len(papers)} 份材料, 内容为空"


PAPERS = {"daily_summary": "summarise", "zero_report": "zero_report", "shift_report": "shift"}


def _papers(asked: Asked, evidence: Evidence, wanted: str) -> Iterator[list[str]]:
    pattern = _pattern(wanted)
    for event in evidence.events:
        fact = event.fact
        found = _deed_of(event)
        if found is None or pattern is None or not fits(evidence.pack, pattern, found):
            continue
        matter = str(event.envelope.correlation)
        if not _matter_is(asked, evidence, matter):
            continue
        if "unit" in asked and evidence.unit(asked.get("unit")) != event.envelope.unit:
            continue
        if "period" in asked and getattr(fact, "period", None) != asked.get("period"):
            continue
        items = fact.items if isinstance(fact, SummaryMade) else ()
        yield [evidence.name_of(str(each)) for each in items] + list(getattr(fact, "filled", ()))


def _deed_of(event: Any) -> Deed | None:
    from shared.policy.recorded import _deed, deed_of  # noqa: PLC0415

    found = deed_of(event)
    act = getattr(event.fact, "ACT", None)
    return found if found is not None or act is None else _deed(event, act)


def figure(asked: Asked, evidence: Evidence) -> Answer:
    """A figure of the pack's statistics."""
    number = _statistic(asked.about, evidence)
    if number is None:
        return False, f"有统计指标 {asked.about}", "规则包没有这个指标"
    unit = evidence.unit(asked.get("unit")) if "unit" in asked else None
    since, until = (_day(asked.get(key), key == "to") for key in ("from", "to"))
    rule = evidence.pack.of(Statistic)[number]
    found = figure_of(evidence, rule, unit, since, until)
    wanted, of = asked.get("is"), asked.get("of")
    right = wanted is None or (found.value is not None and abs(found.value - wanted) < 1e-9)
    of_text = f"，共 {found.among}" if found.among is not None else ""
    expected = f"{wanted}" + (f"，共 {of}" if of is not None else "")
    return right and of in (None, found.among), expected, f"{found.value}{of_text}"


def _statistic(name: str, evidence: Evidence) -> str | None:
    """The number of a statistic, by its number or the name behind the last dot of it."""
    known = evidence.pack.of(Statistic)
    named = [number for number in known if name in (number, number.rsplit(".", 1)[-1])]
    return named[0] if named else None


def _day(text: str | None, ends: bool) -> datetime | None:
    if text is None:
        return None
    day = datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)
    return day + timedelta(days=int(ends))


def due_in(asked: Asked, evidence: Evidence) -> Answer:
    """On which days of a year a schedule falls due."""
    number = asked.get("duty")
    rule = evidence.pack.of(Schedule).get(number)
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


def warning(asked: Asked, evidence: Evidence) -> Answer:
    """What the pack leaves unarmed, and says so when it is loaded."""
    unarmed = evidence.pack.file.unarmed.get(asked.about)
    if unarmed is None:
        return False, f"{asked.about} 未启用", "规则包没有这样说"
    reason = asked.get("reason")
    return reason is None or reason in unarmed.why, reason or "未启用", unarmed.why


_CHECKS: Mapping[str, Callable[[Asked, Evidence], Answer]] = {
    "duty": duty,
    "ledger": ledger,
    "trail": trail,
    "finding": finding,
    "breach": breach,
    "paper": paper,
    "figure": figure,
    "due_in": due_in,
    "warning": warning,
}
