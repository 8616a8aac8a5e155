"""Acts in the words of the pack: a matter is noted down, a unit's day is told of. Pure.

Each is refused while a gate of the pack is closed to it or a field of its form is empty.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from services.intake.commands import Particulars, TakeAct
from services.intake.ruling import allowed, check_channels, said_already
from shared.acts.check import check_past, fact_of
from shared.clock import shown
from shared.contracts.acts import ActTaken
from shared.contracts.catalogue import Fact
from shared.contracts.intake import (
    ActivityConducted,
    ChannelsBrowsed,
    DrillHeld,
    InspectionMade,
    MatterNoted,
    ReturnFiled,
    ShiftWorked,
    SummaryMade,
    ZeroReported,
)
from shared.errors import Invalid
from shared.policy.language.pack import Pack

FACTS: dict[str, type[ActTaken]] = {
    fact.ACT: fact
    for fact in (
        MatterNoted,
        ChannelsBrowsed,
        SummaryMade,
        ZeroReported,
        ShiftWorked,
        ReturnFiled,
        InspectionMade,
        DrillHeld,
        ActivityConducted,
    )
}
"""The fact that each act makes, by the act's name."""

ON_MATTER = ("note", "file_return", "inspect", "drill", "conduct")
"""What can be done on a matter."""

ON_DAY = tuple(act for act in FACTS if act != "note")
"""What can be done on a unit's own day."""

LONGEST_SHIFT = timedelta(days=31)

MOST_ITEMS = 1000
"""Matters in one summary: it has to fit into an event."""


def take(command: TakeAct) -> Sequence[Fact]:
    """Take an act; said twice, it changes nothing."""
    asked = command.asked
    act = asked.attempted.act
    check_past(asked.attempted.at, asked.now, "occurred_at", "发生时间")
    _check_particulars(command)
    if said_already(asked):
        return []
    breaches = allowed(asked)
    return [fact_of(FACTS[act], asked.told, breaches, **_said(act, command.more))]


def known_of(act: str, told: Particulars, unit: str) -> dict[str, str]:
    """The fields of a form that an act of a unit's day says anyway, by their usual keys."""
    known = {"unit": unit}
    if act == "shift" and told.begins and told.ends:
        known["period"] = f"{shown(told.begins)} 至 {shown(told.ends)}"
    return known


def deed_of(act: str, told: Particulars) -> dict[str, Any]:
    """What the particulars of an act are to the rules."""
    if act == "note":
        return {"worse": told.worse}
    deed: dict[str, Any] = {"period": told.period}
    if act == "shift":
        deed |= {"begins": told.begins, "ends": told.ends, "leader": told.leader is not None}
    return deed


def _said(act: str, told: Particulars) -> dict[str, Any]:
    """What only this act says."""
    day: dict[str, Any] = {"period": told.period}
    match act:
        case "note":
            return {"worse": told.worse}
        case "browse":
            return day | {"channels": told.channels}
        case "summarise":
            return day | {"items": told.items}
        case "shift":
            return day | {"begins": told.begins, "ends": told.ends, "leader": told.leader}
        case _:
            return day


def _check_particulars(command: TakeAct) -> None:
    """What holds of an act whatever the pack says; raises Invalid."""
    asked, told = command.asked, command.more
    match asked.attempted.act:
        case "note" if not (asked.told.kind or asked.told.text or asked.told.fields or told.worse):
            raise Invalid(
                "note.empty", "没有写明记录什么。", "请填写内容、种类或表单中的一项。", "text"
            )
        case "browse":
            check_channels(asked.record.pack, told.channels, "channels")
        case "summarise" if len(told.items) > MOST_ITEMS:
            raise Invalid(
                "items.too-many",
                f"一份汇总最多列 {MOST_ITEMS} 件, 现有 {len(told.items)} 件。",
                "请分几份汇总, 每份写明所列的事件。",
                "items",
            )
        case "shift":
            _check_shift(asked.record.pack, told, asked.now)
        case _:
            pass


def _check_shift(pack: Pack, told: Particulars, now: datetime) -> None:
    if told.begins is None or told.ends is None:
        field = "begins" if told.begins is None else "ends"
        raise Invalid(f"{field}.missing", "没有写明值班起止时间。", "请填写起止时间。", field)
    if told.ends <= told.begins:
        raise Invalid(
            "shift.ends-before-begins", "值班结束不晚于开始。", "请核对两个时间。", "ends"
        )
    if told.ends - told.begins > LONGEST_SHIFT:
        raise Invalid(
            "shift.too-long",
            f"一班最长 {LONGEST_SHIFT.days} 天。",
            "请核对起止时间；多班的请分班填写。",
            "ends",
        )
    check_past(told.ends, now, "ends", "值班结束时间")
    if told.leader is not None and told.leader not in pack.parties:
        raise Invalid(
            "act.unknown-leader",
            f"规则包中没有“{told.leader}”这个当事方。",
            f"可以填写：{'、'.join(pack.parties)}。",
            "leader",
        )
