"""How a matter is handled in the words of its pack: told upwards, signed for, handed over. Pure."""

from collections.abc import Sequence
from typing import Any, cast

from services.routing.state import Approval, Case, IncidentStanding, Part
from shared.acts.body import ActBody
from shared.acts.check import Attempt, Record, require
from shared.contracts.catalogue import Fact
from shared.contracts.routing import (
    ActApproved,
    MatterReferred,
    ReportMade,
    SheetAccepted,
    SheetReturned,
    StateDeclared,
)
from shared.errors import Invalid, Refused
from shared.policy.engine.deeds import fits, holds_now
from shared.policy.language.patterns import Demand, Pattern
from shared.policy.language.rules import Duty, Gate

AFTER_CLOSING = ("report", "feedback", "review")
"""What is still done when a matter is closed: what remains to be told, and what was learned."""


def check_open(case: Case, act: str = "") -> None:
    """Raises Refused ``incident.*`` for what is voided, linked or closed."""
    check_standing(case.standing)
    if case.closed and act not in AFTER_CLOSING:
        raise Refused(
            "incident.closed",
            "事件已办结。",
            "出现新情况的, 请先重启（huiyin reopen）, 或另行登记。",
        )


def check_standing(standing: IncidentStanding) -> None:
    """Raises Refused ``incident.voided`` or ``incident.linked``."""
    if standing == "voided":
        raise Refused("incident.voided", "事件已作废。", "请另行登记。")
    if standing == "linked":
        raise Refused("incident.linked", "事件已并入另一事件。", "请办理所并入的事件。")


def handle(case: Case, attempt: Attempt[Fact]) -> Fact:
    """Whatever is done about a matter that is open."""
    check_open(case, attempt.deed.act)
    return attempt.fact


def report(case: Case, attempt: Attempt[ReportMade]) -> Fact:
    """Tell somebody; whom, has to be said."""
    check_open(case, attempt.deed.act)
    if not attempt.fact.to:
        raise _to_whom("报给谁")
    return attempt.fact


def accept(case: Case, attempt: Attempt[SheetAccepted]) -> Fact | None:
    """An assigned unit signs for its sheet, or whoever registered it for what was reported."""
    check_open(case)
    fact = attempt.fact
    if case.assigned is None:
        return fact
    part = _part(case, fact.unit)
    if part.returned:
        raise Refused(
            "accept.returned",
            f"{fact.unit} 已退回, 不能再签收。",
            "确应由该单位承办的, 请重新交办。",
            "unit",
        )
    return None if fact.kind in part.accepted else fact


def hand_back(case: Case, attempt: Attempt[SheetReturned]) -> Fact | None:
    """An assigned unit sends it back, or the level above hands down what was put before it."""
    check_open(case)
    fact, body = attempt.fact, cast(ActBody, attempt.body)
    if not (fact.unit not in case.parts and case.put_up) and _part(case, fact.unit).returned:
        return None
    require(body.text, "text", "退回理由")
    return fact


def refer(case: Case, attempt: Attempt[MatterReferred]) -> Fact:
    """Hand it over to whom it belongs, once another person agreed; on a legal ground."""
    check_open(case)
    fact = attempt.fact
    require(fact.ground, "ground", "移送的法律依据")
    if not fact.to:
        raise _to_whom("移送给谁")
    if case.referrers - case.one_person(attempt.officer):
        return fact
    if attempt.happened:
        return fact.model_copy(update={"breaches": ("refer.not-approved",)})
    raise Refused(
        "refer.not-approved",
        "移送须先由另一人批准。",
        "请由办理移送的人以外的人先批准（审定种类 referral）, 再移送。",
    )


def agree(case: Case, attempt: Attempt[ActApproved]) -> Fact | None:
    """Agree to something that is no draft of a reply."""
    check_open(case)
    fact = attempt.fact
    if fact.of in {str(draft) for draft in case.drafts}:
        raise Refused(
            "approve.is-draft",
            "这是一份文稿, 要按文稿审定：拟稿人不能审定自己写的内容。",
            "请用文稿的审定（huiyin approve）。",
            "of",
        )
    return None if approved_already(case, attempt) else fact


def declare(case: Case, attempt: Attempt[StateDeclared]) -> Fact | None:
    """A state of the pack begins or ends, on a matter or on a unit and all under it."""
    check_open(case)
    fact = attempt.fact
    states = attempt.pack.states.items()
    known = [key for key, state in states if state.on == case.whose]
    if fact.state not in known:
        where = "单位" if case.whose == "unit" else "事项"
        raise Invalid(
            "act.unknown-state",
            f"规则包中没有可在{where}上宣布的状态“{fact.state}”。",
            f"可以填写：{'、'.join(known) or '（规则包没有声明）'}。",
            "state",
        )
    return None if case.states.get(fact.state, False) == fact.on else fact


def approved_already(case: Case, attempt: Attempt[Any]) -> bool:
    """The same person approved the same in the same post, so that saying it again adds nothing.

    Where rules want approvals in a sequence, one given too early can be given again once somebody
    else has approved.
    """
    deed, officer = attempt.deed, attempt.officer
    mine = Approval(deed.of, officer, deed.by, deed.kind)
    if mine not in case.approvals:
        return False
    since = case.approvals[len(case.approvals) - case.approvals[::-1].index(mine) :]
    same = case.one_person(officer)
    others = any(each.of == deed.of and each.officer not in same for each in since)
    return not (others and _in_sequence(attempt))


def asks_for_reply(record: Record) -> bool:
    """Whether the rules want the public answered.

    They do where the matter is an incident, and a duty in force on it asks for something to be
    published. The county baseline has one for every incident.
    """
    if record.matter.kind != "incident":
        return False
    return any(
        not duty.optional
        and any(pattern.act == "publish" for pattern in duty.stop.patterns())
        and holds_now(record.pack, duty.when, record.matter, record.deeds)
        for duty in record.pack.of(Duty).values()
    )


def _in_sequence(attempt: Attempt[Any]) -> bool:
    """Whether a gate of the pack wants such an approval in a sequence."""
    pack = attempt.pack
    return any(
        fits(pack, pattern, attempt.deed)
        for gate in pack.of(Gate).values()
        if gate.needs is not None
        for pattern in _sequenced(gate.needs)
    )


def _sequenced(demand: Demand) -> Sequence[Pattern]:
    if demand.how == "seq":
        return list(demand.patterns())
    return [
        found for part in demand.parts if isinstance(part, Demand) for found in _sequenced(part)
    ]


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
