"""What is expected of duties (义务), findings and breaches (认定、违规), and how they stand."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from huiyin.drills.evidence import Answer, DrillEvidence
from huiyin.drills.kinds import STATES, end, whole
from huiyin.drills.script import Expectation
from services.reporting.findings.computed import Finding
from shared.clock import from_micros, shown, shown_limit, to_micros
from shared.duties import DutyRow
from shared.policy.engine.deeds import is_party
from shared.policy.language.pack import Pack
from shared.policy.language.rules import Duty, Gate, Schedule

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
    tests = {key: test for key, test in ASKED.items() if key in asked}
    told = (f"{word} {_worded(key, asked.get(key))}" for key, (word, _) in tests.items())
    wanted = "、".join(told) or "有这项义务"
    if not rows:
        return False, wanted, "没有这项义务"
    if "duties" in asked and len(rows) != asked.get("duties"):
        return False, f"{asked.get('duties')} 项", f"{len(rows)} 项：{_shown(rows, evidence)}"
    moment = asked.get("at")
    stood = [_as_happened(row, moment) if moment else row for row in rows]
    right = all(test(asked.get(key), row) for row in stood for key, (_, test) in tests.items())
    return right, wanted, _shown(stood, evidence)


def _chosen(asked: Expectation, evidence: DrillEvidence) -> list[DutyRow]:
    """The duties chosen: those of the very number where there are any, else of all its parts.

    A number that no rule bears stands for the rules that say they are about it too.
    """
    stated = evidence.pack.stated_by(asked.about)
    known = asked.get("known_at")
    every = evidence.duties_known(known) if known else evidence.duties
    rows = [row for row in every if _is_meant(asked, evidence, row)]
    own = [row for row in rows if row.rule == asked.about]
    parts = [row for row in rows if whole(row.rule) == asked.about]
    return own or parts or [row for row in rows if row.rule in stated]


def _is_meant(asked: Expectation, evidence: DrillEvidence, row: DutyRow) -> bool:
    turn = row.duty.partition("#")[2] or "0"
    moment: datetime | None = asked.get("at")
    matter = evidence.incident(asked.get("incident")) if "incident" in asked else None
    return (
        matter in (None, row.incident)
        and ("unit" not in asked or evidence.unit(asked.get("unit")) == row.unit)
        and ("period" not in asked or _same_period(row.period, asked.get("period")))
        and ("recipient" not in asked or _is_told(evidence.pack, row, asked.get("recipient")))
        and ("assignee" not in asked or row.toward == evidence.unit(asked.get("assignee")))
        and ("turn" not in asked or int(turn) == asked.get("turn") - 1)
        and (moment is None or from_micros(row.start) <= moment)
    )


def _is_told(pack: Pack, row: DutyRow, wanted: str) -> bool:
    return bool(row.toward) and is_party(pack, row.toward, wanted)


def _same_period(period: str | None, wanted: str) -> bool:
    return period is not None and (period == wanted or period.startswith(f"{wanted}/"))


def _as_happened(row: DutyRow, moment: datetime) -> DutyRow:
    """The duty as it stood at a moment, by what had happened by then as far as is known now."""
    at = to_micros(moment)
    if row.state == "cancelled" or (row.done_at is not None and row.done_at <= at):
        return row
    overdue = row.due is not None and at > row.due
    state: Any = "missed" if overdue else "running"
    return replace(row, state=state, done_at=None, late_seconds=None, spare_seconds=None)


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


ASKED: Mapping[str, tuple[str, Callable[[Any, DutyRow], bool]]] = {
    "state": ("状态", is_state),
    "start": ("起算", lambda wanted, row: _moment_is(wanted, row.start)),
    "due": ("到期", lambda wanted, row: _moment_is(wanted, row.due)),
    "done_at": ("办于", lambda wanted, row: _moment_is(wanted, row.done_at)),
    "late_by": ("迟", lambda wanted, row: row.late_seconds == int(wanted.total_seconds())),
    "spare": ("余", lambda wanted, row: _span_is(wanted, row.spare_seconds)),
    "took": ("用时", lambda wanted, row: _span_is(wanted, row.took_seconds)),
    "because": ("因", lambda wanted, row: row.because == wanted),
    "provisional": ("暂定", lambda wanted, row: bool(row.provisional) == wanted),
    "count": ("次数", lambda wanted, row: row.count_done == wanted),
    "shortfall": ("欠", lambda wanted, row: shortfall(row) == wanted),
    "gap": ("无人在岗", lambda wanted, row: _span_is(wanted, row.gap_seconds or 0)),
    "leaderless": ("无带班领导", lambda wanted, row: _span_is(wanted, row.leaderless_seconds or 0)),
}
"""What can be asked of how a duty stands: in words, and whether it is so."""


def shortfall(row: DutyRow) -> int:
    """How often it is still to be done."""
    return max((row.count_wanted or 0) - (row.count_done or 0), 0)


SHOWN = 12
"""So many duties are shown one by one; a year of days would hide the rest."""


def _shown(rows: Sequence[DutyRow], evidence: DrillEvidence) -> str:
    told = [_shown_duty(row, evidence) for row in rows]
    return "；".join(shortened(told, SHOWN)) or "没有这项义务"


def shortened(told: list[str], most: int) -> list[str]:
    """The first of many, and how many there are."""
    return told if len(told) <= most else [*told[:most], f"……共 {len(told)} 项"]


def _shown_duty(row: DutyRow, evidence: DrillEvidence) -> str:
    """One duty in short: whose, how it stands, when it was due."""
    whose = row.toward and f"{evidence.party(row.toward)}："
    due, done_at = row.due, row.done_at
    parts = [
        f"{row.state}",
        *([] if due is None else [f"到期 {shown_limit(from_micros(due))}"]),
        *([] if done_at is None else [f"办于 {shown(from_micros(done_at))}"]),
        *([] if row.late_seconds is None else [f"迟 {worded_span(row.late_seconds)}"]),
        *([] if row.took_seconds is None else [f"用时 {worded_span(row.took_seconds)}"]),
        *([] if row.count_done is None else [f"次数 {row.count_done}，欠 {shortfall(row)}"]),
        *([f"无人在岗 {worded_span(row.gap_seconds)}"] if row.gap_seconds else []),
        *([f"无带班领导 {worded_span(row.leaderless_seconds)}"] if row.leaderless_seconds else []),
        *([f"因 {row.because}"] if row.because else []),
    ]
    return f"{whose}{'，'.join(parts)}"


def worded_span(seconds: int) -> str:
    """So long, as people say it."""
    days, rest = divmod(abs(seconds), 86400)
    parts = [(days, "天"), (rest // 3600, "小时"), (rest // 60 % 60, "分"), (rest % 60, "秒")]
    return "".join(f"{n}{unit}" for n, unit in parts if n) or "0秒"


def _names_of(pack: Pack, kind: str, rule: str) -> set[str]:
    """What a finding can be called: its kind, an offence by the last part of its number, and what
    was late or missed by any act that would have done; a return that is filed is a report too.
    """
    verdict, _, what = kind.partition("_")
    owed = pack.rules.get(rule)
    stop = owed.stop.patterns() if isinstance(owed, (Duty, Schedule)) else ()
    acts = {pattern.act for pattern in stop} if verdict in ("late", "missed") else set()
    filed = {"report"} if "file_return" in {what, *acts} else set()
    return {kind, end(kind), *(f"{verdict}_{act}" for act in acts | filed)}


def _order_of(pack: Pack, rule: str) -> str:
    """What a gate is about: ``approval``, ``post``, or the ``order`` of things."""
    gate = pack.rules.get(rule)
    if not isinstance(gate, Gate):
        return "order"
    if gate.needs is None:
        return "post"
    asked = {pattern.act for pattern in gate.needs.patterns()}
    return "approval" if asked & {"approve", "instruct"} else "order"


def finding(asked: Expectation, evidence: DrillEvidence) -> Answer:
    """A finding, computed or by people; or a gate that was broken by what had happened."""
    kind, what = asked.kind, {"finding": "认定", "breach": "违规"}[asked.kind]
    every = [each for each in evidence.findings if (each.kind == "breach") == (kind == "breach")]
    found = [each for each in every if _found_so(asked, evidence, each)]
    actual = "；".join(_told(each, evidence.pack) for each in found or every)
    if asked.get("none"):
        return not found, f"没有这项{what}", actual if found else "没有"
    return bool(found), f"有{what} {asked.about}", actual or f"没有任何{what}"


def _told(each: Finding, pack: Pack) -> str:
    if each.kind == "breach":
        return f"{_order_of(pack, each.rule)} {each.rule}（{each.evidence[0].act}）"
    return f"{each.kind}（{each.rule}，{'、'.join(proof.act for proof in each.evidence)}）"


def _found_so(asked: Expectation, evidence: DrillEvidence, each: Finding) -> bool:
    matter = each.incident or ""
    ruled = [asked.get(key) for key in ("of", "rule") if key in asked]
    return (
        _is_called(asked.about, each, evidence)
        and matter_is(asked, evidence, matter)
        and _unit_is(asked, evidence, each.unit, matter)
        and set(asked.get("evidence", [])) <= {proof.act for proof in each.evidence}
        and all(_states(evidence, each.rule, item) for item in ruled)
        and asked.get("good") in (None, each.good)
        and ("act" not in asked or asked.get("act") == each.evidence[0].act)
    )


def _is_called(name: str, each: Finding, evidence: DrillEvidence) -> bool:
    """Whether that is what was found, or the number of the rule it was found of."""
    pack, rule = evidence.pack, each.rule
    broken = each.kind == "breach"
    named = {"any", _order_of(pack, rule)} if broken else _names_of(pack, each.kind, rule)
    return name in named or _states(evidence, rule, name)


def _states(evidence: DrillEvidence, rule: str, item: str) -> bool:
    """Whether a rule, also one of another pack, is of that number, of one whose last part that is,
    or says that it is about it.
    """
    called = (rule, whole(rule), end(rule))
    return item in called or rule in evidence.pack.stated_by(item)


def matter_is(asked: Expectation, evidence: DrillEvidence, matter: str) -> bool:
    """Whether it is the incident that is asked about, or none is."""
    return "incident" not in asked or evidence.incident(asked.get("incident")) == matter


def _unit_is(asked: Expectation, evidence: DrillEvidence, unit: str, matter: str) -> bool:
    if "unit" not in asked:
        return True
    wanted = asked.get("unit")
    if wanted not in {each.key for each in evidence.drill.units}:
        row = evidence.ledger.get(matter)  # a party: the unit that has the matter in hand
        return row is None or unit in (row.unit, row.lead)
    return evidence.unit(wanted) == unit
