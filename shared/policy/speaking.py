"""Rules in words (规则释义): what a pack says, as people read it."""

from collections.abc import Iterable

from shared.calendar.durations import Duration
from shared.policy.acts import ACTS
from shared.policy.checking import MATTERS
from shared.policy.pack import Pack
from shared.policy.patterns import Demand, Pattern, read_pattern
from shared.policy.rules import (
    MOMENTS,
    ArchiveItem,
    Duty,
    Form,
    Gate,
    Offence,
    Rule,
    Schedule,
    Shift,
    Statistic,
    Step,
    When,
)

EVERY = {
    "day": "每日",
    "week": "每周",
    "month": "每月",
    "quarter": "每季度",
    "term": "每学期",
    "year": "每年",
}
SOON = {"immediate": "立即", "prompt": "及时"}
COVERS = {"period": "", "since_last": "（自上次截止以来）", "previous": "（上一期的）"}
MEDIA = {"on": "开始", "off": "结束"}
PLACES = {"last": "最后一日", "first": "第一日"}
LATE = {"late": "迟办", "missed": "未办", "late_or_missed": "迟办或未办", "breach": "违反前置条件"}
VIEWS = {"ledger": "台账", "trail": "审计轨迹", "register": "登记簿"}


def sentence(pack: Pack, rule: Rule) -> str:
    """What a rule asks for, in one sentence."""
    match rule:
        case Duty():
            return _duty(pack, rule)
        case Schedule():
            return _schedule(pack, rule)
        case Shift():
            leader = "，须有带班领导" if rule.leader else ""
            return f"{_if(pack, rule.when)}每班 {rule.at} 起 {rule.for_.spoken()}{leader}，不得空岗"
        case Gate():
            return _gate(pack, rule)
        case Form():
            fields = "、".join(spec.zh for spec in rule.fields.values()) or "（未规定栏目）"
            return f"{_if(pack, rule.when)}{_any(pack, rule.on)}须填：{fields}"
        case Step():
            return f"{_if(pack, rule.when)}{demand(pack, rule.act)}"
        case Offence():
            return _offence(rule)
        case ArchiveItem():
            return f"归档须有：{demand(pack, rule.holds) if rule.holds else VIEWS[rule.view or '']}"
        case Statistic():
            among = f" 占 {demand(pack, rule.among)}" if rule.among else ""
            return f"统计 {demand(pack, rule.counts)}{among}"
        case _:
            return rule.zh


def limit(rule: Rule) -> str:
    """By when, in words; empty where a rule has no limit."""
    match rule:
        case Duty():
            return _clock(rule)
        case Schedule():
            day = PLACES.get(rule.on or "", rule.on or "")
            count = f"（至少 {rule.count} 次）" if rule.count > 1 else ""
            return f"{EVERY[rule.every]}{day}{rule.at or ''}{count}"
        case _:
            return ""


def parties(pack: Pack, keys: Iterable[str]) -> str:
    """Parties by their Chinese names."""
    return "、".join(pack.parties.get(key, key) for key in keys)


def demand(pack: Pack, wanted: Demand) -> str:
    """What has to be on record."""
    parts = [_part(pack, part) for part in wanted.parts]
    match wanted.how:
        case "any":
            return "或".join(parts)
        case "all":
            return "并".join(parts)
        case "seq":
            return "、再".join(parts)
        case "count":
            return f"{parts[0]} {wanted.times} 次"


def pattern(pack: Pack, given: Pattern) -> str:
    """One act: ``主要领导审定``, ``向公安机关电话上报（首报）``."""
    by = pack.parties.get(given.by, given.by) if given.by else ""
    to = f"向{pack.parties.get(given.to, given.to)}" if given.to else ""
    medium = MEDIA.get(given.medium) or pack.medium(given.medium) if given.medium else ""
    kind = f"（{_kind(pack, given)}）" if given.kind else ""
    return f"{by}{to}{medium}{ACTS[given.act].title}{kind}"


def _kind(pack: Pack, given: Pattern) -> str:
    assert given.kind is not None
    if given.act == "declare" and given.kind in pack.states:
        return pack.states[given.kind].zh
    return pack.kind_name(given.act, given.kind)


