"""What happened, in the words of those who read it, and of the pack it was done under."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from string import Formatter
from typing import Any

from services.reporting.packs import axis_value, party_name
from services.reporting.unshown import shown, shown_limit, words_of
from shared.acts.vocabulary import ACTS
from shared.contracts import deadlines, intake, operations, reporting, routing
from shared.contracts.catalogue import ActTaken, Fact, facts
from shared.contracts.envelope import Recorded, associated_data
from shared.contracts.sealed import Sealed
from shared.policy.language.checking import MATTERS
from shared.policy.language.pack import Pack
from shared.policy.language.rules import Form
from shared.vault.vault import Vault
from shared.words import OUTCOMES, VERDICTS

Read = Callable[[str], str]
"""Opens a sealed field of the event at hand."""

BECAUSE = {
    "voided": "事件作废",
    "linked": "事件并案",
    "history": "历史留言",
    "unless": "已有免除的事由",
    "repinned": "改用其他规则",
    "calendar": "按公布的历法",
    "returned": "单位已退回, 不再承办",
    "reassigned": "已改交其他单位, 不再承办",
    "extension": "批准延期",
    "correction": "更正登记",
}
"""Why a duty fell away or has another limit."""

ENDINGS = {"voided": "作废", "linked": "并案"}
"""What ends a matter that nobody was answered in."""

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
        sentence = _saying(say, event.fact) if isinstance(say, str) else say(event.fact, read, pack)
    broken: Sequence[str] = getattr(event.fact, "breaches", ())
    return f"{sentence}{then(f'违反 {names(broken)}')}" if broken else sentence


def _incident(fact: intake.IncidentRegistered, read: Read, pack: Pack | None) -> str:
    category = axis_value(pack, "category", fact.category) or "未填"
    title = f"标题：{read('title')}{_source(fact.provenance)}"
    return f"编号 {fact.number}, 类别 {category}{_registered(fact, pack)}, {title}"


def _history(fact: intake.HistoryRecorded, *_: object) -> str:
    replied = f"原答复单位 {fact.named or fact.unit}" if fact.reply else "原无答复"
    return replied + _day_only(fact) + _source(fact.provenance)


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
    return f"{fact.title}（{fact.duty}）, {by_when}{'（暂定）' if fact.provisional else ''}"


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


def _appointment(fact: routing.OfficerAppointed, *_: object) -> str:
    term = f", 至 {shown(fact.until)}" if fact.until else ""
    instead = f", 代理 {fact.instead_of}" if fact.instead_of else ""
    return f"{fact.officer} 在 {fact.unit} 任 {fact.post}{term}{instead}"


def _leaving(fact: routing.AppointmentEnded, *_: object) -> str:
    work = f", 未办结 {names(fact.open_work)}" if fact.open_work else ""
    to = f", 移交 {fact.successor}" if fact.successor else ""
    return f"{fact.officer}, 原因：{fact.reason}{work}{to}"


def what_act(act: ActTaken, unit: str, read: Read, pack: Pack | None) -> str:
    """One sentence of an act: which kind, to whom, how, about what, and its words."""
    parts = [*_common(act, pack), *_particular(act, pack)]
    words = read("text") if act.text is not None else ""
    form = _form(act, read, pack)
    sentence = ", ".join(parts) or f"{unit} {ACTS[act.ACT].title}"
    return sentence + (f"：{words}" if words else "") + (f"（{form}）" if form else "")


def _common(act: ActTaken, pack: Pack | None) -> Iterator[str]:
    if act.kind:
        kinds = pack.kinds_of(act.ACT) if pack else {}
        yield kinds.get(act.kind, act.kind)
    if act.to:
        yield f"致 {names(party_name(pack, party) for party in act.to)}"
    if act.medium:
        yield f"经 {pack.medium(act.medium) if pack else act.medium}"
    if act.of:
        rule = pack.rules.get(act.of) if pack else None
        yield f"{rule.zh}（{act.of}）" if rule else f"事由 {act.of}"


def _particular(act: ActTaken, pack: Pack | None) -> Iterator[str]:
    """What only this act says."""
    match act:
        case routing.MatterAssessed() | routing.MatterEscalated() if act.sets:
            yield set_words(act.sets, pack)
        case (
            routing.SheetAccepted()
            | routing.SheetReturned()
            | routing.FactsVerified()
            | routing.MatterHandled()
        ):
            yield f"由 {act.unit}"
        case routing.MatterReferred():
            yield f"法律依据：{act.ground}"
        case routing.StateDeclared():
            state = pack.states.get(act.state) if pack else None
            yield f"{'进入' if act.on else '解除'} {state.zh if state else act.state}"
        case routing.FeedbackGiven():
            yield "满意" if act.satisfied else "不满意"
        case intake.MatterNoted() if act.worse:
            yield "事态恶化"
        case intake.UnitAct():
            yield from _of_a_day(act)
        case _:
            yield from _of_the_record(act)


def _of_a_day(act: intake.UnitAct) -> Iterator[str]:
    if act.period:
        yield f"{act.period} 期"
    match act:
        case intake.ChannelsBrowsed() if act.channels:
            yield names(act.channels)
        case intake.SummaryMade():
            yield f"共 {len(act.items)} 件"
        case intake.ShiftWorked():
            leader = f", 带班 {act.leader}" if act.leader else ""
            yield f"{shown(act.begins)} 至 {shown(act.ends)}{leader}"


def _of_the_record(act: ActTaken) -> Iterator[str]:
    match act:
        case deadlines.DutyExtended():
            if act.until:
                yield f"延至 {shown_limit(act.until)} 前"
            if act.approver:
                yield f"批准人 {act.approver}"
        case reporting.MatterArchived():
            yield f"件号 {act.number}"
            if act.missing:
                yield f"未附 {names(act.missing)}"
        case reporting.FindingMade():
            yield f"{'表彰' if act.good else '追责'} {act.unit}"
            if act.evidence:
                yield f"证据 册号 {names(map(str, act.evidence))}"
        case reporting.UnitsRanked():
            yield f"{act.period}：{names(act.order)}"


def _form(act: ActTaken, read: Read, pack: Pack | None) -> str:
    """The fields of the act's form; what was erased or is no form reads as it is."""
    if act.fields is None:
        return ""
    text = read("fields")
    with suppress(ValueError):
        filled = json.loads(text)
        if isinstance(filled, dict):
            return "；".join(f"{_field(key, pack)}：{value}" for key, value in filled.items())
    return text


