"""What happened, in the words of those who read it."""

from collections.abc import Sequence

from services.reporting.trail.act_wording import TITLES_OF_ACTS, what_act
from services.reporting.trail.phrases import Read, names, set_words, span, then
from shared.clock import shown, shown_limit
from shared.contracts import deadlines, intake, operations, reporting, routing
from shared.contracts.acts import ActTaken
from shared.contracts.catalogue import Fact
from shared.contracts.envelope import Recorded, associated_data
from shared.contracts.sealed import Sealed
from shared.errors import Refused
from shared.policy.language.checking import MATTERS
from shared.policy.language.pack import Pack
from shared.vault.vault import Vault
from shared.words import CATEGORIES, OUTCOMES, VERDICTS

TITLES: dict[type[Fact], str] = {
    intake.IncidentRegistered: "登记",
    intake.RegistrationCorrected: "更正",
    intake.HistoryRecorded: "导入历史",
    intake.IncidentLinked: "并案",
    intake.IncidentVoided: "作废",
    intake.FieldMapSaved: "列名对照",
    routing.CountyFounded: "建库",
    routing.UnitEstablished: "登记单位",
    routing.OfficerAppointed: "任命",
    routing.IncidentGraded: "定级",
    routing.IncidentAssigned: "交办",
    routing.ReplyDrafted: "拟稿",
    routing.ReplyApproved: "审定",
    routing.DraftRejected: "驳回",
    routing.ReplyPublished: "发布",
    routing.IncidentClosed: "办结",
    routing.IncidentReopened: "重启",
    routing.PackAdopted: "采用规则",
    routing.PackWithdrawn: "停用规则",
    routing.CaseRepinned: "改用规则",
    routing.CalendarPublished: "公布历法",
    routing.TermsSet: "学期",
    deadlines.DutyStarted: "开始计时",
    deadlines.DutyMet: VERDICTS["met"],
    deadlines.DutyMeasured: VERDICTS["measured"],
    deadlines.DutyEnded: VERDICTS["ended"],
    deadlines.DutyMissed: VERDICTS["missed"],
    deadlines.DutyMetLate: VERDICTS["met_late"],
    deadlines.DutySuperseded: VERDICTS["superseded"],
    deadlines.DutyRecordedLate: VERDICTS["recorded_late"],
    deadlines.DutyMoved: "时限变动",
    deadlines.DutyCancelled: VERDICTS["cancelled"],
    deadlines.LateRecordSettled: "裁定",
    reporting.IncidentErased: "销毁密钥",
    operations.ParkedReleased: "放行搁置事件",
    **TITLES_OF_ACTS,
}
"""The Chinese name of each kind of event."""

BECAUSE = {
    "voided": "事件作废",
    "linked": "事件并案",
    "history": "历史留言",
    "unless": "已有免除的事由",
    "repinned": "改用其他规则",
    "calendar": "按公布的历法",
    "extension": "批准延期",
    "correction": "更正登记",
}
"""Why a duty fell away or has another limit."""

ERASED = "（密钥已销毁, 原文不可读）"

_DIGEST_SHOWN = len("sha256:") + 12


def reader(vault: Vault, event: Recorded) -> Read:
    """Opens the event's sealed fields; what was erased reads as such."""

    def read(field: str) -> str:
        sealed = getattr(event.fact, field)
        if sealed is None:
            return ""
        assert isinstance(sealed, Sealed)
        try:
            return vault.open(sealed, associated_data(event.raw, field))
        except Refused:
            return ERASED

    return read


def what(event: Recorded, read: Read, pack: Pack | None = None) -> str:
    """One sentence of what an event says, in the words of the pack its matter is under."""
    said = _what(event, read, pack)
    broken: Sequence[str] = getattr(event.fact, "breaches", ())
    return f"{said}{then(f'违反 {names(broken)}')}" if broken else said


