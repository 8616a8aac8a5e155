"""What happened, in the words of those who read it."""

from collections.abc import Callable

from shared.clock import shown, shown_limit
from shared.contracts import deadlines, intake, operations, reporting, routing
from shared.contracts.catalogue import Fact
from shared.contracts.envelope import Recorded, associated_data
from shared.contracts.sealed import Sealed
from shared.errors import Refused
from shared.vault.vault import Vault
from shared.words import CATEGORIES, GRADES, VERDICTS

TITLES: dict[type[Fact], str] = {
    intake.IncidentRegistered: "登记",
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
    routing.ReplyPublished: "发布",
    routing.IncidentClosed: "办结",
    deadlines.DutyStarted: "开始计时",
    deadlines.DutyMet: VERDICTS["met"],
    deadlines.DutyMissed: VERDICTS["missed"],
    deadlines.DutyMetLate: VERDICTS["met_late"],
    deadlines.DutySuperseded: VERDICTS["superseded"],
    deadlines.DutyRecordedLate: VERDICTS["recorded_late"],
    deadlines.DutyCancelled: VERDICTS["cancelled"],
    reporting.IncidentErased: "销毁密钥",
    operations.ParkedReleased: "放行搁置事件",
}
"""The Chinese name of each kind of event."""

ERASED = "（密钥已销毁, 原文不可读）"

_DIGEST_SHOWN = len("sha256:") + 12

Read = Callable[[str], str]
"""Opens a sealed field of the event at hand."""


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


def what(event: Recorded, read: Read) -> str:
    """One sentence of what an event says."""
    match event.fact:
        case intake.IncidentRegistered() as fact:
            category = CATEGORIES.get(fact.category, fact.category) or "未填"
            said = f"编号 {fact.number}, 类别 {category}, 标题：{read('title')}"
            return said + _source(fact.provenance)
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
        case routing.CountyFounded() as fact:
            return f"{fact.name}（{fact.code}）"
        case routing.UnitEstablished() as fact:
            return f"{fact.name}（{fact.code}）"
        case routing.OfficerAppointed() as fact:
            return f"{fact.officer} 在 {fact.unit} 任 {fact.post}"
        case _:
            return _what_was_done(event, read)


def _what_was_done(event: Recorded, read: Read) -> str:
    match event.fact:
        case routing.IncidentGraded() as fact:
            return f"{GRADES.get(fact.grade or '', fact.grade)}, 依据：{fact.grounds}"
        case routing.IncidentAssigned() as fact:
            others = f", 协办 {'、'.join(fact.co_handling)}" if fact.co_handling else ""
            return f"牵头 {fact.lead}{others}{_then(fact.instruction)}"
        case routing.ReplyDrafted():
            return f"文稿：{read('text')}"
        case routing.ReplyApproved() as fact:
            return f"文稿 {fact.draft}"
        case routing.ReplyPublished() as fact:
            return f"以“{fact.named_unit}”名义经 {fact.channel} 发布：{read('text')}"
        case routing.IncidentClosed() as fact:
            return ("已答复" if fact.outcome == "answered" else "历史未答复") + _then(fact.note)
        case _:
            return _what_became_of_the_duty(event)


def _what_became_of_the_duty(event: Recorded) -> str:
    match event.fact:
        case deadlines.DutyStarted() as fact:
            by_when = f"应于 {shown_limit(fact.due)} 前完成" if fact.due else "只计用时"
            return f"{fact.title}（{fact.duty}）, {by_when}"
        case deadlines.DutyMet() | deadlines.DutySuperseded() as fact:
            return f"于 {shown(fact.done_at)} 完成, 余 {_span(fact.spare_seconds)}"
        case deadlines.DutyMetLate() as fact:
            return f"于 {shown(fact.done_at)} 完成, 迟 {_span(fact.late_seconds)}"
        case deadlines.DutyMissed() as fact:
            return f"至 {shown_limit(fact.due)} 未见答复"
        case deadlines.DutyRecordedLate() as fact:
            return f"称于 {shown(fact.done_at)} 完成, {shown(fact.recorded_at)} 才补录"
        case deadlines.DutyCancelled() as fact:
            return {"voided": "事件作废", "linked": "事件并案", "history": "历史留言"}[fact.because]
        case _:
            return ""


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


def _then(text: str) -> str:
    return f", {text}" if text else ""


def _span(seconds: int) -> str:
    days, rest = divmod(seconds, 86_400)
    hours, rest = divmod(rest, 3_600)
    parts = [(days, "天"), (hours, "小时"), (rest // 60, "分"), (rest % 60, "秒")]
    said = "".join(f"{count}{unit}" for count, unit in parts if count)
    return said or "0秒"