def _field(key: str, pack: Pack | None) -> str:
    forms = pack.of(Form).values() if pack else ()
    return next((form.fields[key].zh for form in forms if key in form.fields), key)


def then(text: str) -> str:
    """What follows in a sentence, if anything does."""
    return f", {text}" if text else ""


def names(each: Iterable[str]) -> str:
    """Several names."""
    return "、".join(each)


def set_words(sets: Mapping[str, Sequence[str]], pack: Pack | None) -> str:
    """What was judged on which axes; severity speaks for itself."""
    return ", ".join(_judged(axis, values, pack) for axis, values in sets.items())


def span(seconds: int) -> str:
    """So long, in days, hours, minutes and seconds."""
    days, rest = divmod(seconds, 86_400)
    hours, rest = divmod(rest, 3_600)
    parts = [(days, "天"), (hours, "小时"), (rest // 60, "分"), (rest % 60, "秒")]
    return "".join(f"{count}{unit}" for count, unit in parts if count) or "0秒"


def _judged(axis: str, values: Sequence[str], pack: Pack | None) -> str:
    judged = names(axis_value(pack, axis, value) for value in values)
    if axis == "severity":
        return judged
    declared = pack.axes.get(axis) if pack else None
    return f"{declared.zh if declared else axis} {judged}"


class _Saying(Formatter):
    """Fills in a sentence: ``!m`` is a moment, ``!l`` a limit, ``!s`` a span, ``!e`` what ended a
    matter, ``!b`` why a limit moved, ``!p`` whether it is provisional.
    """

    _SAID: Mapping[str | None, Callable[[Any], object]] = {
        None: lambda value: value,
        "m": shown,
        "l": shown_limit,
        "s": span,
        "e": ENDINGS.__getitem__,
        "b": BECAUSE.__getitem__,
        "p": lambda value: "（暂定）" if value else "",
    }

    def convert_field(self, value: Any, conversion: str | None) -> object:
        return self._SAID[conversion](value)


_saying = _Saying().format
Sentence = Callable[[Any, Read, Pack | None], str]
_DONE = "于 {0.done_at!m} 完成, "

EVENTS: Mapping[type[Fact], tuple[str, str | Sentence]] = {
    intake.IncidentRegistered: ("登记", _incident),
    intake.RegistrationCorrected: (
        "更正",
        lambda f, _, pack: f"{_corrections(f, pack)}, 理由：{f.grounds}",
    ),
    intake.HistoryRecorded: ("导入历史", _history),
    intake.IncidentLinked: ("并案", "并入 {0.to_number}, 理由：{0.grounds}"),
    intake.IncidentVoided: ("作废", "理由：{0.reason}"),
    intake.FieldMapSaved: (
        "列名对照",
        lambda f, *_: names(f"{c.heading} = {c.field}" for c in f.columns),
    ),
    routing.CountyFounded: ("建库", "{0.name}（{0.code}）"),
    routing.UnitEstablished: ("登记单位", "{0.name}（{0.code}）"),
    routing.SupervisorNamed: ("指定监督单位", "{0.unit} 由 {0.supervisor} 监督"),
    routing.OfficerAppointed: ("任命", _appointment),
    routing.AppointmentEnded: ("离任", _leaving),
    routing.PersonRecognised: ("同一人", "{0.officer} 与 {0.person} 是同一人, 依据：{0.reason}"),
    routing.TokenIssued: ("发放令牌", "{0.officer}, 有效至 {0.until!m}"),
    routing.TokenWithdrawn: ("收回令牌", "{0.officer}, 原因：{0.reason}"),
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
    routing.StandingConflictFound: (
        "处置冲突",
        "{0.because!e}时不知已发布或已办结, {0.because!e}不成立, 继续办理",
    ),
    routing.CaseRepinned: ("改用规则", "改用 {0.pin}, 理由：{0.reason}"),
    routing.CalendarPublished: (
        "公布历法",
        lambda f, *_: (
            f"{f.year} 年, 放假 {len(f.off_days)} 天, 调休上班 {len(f.makeup_days)} 天"
            + then(f.notice)
        ),
    ),
    routing.TermsSet: ("学期", "{0.name}：{0.begins} 至 {0.ends}"),
    deadlines.DutyStarted: ("开始计时", _duty),
    deadlines.DutyMet: (VERDICTS["met"], _DONE + "余 {0.spare_seconds!s}"),
    deadlines.DutyMeasured: (VERDICTS["measured"], _DONE + "用时 {0.took_seconds!s}"),
    deadlines.DutyEnded: (VERDICTS["ended"], "持续到 {0.ended_at!m} 为止"),
    deadlines.DutyMissed: (VERDICTS["missed"], _missed),
    deadlines.DutyMetLate: (VERDICTS["met_late"], _DONE + "迟 {0.late_seconds!s}"),
    deadlines.DutySuperseded: (VERDICTS["superseded"], _DONE + "余 {0.spare_seconds!s}"),
    deadlines.DutyRecordedLate: (
        VERDICTS["recorded_late"],
        "称于 {0.done_at!m} 完成, {0.recorded_at!m} 才补录",
    ),
    deadlines.DutyMoved: ("时限变动", "因{0.because!b}, 改为 {0.due!l} 前{0.provisional!p}"),
    deadlines.DutyCancelled: (VERDICTS["cancelled"], "{0.because!b}"),
    deadlines.DutyResumed: ("恢复计时", "所属事项继续办理"),
    deadlines.LateRecordSettled: (
        "裁定",
        lambda f, *_: f"认定{'按时' if f.in_time else '迟办'}, 依据：{f.grounds}",
    ),
    reporting.IncidentErased: (
        "销毁密钥",
        lambda f, *_: f"销毁 {len(f.keys)} 把数据密钥, 依据：{f.grounds}",
    ),
    operations.ParkedReleased: ("放行搁置事件", "来自 {0.upstream} 的 {0.events} 条事件"),
}
"""The Chinese name of each kind of event that is no act, and a sentence of what it says: a template
where the fact's own words are enough.
"""

TITLES: Mapping[type[Fact], str] = {
    **{fact: title for fact, (title, _) in EVENTS.items()},
    **{f: ACTS[f.ACT].title for f in facts().values() if issubclass(f, ActTaken)},
    routing.ActApproved: "批准",
}
"""The Chinese name of each kind of event; approving what is no draft has its own."""
