"""What an act was, in the words of those who read it (行为文字): the acts that packs speak of."""

from collections.abc import Callable

from shared.clock import shown, shown_limit
from shared.contracts import deadlines, intake, reporting, routing
from shared.contracts.acts import ActTaken, Judged
from shared.contracts.catalogue import Fact, facts
from shared.policy.acts import ACTS

Read = Callable[[str], str]

TITLES: dict[type[Fact], str] = {
    fact: ACTS[fact.ACT].title for fact in facts().values() if issubclass(fact, ActTaken)
} | {
    routing.ActApproved: "批准",
    routing.DraftRejected: "驳回",
    routing.IncidentReopened: "重启",
    routing.PackAdopted: "采用规则",
    routing.PackWithdrawn: "停用规则",
    routing.CaseRepinned: "改用规则",
    routing.CalendarPublished: "公布历法",
    routing.TermsSet: "设定学期",
    intake.RegistrationCorrected: "更正",
    deadlines.DutyMeasured: "计量完成",
    deadlines.DutyEnded: "持续义务结束",
    deadlines.DutyMoved: "时限变动",
    deadlines.LateRecordSettled: "裁定迟录",
}
"""The Chinese name of each act and of what else the rules brought."""

_MOVED = {
    "extension": "延期",
    "correction": "更正",
    "calendar": "公布历法",
    "repinned": "改用规则",
}


def told(fact: Fact, read: Read) -> str | None:
    """One sentence of what such a fact says, or none where it is another kind of fact."""
    if isinstance(fact, ActTaken):
        return _act(fact, read)
    return _rules(fact) or _case(fact) or _duty(fact)


def broken(breaches: tuple[str, ...]) -> str:
    """Which rules an act broke, to be added to its sentence."""
    return f", 违反 {'、'.join(breaches)}" if breaches else ""


def judged(sets: Judged) -> str:
    """What was judged, axis by axis."""
    return "、".join(f"{axis} = {'、'.join(values)}" for axis, values in sets.items())


def _act(fact: ActTaken, read: Read) -> str:
    parts = [
        _own(fact),
        f"种类 {fact.kind}" if fact.kind else "",
        f"报送 {'、'.join(fact.to)}" if fact.to else "",
        f"方式 {fact.medium}" if fact.medium else "",
        f"关于 {fact.of}" if fact.of else "",
        f"内容：{read('text')}" if fact.text else "",
        f"表单：{read('fields')}" if fact.fields else "",
    ]
    return (", ".join(filter(None, parts)) or TITLES[type(fact)]) + broken(fact.breaches)


def _own(fact: ActTaken) -> str:
    """What only this act says."""
    match fact:
        case routing.StateDeclared():
            return f"{fact.state} {'开始' if fact.on else '结束'}"
        case routing.MatterReferred():
            return f"法律依据：{fact.ground}"
        case routing.FeedbackGiven():
            return "满意" if fact.satisfied else "不满意"
        case routing.MatterAssessed() | routing.MatterEscalated():
            return judged(fact.sets)
        case routing.SheetAccepted() | routing.SheetReturned():
            return f"单位 {fact.unit}"
        case routing.FactsVerified() | routing.MatterHandled() | reporting.FindingMade():
            return f"单位 {fact.unit}"
        case reporting.MatterArchived():
            missing = f", 缺 {'、'.join(fact.missing)}" if fact.missing else ""
            return f"件号 {fact.number}{missing}"
        case reporting.UnitsRanked():
            return f"{fact.period}：{'、'.join(fact.order)}"
        case _:
            return _of_intake_or_deadlines(fact)


def _of_intake_or_deadlines(fact: ActTaken) -> str:
    match fact:
        case intake.MatterNoted():
            return "恶化" if fact.worse else ""
        case intake.ShiftWorked():
            leader = f", 带班 {fact.leader}" if fact.leader else ""
            return f"{shown(fact.begins)} 至 {shown(fact.ends)}{leader}"
        case deadlines.DutyExtended():
            return f"延至 {shown_limit(fact.until)}" if fact.until else ""
        case intake.UnitAct():
            return f"期间 {fact.period}" if fact.period else ""
        case _:
            return ""


def _rules(fact: Fact) -> str | None:
    match fact:
        case routing.PackAdopted():
            return f"{fact.unit} 采用 {fact.pin}, 理由：{fact.reason}"
        case routing.PackWithdrawn():
            return f"{fact.unit} 停用 {fact.pin}, 理由：{fact.reason}"
        case routing.CaseRepinned():
            return f"改用 {fact.pin}, 理由：{fact.reason}"
        case routing.CalendarPublished():
            days = f"放假 {len(fact.off_days)} 天, 调休上班 {len(fact.makeup_days)} 天"
            return f"{fact.year} 年, {days}" + (f"（{fact.notice}）" if fact.notice else "")
        case routing.TermsSet():
            return f"{fact.name}：{fact.begins} 至 {fact.ends}"
        case _:
            return None


def _case(fact: Fact) -> str | None:
    match fact:
        case routing.DraftRejected():
            return f"文稿 {fact.draft}, 理由：{fact.reason}"
        case routing.IncidentReopened():
            return f"理由：{fact.grounds}"
        case intake.RegistrationCorrected():
            return f"{_corrections(fact)}, 依据：{fact.grounds}"
        case _:
            return None


def _corrections(fact: intake.RegistrationCorrected) -> str:
    moments = {
        "发生时间": fact.occurred_at,
        "发帖时间": fact.posted_at,
        "发现时间": fact.discovered_at,
        "计划时间": fact.planned_at,
    }
    said = [f"{name}更正为 {shown(at)}" for name, at in moments.items() if at]
    return ", ".join([*said, judged(fact.sets)] if fact.sets else said)


def _duty(fact: Fact) -> str | None:
    match fact:
        case deadlines.DutyMeasured():
            return f"{fact.duty} 于 {shown(fact.done_at)} 完成, 用时 {fact.took_seconds} 秒"
        case deadlines.DutyEnded():
            return f"{fact.duty} 于 {shown(fact.ended_at)} 结束"
        case deadlines.DutyMoved():
            return f"{fact.duty} 改为 {shown_limit(fact.due)} 前（{_MOVED[fact.because]}）"
        case deadlines.LateRecordSettled():
            said = "认定按时完成" if fact.in_time else "认定逾期完成"
            return f"{fact.duty} {said}, 依据：{fact.grounds}"
        case _:
            return None
