"""What happened, in the words of those who read it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from services.reporting.packs import category_name
from services.reporting.trail.act_wording import (
    TITLES_OF_ACTS,
    Read,
    names,
    set_words,
    span,
    then,
    what_act,
)
from services.reporting.unshown import shown, shown_limit, words_of
from shared.contracts import deadlines, intake, operations, reporting, routing
from shared.contracts.catalogue import ActTaken, Fact
from shared.contracts.envelope import Recorded, associated_data
from shared.contracts.sealed import Sealed
from shared.policy.language.checking import MATTERS
from shared.policy.language.pack import Pack
from shared.vault.vault import Vault
from shared.words import OUTCOMES, VERDICTS

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

_DIGEST_SHOWN = len("sha256:") + 12


def reader(vault: Vault, event: Recorded) -> Read:
    """Opens the event's sealed fields; what was erased, or cannot be opened, reads as such."""

    def read(field: str) -> str:
        sealed = getattr(event.fact, field)
        if sealed is None:
            return ""
        assert isinstance(sealed, Sealed)
        return words_of(vault, sealed, associated_data(event.raw, field))

    return read


def what(event: Recorded, read: Read, pack: Pack | None = None) -> str:
    """One sentence of what an event says, in the words of the pack its matter is under."""
    if isinstance(event.fact, ActTaken):
        sentence = what_act(event.fact, event.envelope.unit, read, pack)
    else:
        _, say = EVENTS[type(event.fact)]
        fact = event.fact
        sentence = say.format(fact) if isinstance(say, str) else say(fact, read, pack)
    broken: Sequence[str] = getattr(event.fact, "breaches", ())
    return f"{sentence}{then(f'违反 {names(broken)}')}" if broken else sentence


def _incident(fact: intake.IncidentRegistered, read: Read, pack: Pack | None) -> str:
    numbered = f"编号 {fact.number}, 类别 {category_name(pack, fact.category) or '未填'}"
    title = f"标题：{read('title')}{_source(fact.provenance)}"
    return f"{numbered}{_registered(fact, pack)}, {title}"


def _correction(fact: intake.RegistrationCorrected, _: Read, pack: Pack | None) -> str:
    return f"{_corrections(fact, pack)}, 理由：{fact.grounds}"


def _history(fact: intake.HistoryRecorded, *_: object) -> str:
    replied = f"原答复单位 {fact.named or fact.unit}" if fact.reply else "原无答复"
    return replied + _day_only(fact) + _source(fact.provenance)


def _field_map(fact: intake.FieldMapSaved, *_: object) -> str:
    return "、".join(f"{each.heading} = {each.field}" for each in fact.columns)


def _calendar(fact: routing.CalendarPublished, *_: object) -> str:
    days = f"放假 {len(fact.off_days)} 天, 调休上班 {len(fact.makeup_days)} 天"
    return f"{fact.year} 年, {days}{then(fact.notice)}"


def _grade(fact: routing.IncidentGraded, _: Read, pack: Pack | None) -> str:
    sets = fact.sets or ({"severity": (fact.grade,)} if fact.grade else {})
    return f"{set_words(sets, pack) or '未定级'}, 依据：{fact.grounds}"


def _assignment(fact: routing.IncidentAssigned, *_: object) -> str:
    others = f", 协办 {'、'.join(fact.co_handling)}" if fact.co_handling else ""
    sheet = f", 单号 {fact.sheet}" if fact.sheet else ""
    return f"牵头 {fact.lead}{others}{sheet}{then(fact.instruction)}"


def _publication(fact: routing.ReplyPublished, read: Read, _: Pack | None) -> str:
    promised = f", 承诺于 {shown_limit(fact.promised)} 前再答复" if fact.promised else ""
    return f"以“{fact.named_unit}”名义经 {fact.channel} 发布{promised}：{read('text')}"


