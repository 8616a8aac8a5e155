"""The map of intake's acts (规则表), and what is put on record of matters and days; pure."""

from datetime import timedelta

from services.intake.incident import (
    Incident,
    check_channels,
    check_open,
    correct,
    link,
    register,
    void,
)
from shared.acts.body import MOST_ITEMS, has_words
from shared.acts.check import Attempt
from shared.acts.decide import Rules
from shared.contracts import intake as facts
from shared.contracts.catalogue import Fact
from shared.errors import Invalid

LONGEST_SHIFT = timedelta(days=31)


def tell(incident: Incident, attempt: Attempt[Fact]) -> Fact:
    """Whatever was done, by a unit in its day or about a matter that stands on its own."""
    check_open(incident)
    return attempt.fact


def note(incident: Incident, attempt: Attempt[facts.MatterNoted]) -> Fact:
    """Put something about the matter on record; it must say something."""
    check_open(incident)
    if not (attempt.fact.kind or has_words(attempt.body) or attempt.fact.worse):
        raise Invalid(
            "note.empty", "没有写明记录什么。", "请填写内容、种类或表单中的一项。", "text"
        )
    return attempt.fact


def browse(incident: Incident, attempt: Attempt[facts.ChannelsBrowsed]) -> Fact:
    """Look through channels that somebody knows."""
    check_open(incident)
    check_channels(attempt.pack, attempt.fact.channels, "channels")
    return attempt.fact


def summarise(incident: Incident, attempt: Attempt[facts.SummaryMade]) -> Fact:
    """Sum up what was heard, as far as it fits into an event."""
    check_open(incident)
    if len(attempt.fact.items) > MOST_ITEMS:
        said = f"一份汇总最多列 {MOST_ITEMS} 件, 现有 {len(attempt.fact.items)} 件。"
        raise Invalid("items.too-many", said, "请分几份汇总, 每份写明所列的事件。", "items")
    return attempt.fact


def work_shift(incident: Incident, attempt: Attempt[facts.ShiftWorked]) -> Fact:
    """Be on duty for a time that is over, and not longer than a month."""
    check_open(incident)
    fact = attempt.fact
    if fact.ends <= fact.begins:
        raise Invalid(
            "shift.ends-before-begins", "值班结束不晚于开始。", "请核对两个时间。", "ends"
        )
    if fact.ends - fact.begins > LONGEST_SHIFT:
        said = f"一班最长 {LONGEST_SHIFT.days} 天。"
        raise Invalid("shift.too-long", said, "请核对起止时间；多班的请分班填写。", "ends")
    parties = attempt.pack.parties
    if fact.leader is not None and fact.leader not in parties:
        said = f"规则包中没有“{fact.leader}”这个当事方。"
        raise Invalid("act.unknown-leader", said, f"可以填写：{'、'.join(parties)}。", "leader")
    return fact


RULES: Rules[Incident] = Rules(
    {
        facts.IncidentRegistered: register,
        facts.RegistrationCorrected: correct,
        facts.IncidentLinked: link,
        facts.IncidentVoided: void,
        facts.MatterNoted: note,
        facts.ChannelsBrowsed: browse,
        facts.SummaryMade: summarise,
        facts.ZeroReported: tell,
        facts.ShiftWorked: work_shift,
        facts.ReturnFiled: tell,
        facts.InspectionMade: tell,
        facts.DrillHeld: tell,
        facts.ActivityConducted: tell,
    }
)
