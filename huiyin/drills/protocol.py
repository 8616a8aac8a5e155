"""The protocol of a drill (演练记录): each step with what it led to, then each expectation."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from huiyin.drills.checking import incident_names
from huiyin.drills.comparing import Side
from huiyin.drills.evidence import DrillEvidence
from huiyin.drills.playing import Comparison, Played
from huiyin.drills.refusals import StepTaken, said
from huiyin.drills.verdicts import shortened, worded_span
from shared.acts.deed import each_of, rule_of
from shared.acts.vocabulary import ACTS
from shared.clock import from_micros, shown, shown_limit
from shared.contracts import deadlines as says
from shared.contracts.catalogue import Fact
from shared.contracts.envelope import Recorded, event_hash
from shared.words import POSTS

MOST_EFFECTS = 12
"""Of one step; more are counted."""

ADMINISTERED = {"repin": "改用规则", "withdraw": "停用规则", "set_terms": "公布学期"}


@dataclass(frozen=True, slots=True)
class ProtocolLine:
    """One line of the protocol."""

    at: str
    who: str
    what: str
    came_of_it: tuple[str, ...]
    right: bool


def lines(outcome: Played) -> list[ProtocolLine]:
    """Every step, and every limit that passed in between, in order."""
    evidence = outcome.evidence
    if evidence is None or not outcome.taken:
        return []
    effects = _effects(outcome.taken, evidence)
    found: list[tuple[datetime, int, ProtocolLine]] = []
    for number, taken in enumerate(outcome.taken):
        found.append((taken.step.moment, number, _line(taken, effects.get(number, ()), evidence)))
    for event in evidence.events:
        if isinstance(event.fact, says.DutyMissed):
            effect = (_worded(event, evidence),)
            line = ProtocolLine(_when(event.fact.due), "", "时限已过", effect, True)
            found.append((event.envelope.recorded_at, -1, line))
    return [line for _, _, line in sorted(found, key=lambda each: each[:2])]


def _line(taken: StepTaken, effects: Sequence[str], evidence: DrillEvidence) -> ProtocolLine:
    step = taken.step
    told = [_result(taken)] if step.act else []
    late = f"{_when(step.at)}（{_when(step.recorded)} 补录）" if step.recorded else _when(step.at)
    return ProtocolLine(
        late, _who(taken, evidence), _what(taken, evidence), (*told, *effects), taken.wrong is None
    )


def _when(moment: datetime) -> str:
    text = shown(moment)
    return text[:-3] if text.endswith(":00") else text


def _who(taken: StepTaken, evidence: DrillEvidence) -> str:
    by = taken.step.by
    if by is None:
        return "系统管理员" if taken.step.act else ""
    known = evidence.drill.cast.get(by.role, by)
    name = evidence.pack.parties.get(known.role) or POSTS.get(known.role, known.role)
    unit = known.unit or by.unit
    names = {each.key: each.name for each in evidence.drill.units}
    return f"{names.get(unit, unit)} {name}" if unit else name


def _what(taken: StepTaken, evidence: DrillEvidence) -> str:
    step = taken.step
    if step.act is None:
        return "（时间过去）"
    title = ACTS[step.act].title if step.act in ACTS else ADMINISTERED[step.act]
    node = step.given.get("kind") or step.given.get("state")
    kind = node.value if node is not None and isinstance(node.value, str) else ""
    replies = evidence.pack.kinds_of("publish")  # a draft is of a kind of reply, mostly
    known = evidence.pack.kinds_of(step.act).get(kind) or replies.get(kind, kind)
    about = incident_names(step) or step.unit or ""
    return " ".join(part for part in (title, known and f"（{known}）", about) if part)


def _result(taken: StepTaken) -> str:
    if taken.problem is not None:
        expected = "（如所预期）" if taken.wrong is None else ""
        return f"拒绝{expected}：{said(taken.problem)}"
    if taken.wrong:
        return taken.wrong
    number = (taken.answer or {}).get("number")
    return f"办成，编号 {number}" if taken.step.act == "register" else "办成"


def _effects(taken: Sequence[StepTaken], evidence: DrillEvidence) -> Mapping[int, list[str]]:
    """What the duties became by each step, by its number."""
    steps = _steps_of_events(taken, evidence)
    found: dict[int, list[str]] = {}
    for event in evidence.events:
        if event.envelope.service != "deadlines" or isinstance(event.fact, says.DutyMissed):
            continue
        number = steps.get(event.envelope.cause or UUID(int=0))
        if number is None:  # time passed: it belongs to the last step before
            before = (each.step.moment <= event.envelope.recorded_at for each in taken)
            number = max((n for n, earlier in enumerate(before) if earlier), default=0)
        text = _worded(event, evidence)
        if text:
            found.setdefault(number, []).append(text)
    return {number: shortened(each, MOST_EFFECTS) for number, each in found.items()}


def _steps_of_events(taken: Sequence[StepTaken], evidence: DrillEvidence) -> dict[UUID, int]:
    """Which step made an event."""
    by_hash = {
        str(each.answer["hash"]): number
        for number, each in enumerate(taken)
        if each.answer and each.answer.get("hash")
    }
    own = ((event, by_hash.get(event_hash(event.raw))) for event in evidence.events)
    return {event.envelope.id: number for event, number in own if number is not None}


def _worded(event: Recorded, evidence: DrillEvidence) -> str:
    fact = event.fact
    duty = getattr(fact, "duty", None)
    if duty is None:
        return ""
    matter = evidence.name_of(str(event.envelope.correlation))
    number, toward = rule_of(str(duty)), each_of(str(duty))
    to = f"〔{evidence.party(toward)}〕" if toward else ""
    named = f"{matter and matter + ' '}{number} {evidence.titles.get(number, '')}{to}"
    told = _happened(fact)
    return f"{named}：{told}" if told else ""


HAPPENED: Mapping[type[Fact], str] = {
    says.DutyMoved: "改为 {due} 到期（{because}）",
    says.DutyMet: "按时，余 {spare}",
    says.DutySuperseded: "更正为按时，余 {spare}",
    says.DutyMetLate: "迟办 {late}（{due} 到期）",
    says.DutyMissed: "逾期未办（{due} 到期）",
    says.DutyMeasured: "已办，用时 {took}",
    says.DutyRecordedLate: "迟录待裁定（{due} 到期）",
    says.DutyEnded: "持续义务结束",
    says.DutyCancelled: "撤销（{because}）",
}
"""What became of a duty, in words."""


def _happened(fact: Fact) -> str:
    if isinstance(fact, says.DutyStarted) and fact.due is None:
        return "开始计量"
    due = getattr(fact, "due", None)
    told = {
        key: worded_span(getattr(fact, f"{key}_seconds", 0)) for key in ("spare", "late", "took")
    }
    told |= {"due": shown_limit(due) if due else "", "because": getattr(fact, "because", "")}
    if isinstance(fact, says.DutyStarted):
        return f"开始计时，{told['due']} 到期{'（暂定）' if fact.provisional else ''}"
    return HAPPENED.get(type(fact), "").format(**told)


def as_json(outcome: Played) -> dict[str, Any]:
    """The whole outcome for programs."""
    drill = outcome.drill
    return {
        "drill": drill.name,
        "title": drill.title,
        "file": str(drill.file),
        "pack": outcome.pack,
        "proves": list(drill.proves),
        "holds": outcome.holds,
        "seconds": round(outcome.seconds, 3),
        "steps": [asdict(line) for line in lines(outcome)],
        "expectations": [asdict(each) for each in outcome.checked],
        "failures": list(outcome.failures),
    }


def comparison_as_json(compared: Comparison) -> dict[str, Any]:
    """The comparison for programs."""
    return {
        "drill": compared.here.drill.name,
        "holds": compared.here.holds,
        "here": compared.here.pack,
        "there": compared.there.pack,
        "pairs": [
            {"matter": pair.matter, "party": pair.party}
            | {"here": _side(pair.here), "there": _side(pair.there)}
            for pair in compared.pairs
        ],
        "totals": {name: dict(counted) for name, counted in compared.totals().items()},
    }


def _side(side: Side | None) -> dict[str, Any] | None:
    if side is None:
        return None
    due = None if side.due is None else from_micros(side.due).isoformat()
    return {**asdict(side), "due": due}
