"""What was done, in the words of the pack it was done under (行为用语)."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress

from services.reporting.packs import axis_value, party_name
from services.reporting.unshown import shown, shown_limit
from shared.acts.vocabulary import ACTS
from shared.contracts import deadlines, intake, reporting, routing
from shared.contracts.catalogue import ActTaken, Fact, facts
from shared.policy.language.pack import Pack
from shared.policy.language.rules import Form

Read = Callable[[str], str]
"""Opens a sealed field of the event at hand."""

_KINDS = [fact for fact in facts().values() if issubclass(fact, ActTaken)]

TITLES_OF_ACTS: dict[type[Fact], str] = {
    **{fact: ACTS[fact.ACT].title for fact in _KINDS},
    routing.ActApproved: "批准",
}
"""The Chinese name of each act; approving what is no draft has its own."""


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