def _what(event: Recorded, read: Read, pack: Pack | None) -> str:
    match event.fact:
        case ActTaken() as act:
            return what_act(act, event.envelope.unit, read, pack)
        case intake.IncidentRegistered() as fact:
            category = _category(fact.category, pack) or "未填"
            said = f"编号 {fact.number}, 类别 {category}{_registered(fact, pack)}"
            return f"{said}, 标题：{read('title')}" + _source(fact.provenance)
        case intake.RegistrationCorrected() as fact:
            return f"{_corrections(fact, pack)}, 理由：{fact.grounds}"
        case intake.HistoryRecorded() as fact:
            said = f"原答复单位 {fact.named or fact.unit}" if fact.reply else "原无答复"
            return said + _day_only(fact) + _source(fact.provenance)
        case intake.FieldMapSaved() as fact:
            return "、".join(f"{each.heading} = {each.field}" for each in fact.columns)
        case intake.IncidentLinked() as fact:
            return f"并入 {fact.to_number}, 理由：{fact.grounds}"
        case intake.IncidentVoided() as fact:
            return f"理由：{fact.reason}"
        case reporting.IncidentErased() as fact:
            return f"销毁 {len(fact.keys)} 把数据密钥, 依据：{fact.grounds}"
        case operations.ParkedReleased() as fact:
            return f"来自 {fact.upstream} 的 {fact.events} 条事件"
        case _:
            return _what_was_set_up(event, read, pack)


def _what_was_set_up(event: Recorded, read: Read, pack: Pack | None) -> str:
    match event.fact:
        case routing.CountyFounded() | routing.UnitEstablished() as fact:
            return f"{fact.name}（{fact.code}）"
        case routing.OfficerAppointed() as fact:
            return f"{fact.officer} 在 {fact.unit} 任 {fact.post}"
        case routing.PackAdopted() as fact:
            return f"{fact.unit} 采用 {fact.pin}, 理由：{fact.reason}"
        case routing.PackWithdrawn() as fact:
            return f"{fact.unit} 停用 {fact.pin}, 理由：{fact.reason}"
        case routing.CaseRepinned() as fact:
            return f"改用 {fact.pin}, 理由：{fact.reason}"
        case routing.CalendarPublished() as fact:
            days = f"放假 {len(fact.off_days)} 天, 调休上班 {len(fact.makeup_days)} 天"
            return f"{fact.year} 年, {days}{then(fact.notice)}"
        case routing.TermsSet() as fact:
            return f"{fact.name}：{fact.begins} 至 {fact.ends}"
        case _:
            return _what_was_done(event, read, pack)


def _what_was_done(event: Recorded, read: Read, pack: Pack | None) -> str:
    match event.fact:
        case routing.IncidentGraded() as fact:
            sets = fact.sets or ({"severity": (fact.grade,)} if fact.grade else {})
            return f"{set_words(sets, pack) or '未定级'}, 依据：{fact.grounds}"
        case routing.IncidentAssigned() as fact:
            others = f", 协办 {'、'.join(fact.co_handling)}" if fact.co_handling else ""
            sheet = f", 单号 {fact.sheet}" if fact.sheet else ""
            return f"牵头 {fact.lead}{others}{sheet}{then(fact.instruction)}"
        case routing.ReplyDrafted():
            return f"文稿：{read('text')}"
        case routing.ReplyApproved() as fact:
            return f"文稿 {fact.draft}"
        case routing.DraftRejected() as fact:
            return f"文稿 {fact.draft} 退回修改, 理由：{fact.reason}"
        case routing.ReplyPublished() as fact:
            promised = f", 承诺于 {shown_limit(fact.promised)} 前再答复" if fact.promised else ""
            by = f"以“{fact.named_unit}”名义经 {fact.channel} 发布"
            return f"{by}{promised}：{read('text')}"
        case routing.IncidentClosed() as fact:
            return OUTCOMES[fact.outcome] + then(fact.note)
        case routing.IncidentReopened() as fact:
            return f"继续办理, 理由：{fact.grounds}"
        case _:
            return _what_became_of_the_duty(event)


