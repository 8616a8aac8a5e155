"""Acts in the words of the pack: told upwards, discussed, signed for, sent back, handed over. Pure.

Each is refused while a gate of the matter's pack is closed to it or a field of its form is empty.
"""

from collections.abc import Sequence
from typing import Any

from services.routing.commands import TakeAct
from services.routing.replies import approved_already
from services.routing.required import require
from services.routing.ruling import allowed, check_open, check_values, said_already
from services.routing.state import Case, Part
from shared.acts.check import fact_of
from shared.contracts.acts import ActTaken
from shared.contracts.catalogue import Fact
from shared.contracts.routing import (
    ActApproved,
    FactsVerified,
    FeedbackGiven,
    InstructionGiven,
    MatterAssessed,
    MatterCalmed,
    MatterEscalated,
    MatterHandled,
    MatterReferred,
    MatterReviewed,
    ReportMade,
    SheetAccepted,
    SheetReturned,
    StateDeclared,
)
from shared.errors import Invalid, Refused

FACTS: dict[str, type[ActTaken]] = {
    fact.ACT: fact
    for fact in (
        MatterAssessed,
        ReportMade,
        InstructionGiven,
        SheetAccepted,
        SheetReturned,
        MatterEscalated,
        MatterReferred,
        FactsVerified,
        MatterHandled,
        ActApproved,
        StateDeclared,
        MatterCalmed,
        FeedbackGiven,
        MatterReviewed,
    )
}
"""The fact that each act makes, by the act's name."""

SIGNED_BY_UNIT = ("accept", "return", "verify", "handle")
"""Acts that a unit does for itself."""


def take(case: Case, command: TakeAct) -> Sequence[Fact]:
    """Take an act; said twice, it changes nothing."""
    act = command.asked.attempted.act
    check_open(case, command.asked.standing, act)
    broken = _particular(case, command)
    if broken is None or said_already(command.asked):
        return []
    check_values(command.asked.record.pack, command.sets)
    breaches = allowed(command.asked)
    return [fact_of(FACTS[act], command.asked.told, (*breaches, *broken), **_said(command))]


def _said(command: TakeAct) -> dict[str, Any]:
    """What only this act says."""
    match command.asked.attempted.act:
        case "assess":
            return {"sets": command.sets, "units": command.units}
        case "escalate":
            return {"sets": command.sets}
        case "refer":
            return {"ground": command.ground}
        case "declare":
            return {"state": command.state, "on": command.on}
        case "feedback":
            return {"satisfied": command.satisfied}
        case act if act in SIGNED_BY_UNIT:
            return {"unit": command.unit}
        case _:
            return {}


def _particular(case: Case, command: TakeAct) -> tuple[str, ...] | None:
    """What holds of this act whatever the pack says: what it breaks, or none if it says nothing
    new. Raises Refused or Invalid.
    """
    match command.asked.attempted.act:
        case "report":
            return _report(command)
        case "accept":
            return _accept(case, command)
        case "return":
            return _return(case, command)
        case "refer":
            return _refer(case, command)
        case "approve":
            return _approve(case, command)
        case "declare":
            return _declare(case, command)
        case _:
            return ()


def _report(command: TakeAct) -> tuple[str, ...]:
    if not command.asked.told.to:
        raise _to_whom("报给谁")
    return ()


def _accept(case: Case, command: TakeAct) -> tuple[str, ...] | None:
    """An assigned unit signs for its sheet, or whoever registered it for what was reported."""
    if case.assigned is None:
        return ()
    part = _part(case, command.unit)
    if part.returned:
        raise Refused(
            "accept.returned",
            f"{command.unit} 已退回, 不能再签收。",
            "确应由该单位承办的, 请重新交办。",
            "unit",
        )
    return None if command.asked.told.kind in part.accepted else ()


def _return(case: Case, command: TakeAct) -> tuple[str, ...] | None:
    """An assigned unit sends it back, or the level above hands down what was put before it."""
    if command.unit not in case.parts and case.put_up:
        require(command.asked.told.text or "", "text", "退回理由")
        return ()
    part = _part(case, command.unit)
    if part.returned:
        return None
    require(command.asked.told.text or "", "text", "退回理由")
    return ()


def _refer(case: Case, command: TakeAct) -> tuple[str, ...]:
    require(command.ground, "ground", "移送的法律依据")
    if not command.asked.told.to:
        raise _to_whom("移送给谁")
    if case.referrers - {command.asked.officer}:
        return ()
    if command.asked.told.happened:
        return ("refer.not-approved",)
    raise Refused(
        "refer.not-approved",
        "移送须先由另一人批准。",
        "请由办理移送的人以外的人先批准（审定种类 referral）, 再移送。",
    )


def _approve(case: Case, command: TakeAct) -> tuple[str, ...] | None:
    if command.asked.told.of in {str(draft) for draft in case.drafts}:
        raise Refused(
            "approve.is-draft",
            "这是一份文稿, 要按文稿审定：拟稿人不能审定自己写的内容。",
            "请用文稿的审定（huiyin approve）。",
            "of",
        )
    return None if approved_already(case, command.asked) else ()


def _declare(case: Case, command: TakeAct) -> tuple[str, ...] | None:
    known = {
        key: each
        for key, each in command.asked.record.pack.states.items()
        if each.on == command.whose
    }
    if command.state not in known:
        where = "单位" if command.whose == "unit" else "事项"
        raise Invalid(
            "act.unknown-state",
            f"规则包中没有可在{where}上宣布的状态“{command.state}”。",
            f"可以填写：{'、'.join(known) or '（规则包没有声明）'}。",
            "state",
        )
    return None if case.states.get(command.state, False) == command.on else ()


def _part(case: Case, unit: str) -> Part:
    if unit not in case.parts:
        raise Refused(
            "unit.not-assigned",
            f"没有交办给 {unit}。",
            "请由牵头单位或协办单位自己签收、退回；尚未交办的, 请先交办。",
            "unit",
        )
    return case.parts[unit]


def _to_whom(what: str) -> Invalid:
    return Invalid("to.missing", f"没有写明{what}。", "请填写收件方（规则包中的当事方）。", "to")