def _duty(fact: deadlines.DutyStarted, *_: object) -> str:
    by_when = f"应于 {shown_limit(fact.due)} 前完成" if fact.due else "只计用时"
    return f"{fact.title}（{fact.duty}）, {by_when}{_provisional(fact)}"


def _met(fact: deadlines.DutyMet | deadlines.DutySuperseded, *_: object) -> str:
    return f"于 {shown(fact.done_at)} 完成, 余 {span(fact.spare_seconds)}"


def _measured(fact: deadlines.DutyMeasured, *_: object) -> str:
    return f"于 {shown(fact.done_at)} 完成, 用时 {span(fact.took_seconds)}"


def _met_late(fact: deadlines.DutyMetLate, *_: object) -> str:
    return f"于 {shown(fact.done_at)} 完成, 迟 {span(fact.late_seconds)}"


def _recorded_late(fact: deadlines.DutyRecordedLate, *_: object) -> str:
    return f"称于 {shown(fact.done_at)} 完成, {shown(fact.recorded_at)} 才补录"


def _settled(fact: deadlines.LateRecordSettled, *_: object) -> str:
    return f"认定{'按时' if fact.in_time else '迟办'}, 依据：{fact.grounds}"


def _erased(fact: reporting.IncidentErased, *_: object) -> str:
    return f"销毁 {len(fact.keys)} 把数据密钥, 依据：{fact.grounds}"


def _conflict(fact: routing.StandingConflictFound, *_: object) -> str:
    ended = {"voided": "作废", "linked": "并案"}[fact.because]
    return f"{ended}时不知已发布或已办结, {ended}不成立, 继续办理"


def _moved(fact: deadlines.DutyMoved, *_: object) -> str:
    return f"因{BECAUSE[fact.because]}, 改为 {shown_limit(fact.due)} 前{_provisional(fact)}"


def _provisional(fact: deadlines.DutyStarted | deadlines.DutyMoved) -> str:
    return "（暂定）" if fact.provisional else ""


def _missed(fact: deadlines.DutyMissed, *_: object) -> str:
    """That nothing was seen by then, and what a unit's period lacked."""
    lacks = [f"至 {shown_limit(fact.due)} 未见办理"]
    if fact.count_wanted is not None:
        lacks.append(f"应 {fact.count_wanted} 次, 实 {fact.count_done or 0} 次")
    if fact.gap_seconds:
        lacks.append(f"无人在岗 {span(fact.gap_seconds)}")
    if fact.leaderless_seconds:
        lacks.append(f"无带班领导 {span(fact.leaderless_seconds)}")
    return ", ".join(lacks)


def _corrections(fact: intake.RegistrationCorrected, pack: Pack | None) -> str:
    moments = {
        "发生": fact.occurred_at,
        "发帖": fact.posted_at,
        "发现": fact.discovered_at,
        "计划": fact.planned_at,
    }
    changed = [f"{name}改为 {shown(moment)}" for name, moment in moments.items() if moment]
    return ", ".join([*changed, *filter(None, [set_words(fact.sets, pack)])]) or "登记内容"


def _registered(fact: intake.IncidentRegistered, pack: Pack | None) -> str:
    """What sort of matter it is, what was judged at once, and when it happened or is to happen."""
    moments = {"发生": fact.happened_at, "计划": fact.planned_at}
    parts = [] if fact.matter == "incident" else [MATTERS.get(fact.matter, fact.matter)]
    parts += [set_words(fact.sets, pack)] if fact.sets else []
    parts += [f"{name}于 {shown(moment)}" for name, moment in moments.items() if moment]
    return "".join(f", {each}" for each in parts)


def _source(provenance: intake.Provenance | None) -> str:
    """The row of the file, whose digest is shown as far as people compare it."""
    if provenance is None:
        return ""
    return f", 出处：文件 {provenance.file[:_DIGEST_SHOWN]}… 第 {provenance.row} 行"


