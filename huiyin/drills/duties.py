"""What is expected of duties (义务): which of them, and how they stand, or stood."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from huiyin.drills.evidence import Answer, DrillEvidence
from huiyin.drills.kinds import STATES, whole
from huiyin.drills.script import Expectation
from shared.clock import from_micros, shown, shown_limit, to_micros
from shared.duties import DutyRow
from shared.policy.engine.deeds import is_party

EXACT = timedelta(seconds=1)
"""Moments and durations closer than this are the same: what is recorded has microseconds."""


def duty(asked: Expectation, evidence: DrillEvidence) -> Answer:
    """A duty: which of them, and how they stand, or stood."""
    rows = _chosen(asked, evidence)
    if asked.get("none"):
        owed = any(row.state != "cancelled" for row in rows)
        return not owed, "没有这项义务", _shown(rows, evidence)
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


def _chosen(asked: Expectation, evidence: DrillEvidence) -> list[DutyRow]:
    """The duties chosen: those of the very number where there are any, else of all its parts.

    A number that no rule bears stands for the rules that say they are about it too.
    """
    stated = evidence.pack.stated_by(asked.about)
    rows = [row for row in _rows(asked, evidence) if _is_meant(asked, evidence, row)]
    own = [row for row in rows if row.rule == asked.about]
    parts = [row for row in rows if whole(row.rule) == asked.about]
    return own or parts or [row for row in rows if row.rule in stated]


def _rows(asked: Expectation, evidence: DrillEvidence) -> Sequence[DutyRow]:
    if "known_at" in asked:
        return evidence.duties_known(asked.get("known_at"))
    return evidence.duties


def _is_meant(asked: Expectation, evidence: DrillEvidence, row: DutyRow) -> bool:
    turn = row.duty.partition("#")[2] or "0"
    moment: datetime | None = asked.get("at")
    matter = evidence.incident(asked.get("incident")) if "incident" in asked else None
    return (
        matter in (None, row.incident)
        and ("unit" not in asked or evidence.unit(asked.get("unit")) == row.unit)
        and ("period" not in asked or _same_period(row.period, asked.get("period")))
        and ("recipient" not in asked or _is_owed_to(evidence, row, asked.get("recipient")))
        and ("assignee" not in asked or row.toward == evidence.unit(asked.get("assignee")))
        and ("turn" not in asked or int(turn) == asked.get("turn") - 1)
        and (moment is None or from_micros(row.start) <= moment)
    )


def _is_owed_to(evidence: DrillEvidence, row: DutyRow, wanted: str) -> bool:
    return bool(row.toward) and is_party(evidence.pack, row.toward, wanted)


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


def _wanted(asked: Expectation) -> Iterator[str]:
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


def _fits(asked: Expectation, row: DutyRow) -> bool:
    return all(test(asked.get(key), row) for key, test in _TESTS.items() if key in asked)


def is_state(wanted: str, row: DutyRow) -> bool:
    """Whether a duty stands as a drill's word says."""
    match wanted:
        case "open":
            kept_up = row.state == "measured" and row.clock == "until"
            return kept_up or (row.state == "running" and row.due is None)
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


SHOWN = 12
"""So many duties are shown one by one; a year of days would hide the rest."""


def _shown(rows: Sequence[DutyRow], evidence: DrillEvidence) -> str:
    told = [shown_duty(row, evidence) for row in rows[:SHOWN]]
    rest = [f"……共 {len(rows)} 项"] if len(rows) > SHOWN else []
    return "；".join([*told, *rest]) or "没有这项义务"


def shown_duty(row: DutyRow, evidence: DrillEvidence) -> str:
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


def evidence_unit(toward: str, evidence: DrillEvidence) -> str:
    """A unit's name, or the party's."""
    names = {unit.code: unit.name for unit in evidence.drill.units}
    return names.get(toward) or evidence.pack.parties.get(toward, toward)


def worded_span(seconds: int) -> str:
    """So long, as people say it."""
    days, rest = divmod(abs(seconds), 86400)
    parts = [(days, "天"), (rest // 3600, "小时"), (rest // 60 % 60, "分"), (rest % 60, "秒")]
    return "".join(f"{n}{unit}" for n, unit in parts if n) or "0秒"
