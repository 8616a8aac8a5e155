"""Rules in words (规则释义): what a pack says, as people read it."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from shared.acts.vocabulary import ACTS
from shared.calendar.durations import Duration
from shared.calendar.periods import WEEKDAYS
from shared.policy.language import rules
from shared.policy.language.checking import MATTERS
from shared.policy.language.pack import Pack
from shared.policy.language.patterns import Demand, Pattern, read_pattern

EVERY = {
    "day": "每日",
    "week": "每周",
    "month": "每月",
    "quarter": "每季度",
    "term": "每学期",
    "year": "每年",
}
SOON = {"immediate": "立即", "prompt": "及时"}
COVERS = {"period": "", "since_last": "（自上次截止以来的）", "previous": "（上一期的）"}
EACH = {"post_holder": "每位", "class": "各班的", "unit": "各"}
PLACES = {
    "last": "最后一日",
    "first": "第一日",
    **dict(zip(WEEKDAYS, ("周一", "周二", "周三", "周四", "周五", "周六", "周日"), strict=True)),
}
LATE = {"late": "迟办", "missed": "未办", "late_or_missed": "迟办或未办", "breach": "违反前置条件"}
VIEWS = {"ledger": "台账", "trail": "审计轨迹", "register": "登记簿"}
WHERE = {"in_time": "按时的", "satisfied": "满意的"}
FIELDS = {
    "number": "数字",
    "moment": "时间",
    "interval": "起止时间",
    "unit": "单位",
    "post": "职务",
    "link": "链接",
}
READINGS = {
    "after_start_day": "",
    "from_start_day": "（起始日计入）",
    "elapsed": "（每日按 24 小时计）",
}
ADVERB = 2
"""Characters of a medium that stands before the act as it is: 电话上报, but 通过小区论坛发布."""


def sentence(pack: Pack, rule: rules.Rule) -> str:
    """What a rule asks for, by when and of whom, in one sentence."""
    said = _if(pack, getattr(rule, "when", None))
    match rule:
        case rules.Duty():
            return said + _duty(pack, rule)
        case rules.Schedule():
            return said + _schedule(pack, rule)
        case rules.Shift():
            return said + _shift(pack, rule)
        case rules.Gate():
            return said + _gate(pack, rule)
        case rules.Form():
            return said + _form(pack, rule)
        case rules.Step():
            who = rule.who or ()
            return said + demand(pack, rule.act, of=who, by=parties(pack, who))
        case rules.Offence():
            return _offence(rule)
        case rules.ArchiveItem():
            return _archive(pack, rule)
        case rules.Statistic():
            return _statistic(pack, rule)
        case _:
            return rule.zh


def limit(rule: rules.Rule) -> str:
    """By when, in words; empty where a rule has no limit."""
    match rule:
        case rules.Duty() if rule.clock == "soon":
            return f"{SOON[rule.soon or '']}（只计用时）"
        case rules.Duty() if rule.clock == "until":
            return "持续进行（不计逾期）"
        case rules.Duty():
            return _clock(rule)
        case rules.Schedule():
            return _period(rule) + (f" 至少 {rule.count} 次" if rule.count > 1 else "")
        case _:
            return ""


def parties(pack: Pack, keys: Iterable[str]) -> str:
    """Parties by their Chinese names."""
    return "、".join(pack.parties.get(key, key) for key in keys)


def demand(pack: Pack, wanted: Demand, *, of: Sequence[str] = (), by: str = "") -> str:
    """What has to be on record; ``by`` is who does it, who is then not named again as one ``of``
    those parties.
    """
    parts = [_part(pack, part, of) for part in wanted.parts]
    match wanted.how:
        case "any":
            return by + "或".join(parts)
        case "all":
            return by + "并".join(parts)
        case "seq":
            return f"{by}先{'，再'.join(parts)}"
        case "count":
            return f"{by}{parts[0]} {wanted.times} 次"


def pattern(pack: Pack, given: Pattern) -> str:
    """One act: ``主要领导审定``, ``向公安机关电话上报（首报）``."""
    by = pack.parties.get(given.by, given.by) if given.by else ""
    to = f"向{pack.parties.get(given.to, given.to)}" if given.to else ""
    if given.act == "declare" and given.kind in pack.states:
        return by + _declared(pack, given)
    kind = f"（{pack.kinds_of(given.act)[given.kind]}）" if given.kind else ""
    return f"{by}{to}{_through(pack, given)}{ACTS[given.act].title}{kind}"


def _declared(pack: Pack, given: Pattern) -> str:
    assert given.kind is not None
    verb = {"on": "宣布启动", "off": "宣布结束"}.get(given.medium or "", "宣布")
    return f"{verb}（{pack.states[given.kind].zh}）"


def _through(pack: Pack, given: Pattern) -> str:
    medium = pack.medium(given.medium) if given.medium else ""
    return f"通过{medium}" if len(medium) > ADVERB else medium


def _part(pack: Pack, part: Pattern | Demand, of: Sequence[str] = ()) -> str:
    if isinstance(part, Demand):
        return f"（{demand(pack, part, of=of)}）"
    return pattern(pack, replace(part, by=None) if part.by in of else part)


def _any(pack: Pack, patterns: Iterable[Pattern]) -> str:
    return "或".join(pattern(pack, each) for each in patterns)


def _duty(pack: Pack, rule: rules.Duty) -> str:
    who = "每个承办单位" if rule.each == "assignee" else parties(pack, rule.who)
    to = f"分别向{parties(pack, rule.recipients)}" if rule.recipients else ""
    must = "可以" if rule.optional else "须"
    soon = SOON.get(rule.soon or "", "持续" if rule.until else "")
    what = demand(pack, rule.stop, of=rule.who)
    return f"{_when(pack, rule)}，{who}{must}{soon}{to}{what}{_besides(pack, rule)}"


def _when(pack: Pack, rule: rules.Duty) -> str:
    """From when to when: ``发现后 3小时内``, ``发帖当日``, ``每次上报后``."""
    again = "每次" if rule.again else ""
    if rule.before is not None:
        ahead = f" {rule.before.spoken()}" if isinstance(rule.before, Duration) else ""
        since = "" if rule.start == ("planned",) else f"{_starts(pack, rule)}后、"
        return f"{again}{since}计划时间{ahead}之前"
    started = again + _starts(pack, rule)
    match rule.clock:
        case "same_day":
            return f"{started}当日"
        case "soon":
            return f"{started}后"
        case "until" if rule.until:
            return f"{started}后、{demand(pack, rule.until)}之前"
        case "within" | "days" | "working_days":
            return f"{started}后 {_clock(rule)}"
        case _:
            return f"{started}后、{_clock(rule)}"


def _starts(pack: Pack, rule: rules.Duty) -> str:
    return "或".join(_start(pack, each) for each in rule.start)


def _start(pack: Pack, start: str) -> str:
    kind, _, name = start.partition(":")
    if start in rules.MOMENTS:
        return rules.MOMENTS[start]
    if kind == "state":
        return f"宣布启动（{pack.states[name].zh}）"
    if kind == "missed":
        return f" {name} 逾期"
    return pattern(pack, read_pattern(start))


def _besides(pack: Pack, rule: rules.Duty) -> str:
    unless = f"，已{demand(pack, rule.unless)}的除外" if rule.unless else ""
    extension = f"；{_extension(pack, rule.extension)}" if rule.extension else ""
    clash = f"（与 {'、'.join(rule.clash)} 不一致，两条都计）" if rule.clash else ""
    return unless + extension + clash


def _extension(pack: Pack, given: rules.Extension) -> str:
    long = given.within.spoken() if given.within else f"{given.days}日" if given.days else "当日"
    how = "可再延" if given.counted == "additional" else "可延期，总计不超过"
    approver = parties(pack, given.approver) if given.approver else "有权人员"
    needs = f"经{approver}批准的" if given.needs == "approval" else "说明理由的"
    return f"{needs}{how} {long}"


def _clock(rule: rules.Duty) -> str:
    match rule.clock:
        case "within":
            return f"{rule.within.spoken()}内" if rule.within else ""
        case "days":
            return f"{rule.days}日内{READINGS[rule.reading]}"
        case "working_days":
            return f"{rule.working_days}个工作日内{READINGS[rule.reading]}"
        case "same_day":
            return "当日"
        case "at":
            return f"{rule.at} 前"
        case "on":
            return "当月最后一日前" if rule.on == "last" else f"{_day(rule.on or '')}前"
        case "promised":
            return "承诺的期限内"
        case "before":
            ahead = rule.before
            return f"提前 {ahead.spoken()}" if isinstance(ahead, Duration) else "事先"
        case _:
            return f"{_day(rule.window[0])}至{_day(rule.window[1])}间" if rule.window else ""


def _day(given: str) -> str:
    """``12-11`` as people say it: 12月11日; ``10``: 10日; ``friday``: 周五."""
    if given in PLACES:
        return PLACES[given]
    if given.isdecimal():
        return f"{given}日"
    month, day = given.split("-")
    return f"{int(month)}月{int(day)}日"


def _schedule(pack: Pack, rule: rules.Schedule) -> str:
    who = EACH.get(rule.each or "", "") + parties(pack, rule.who)
    count = f"，至少 {rule.count} 次" if rule.count > 1 else ""
    clash = f"（与 {'、'.join(rule.clash)} 不一致，两条都计）" if rule.clash else ""
    what = demand(pack, rule.stop, of=rule.who)
    return f"{_period(rule)}，{who}须{what}{COVERS[rule.covers]}{count}{clash}"


def _period(rule: rules.Schedule) -> str:
    """``每日 17:30 前``, ``每年（3月至5月）最后一日前``, ``自5月5日起每周``."""
    begun = f"自{_day(rule.from_)}起" if rule.from_ else ""
    every = "每个工作日" if rule.working_days and rule.every == "day" else EVERY[rule.every]
    months = f"（{_months(rule.months)}）" if rule.months else ""
    span = f"{_day(rule.window[0])}至{_day(rule.window[1])}" if rule.window else ""
    day = _day(rule.on) if rule.on else ""
    day = f"间，{day}" if span and day else day
    clock = f" {rule.at} " if rule.at else ""
    before = "前" if day or clock else ""
    return f"{begun}{every}{months}{span}{day}{clock}{before}"


def _months(given: Sequence[int]) -> str:
    if len(given) > 1 and list(given) == list(range(given[0], given[-1] + 1)):
        return f"{given[0]}月至{given[-1]}月"
    return "、".join(f"{month}月" for month in given)


def _shift(pack: Pack, rule: rules.Shift) -> str:
    leader = "，每班须有带班领导" if rule.leader else ""
    form = f"，交班时填写 {rule.form}" if rule.form else ""
    who = parties(pack, rule.who)
    return f"{who}值班，自 {rule.at} 起每 {rule.for_.spoken()}一班，不得空岗{leader}{form}"


def _gate(pack: Pack, rule: rules.Gate) -> str:
    refused = _any(pack, rule.refuse)
    said = f"{refused}，只能由{parties(pack, rule.only_by or ())}办理"
    if rule.needs:
        has = "" if rule.needs.how == "seq" else "有"
        said = f"{refused}之前，须{has}{demand(pack, rule.needs)}"
    besides = f"；{_any(pack, rule.besides)}不受此限" if rule.besides else ""
    flag = "（违反的不拦下，记为违规）" if rule.mode == "flag" else ""
    return said + besides + flag


def _form(pack: Pack, rule: rules.Form) -> str:
    asked = "、".join(map(_field, rule.fields.values()))
    must = "可用此表，用则须填" if rule.optional else "须填"
    what = f"{must}：{asked}" if asked else "用此表（原文未规定栏目）"
    return f"{_any(pack, rule.on)}时{what}"


def _field(spec: rules.FieldSpec) -> str:
    kind = FIELDS.get(spec.type, "")
    notes = [
        *([f"{'、'.join(spec.of)} 选一"] if spec.of else []),
        *([f"填{kind}"] if kind not in spec.zh else []),
        *(["没有的填“无”"] if spec.nil else []),
        *(["可不填"] if spec.optional else []),
    ]
    return spec.zh + (f"（{'，'.join(notes)}）" if notes else "")


def _offence(rule: rules.Offence) -> str:
    concerned = "、".join(rule.duties) or "各项上报和答复"
    basis = f"由系统计算：{concerned} {LATE[rule.on]}" if rule.on else "由人认定"
    return basis + (f"；{rule.sanction}" if rule.sanction else "")


def _archive(pack: Pack, rule: rules.ArchiveItem) -> str:
    what = demand(pack, rule.holds) if rule.holds else VIEWS[rule.view or ""]
    return f"归档须有：{what}" if rule.required else f"有则归档：{what}"


def _statistic(pack: Pack, rule: rules.Statistic) -> str:
    of = f"{MATTERS[rule.matter]}的" if rule.matter != "incident" else ""
    counted = f"{WHERE.get(rule.where or '', '')}{of}{demand(pack, rule.counts)}"
    if rule.among is None:
        return f"{counted}的次数"
    return f"{counted}占{demand(pack, rule.among)}的比例"


def _if(pack: Pack, when: rules.When | None) -> str:
    if when is None:
        return ""
    said = [_condition(pack, key, values) for key, values in when.items()]
    return "、".join(said) + "的，"


def _condition(pack: Pack, key: str, values: Sequence[str]) -> str:
    wanted = "或".join(_value(pack, key, value) for value in values)
    if key == "state":
        return f"已宣布（{wanted}）"
    verb = {"matter": "事项为", "channel": "来自"}
    return (verb.get(key) or f"{pack.axes[key].zh}为") + wanted


def _value(pack: Pack, key: str, value: str) -> str:
    if value.startswith("!"):
        return f"{_value(pack, key, value[1:])}以外"
    if key == "state":
        return pack.states[value].zh
    given = {"matter": MATTERS, "channel": pack.channels}
    return (given.get(key) or pack.axes[key].values)[value]