def _day_only(fact: intake.HistoryRecorded) -> str:
    """Which times are our reading of a day: nobody is late by it."""
    read = {"posted_at": "发帖按当日 24:00 计", "replied_at": "答复按当日零时或发帖时计"}
    readings = [read[name] for name in fact.days_only if name in read]
    return f"（文件只有日期：{'、'.join(readings)}）" if readings else ""


Sentence = Callable[[Any, Read, Pack | None], str]

EVENTS: Mapping[type[Fact], tuple[str, str | Sentence]] = {
    intake.IncidentRegistered: ("登记", _incident),
    intake.RegistrationCorrected: ("更正", _correction),
    intake.HistoryRecorded: ("导入历史", _history),
    intake.IncidentLinked: ("并案", "并入 {0.to_number}, 理由：{0.grounds}"),
    intake.IncidentVoided: ("作废", "理由：{0.reason}"),
    intake.FieldMapSaved: ("列名对照", _field_map),
    routing.CountyFounded: ("建库", "{0.name}（{0.code}）"),
    routing.UnitEstablished: ("登记单位", "{0.name}（{0.code}）"),
    routing.OfficerAppointed: ("任命", "{0.officer} 在 {0.unit} 任 {0.post}"),
    routing.IncidentGraded: ("定级", _grade),
    routing.IncidentAssigned: ("交办", _assignment),
    routing.ReplyDrafted: ("拟稿", lambda _, read, __: f"文稿：{read('text')}"),
    routing.ReplyApproved: ("审定", "文稿 {0.draft}"),
    routing.DraftRejected: ("驳回", "文稿 {0.draft} 退回修改, 理由：{0.reason}"),
    routing.ReplyPublished: ("发布", _publication),
    routing.IncidentClosed: ("办结", lambda f, *_: OUTCOMES[f.outcome] + then(f.note)),
    routing.IncidentReopened: ("重启", "继续办理, 理由：{0.grounds}"),
    routing.PackAdopted: ("采用规则", "{0.unit} 采用 {0.pin}, 理由：{0.reason}"),
    routing.PackWithdrawn: ("停用规则", "{0.unit} 停用 {0.pin}, 理由：{0.reason}"),
    routing.StandingConflictFound: ("处置冲突", _conflict),
    routing.CaseRepinned: ("改用规则", "改用 {0.pin}, 理由：{0.reason}"),
    routing.CalendarPublished: ("公布历法", _calendar),
    routing.TermsSet: ("学期", "{0.name}：{0.begins} 至 {0.ends}"),
    deadlines.DutyStarted: ("开始计时", _duty),
    deadlines.DutyMet: (VERDICTS["met"], _met),
    deadlines.DutyMeasured: (VERDICTS["measured"], _measured),
    deadlines.DutyEnded: (
        VERDICTS["ended"],
        lambda f, *_: f"{f.duty} 持续到 {shown(f.ended_at)} 为止",
    ),
    deadlines.DutyMissed: (VERDICTS["missed"], _missed),
    deadlines.DutyMetLate: (VERDICTS["met_late"], _met_late),
    deadlines.DutySuperseded: (VERDICTS["superseded"], _met),
    deadlines.DutyRecordedLate: (VERDICTS["recorded_late"], _recorded_late),
    deadlines.DutyMoved: ("时限变动", _moved),
    deadlines.DutyCancelled: (VERDICTS["cancelled"], lambda f, *_: BECAUSE[f.because]),
    deadlines.DutyResumed: ("恢复计时", "{0.duty}, 所属事项继续办理"),
    deadlines.LateRecordSettled: ("裁定", _settled),
    reporting.IncidentErased: ("销毁密钥", _erased),
    operations.ParkedReleased: ("放行搁置事件", "来自 {0.upstream} 的 {0.events} 条事件"),
}
"""The Chinese name of each kind of event that is no act, and a sentence of what it says: a template
where the fact's own words are enough.
"""

TITLES: Mapping[type[Fact], str] = {
    **{fact: title for fact, (title, _) in EVENTS.items()},
    **TITLES_OF_ACTS,
}
"""The Chinese name of each kind of event."""