def _what_became_of_the_duty(event: Recorded) -> str:
    match event.fact:
        case deadlines.DutyStarted() as fact:
            provisional = "（暂定）" if fact.provisional else ""
            by_when = f"应于 {shown_limit(fact.due)} 前完成" if fact.due else "只计用时"
            return f"{fact.title}（{fact.duty}）, {by_when}{provisional}"
        case deadlines.DutyMet() | deadlines.DutySuperseded() as fact:
            return f"于 {shown(fact.done_at)} 完成, 余 {span(fact.spare_seconds)}"
        case deadlines.DutyMeasured() as fact:
            return f"于 {shown(fact.done_at)} 完成, 用时 {span(fact.took_seconds)}"
        case deadlines.DutyEnded() as fact:
            return f"{fact.duty} 持续到 {shown(fact.ended_at)} 为止"
        case deadlines.DutyMetLate() as fact:
            return f"于 {shown(fact.done_at)} 完成, 迟 {span(fact.late_seconds)}"
        case deadlines.DutyMissed() as fact:
            return f"至 {shown_limit(fact.due)} 未见办理{_lacking(fact)}"
        case deadlines.DutyRecordedLate() as fact:
            return f"称于 {shown(fact.done_at)} 完成, {shown(fact.recorded_at)} 才补录"
        case deadlines.DutyMoved() as fact:
            provisional = "（暂定）" if fact.provisional else ""
            return f"因{BECAUSE[fact.because]}, 改为 {shown_limit(fact.due)} 前{provisional}"
        case deadlines.DutyCancelled() as fact:
            return BECAUSE[fact.because]
        case deadlines.LateRecordSettled() as fact:
            return f"认定{'按时' if fact.in_time else '迟办'}, 依据：{fact.grounds}"
        case _:
            return ""


def _lacking(fact: deadlines.DutyMissed) -> str:
    """What a unit's period lacked."""
    said = []
    if fact.count_wanted is not None:
        said.append(f"应 {fact.count_wanted} 次, 实 {fact.count_done or 0} 次")
    if fact.gap_seconds:
        said.append(f"无人在岗 {span(fact.gap_seconds)}")
    if fact.leaderless_seconds:
        said.append(f"无带班领导 {span(fact.leaderless_seconds)}")
    return "".join(f", {each}" for each in said)


def _corrections(fact: intake.RegistrationCorrected, pack: Pack | None) -> str:
    moments = {
        "发生": fact.occurred_at,
        "发帖": fact.posted_at,
        "发现": fact.discovered_at,
        "计划": fact.planned_at,
    }
    said = [f"{name}改为 {shown(moment)}" for name, moment in moments.items() if moment]
    return ", ".join([*said, *filter(None, [set_words(fact.sets, pack)])]) or "登记内容"


def _category(category: str, pack: Pack | None) -> str:
    declared = pack.axes.get("category") if pack else None
    called = {**CATEGORIES, **(declared.values if declared else {})}
    return called.get(category, category)


def _registered(fact: intake.IncidentRegistered, pack: Pack | None) -> str:
    """What sort of matter it is, what was judged at once, and when it happened or is to happen."""
    moments = {"发生": fact.happened_at, "计划": fact.planned_at}
    said = [] if fact.matter == "incident" else [MATTERS.get(fact.matter, fact.matter)]
    said += [set_words(fact.sets, pack)] if fact.sets else []
    said += [f"{name}于 {shown(moment)}" for name, moment in moments.items() if moment]
    return "".join(f", {each}" for each in said)


def _source(provenance: intake.Provenance | None) -> str:
    """The row of the file, whose digest is shown as far as people compare it."""
    if provenance is None:
        return ""
    return f", 出处：文件 {provenance.file[:_DIGEST_SHOWN]}… 第 {provenance.row} 行"


def _day_only(fact: intake.HistoryRecorded) -> str:
    """Which times are our reading of a day: nobody is late by it."""
    read = {"posted_at": "发帖按当日 24:00 计", "replied_at": "答复按当日零时或发帖时计"}
    said = [read[name] for name in fact.days_only if name in read]
    return f"（文件只有日期：{'、'.join(said)}）" if said else ""