def _part(pack: Pack, part: Pattern | Demand) -> str:
    return pattern(pack, part) if isinstance(part, Pattern) else f"（{demand(pack, part)}）"


def _any(pack: Pack, patterns: Iterable[Pattern]) -> str:
    return "、".join(pattern(pack, each) for each in patterns)


def _duty(pack: Pack, rule: Duty) -> str:
    to = f"（分别向 {parties(pack, rule.recipients)}）" if rule.recipients else ""
    each = "每个承办单位" if rule.each == "assignee" else parties(pack, rule.who)
    unless = f"，已{demand(pack, rule.unless)}的除外" if rule.unless else ""
    must = "可以" if rule.optional else "须"
    start = "或".join(_start(pack, each) for each in rule.start)
    return f"{_if(pack, rule.when)}{start}后，{each}{must}{demand(pack, rule.stop)}{to}{unless}"


def _start(pack: Pack, start: str) -> str:
    kind, _, name = start.partition(":")
    if start in MOMENTS:
        return MOMENTS[start]
    if kind == "state":
        return f"进入{pack.states[name].zh}"
    if kind == "missed":
        return f"{name} 逾期"
    return pattern(pack, read_pattern(start))


READINGS = {
    "after_start_day": "",
    "from_start_day": "（起始日计入）",
    "elapsed": "（每日按 24 小时）",
}


def _clock(rule: Duty) -> str:
    match rule.clock:
        case "within":
            return f"{rule.within.spoken()}内" if rule.within else ""
        case "days":
            return f"{rule.days} 日内{READINGS[rule.reading]}"
        case "working_days":
            return f"{rule.working_days} 个工作日内"
        case "same_day":
            return "当日"
        case "at":
            return f"{rule.at} 前"
        case "on":
            return f"{rule.on} 前"
        case "promised":
            return "按承诺的日期"
        case "soon":
            return f"{SOON[rule.soon or '']}（只计用时）"
        case "until":
            return "持续进行"
        case "before":
            ahead = rule.before
            return f"提前 {ahead.spoken()}" if isinstance(ahead, Duration) else "事先"
        case _:
            return f"{rule.window[0]} 至 {rule.window[1]}" if rule.window else ""


def _schedule(pack: Pack, rule: Schedule) -> str:
    who = parties(pack, rule.who)
    return f"{_if(pack, rule.when)}{who}须{demand(pack, rule.stop)}{COVERS[rule.covers]}"


def _gate(pack: Pack, rule: Gate) -> str:
    refused = _any(pack, rule.refuse)
    if rule.only_by:
        said = f"{refused}只能由 {parties(pack, rule.only_by)} 办理"
    else:
        assert rule.needs is not None
        said = f"{refused}之前须有 {demand(pack, rule.needs)}"
    return _if(pack, rule.when) + said + ("（违反的记为违规）" if rule.mode == "flag" else "")


def _offence(rule: Offence) -> str:
    concerned = f"：{'、'.join(rule.duties)}" if rule.duties else ""
    basis = f"由系统计算（{LATE[rule.on]}{concerned}）" if rule.on else "由人认定"
    return basis + (f"，{rule.sanction}" if rule.sanction else "")


def _if(pack: Pack, when: When | None) -> str:
    if when is None:
        return ""
    said = [
        f"{_axis(pack, key)}为{'或'.join(_value(pack, key, v) for v in values)}"
        for key, values in when.items()
    ]
    return "、".join(said) + "时，"


def _axis(pack: Pack, key: str) -> str:
    given = {"state": "状态", "matter": "事项", "channel": "渠道"}
    return given.get(key) or pack.axes[key].zh


def _value(pack: Pack, key: str, value: str) -> str:
    if value.startswith("!"):
        return f"非{_value(pack, key, value[1:])}"
    match key:
        case "state":
            return pack.states[value].zh
        case "matter":
            return MATTERS[value]
        case "channel":
            return pack.channels[value]
        case _:
            return pack.axes[key].values[value]
