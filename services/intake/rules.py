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
from shared.contracts.catalogue import Fact
from shared.contracts.intake import (
    ActivityConducted,
    ChannelsBrowsed,
    DrillHeld,
    IncidentLinked,
    IncidentRegistered,
    IncidentVoided,
    InspectionMade,
    MatterNoted,
    RegistrationCorrected,
    ReturnFiled,
    ShiftWorked,
    SummaryMade,
    ZeroReported,
)
from shared.errors import Invalid
from shared.policy.language.pack import Pack

LONGEST_SHIFT = timedelta(days=31)


def tell(incident: Incident, attempt: Attempt[Fact]) -> Fact:
    """Whatever was done, by a unit in its day or about a matter that stands on its own."""
    check_open(incident)
    return attempt.fact


def note(incident: Incident, attempt: Attempt[MatterNoted]) -> Fact:
    """Put something about the matter on record; it must say something."""
    check_open(incident)
    if not (attempt.fact.kind or has_words(attempt.body) or attempt.fact.worse):
        raise Invalid(
            "note.empty", "没有写明记录什么。", "请填写内容、种类或表单中的一项。", "text"
        )
    return attempt.fact


def browse(incident: Incident, attempt: Attempt[ChannelsBrowsed]) -> Fact:
    """Look through channels that somebody knows."""
    check_open(incident)
    check_channels(attempt.pack, attempt.fact.channels, "channels")
    return attempt.fact


def summarise(incident: Incident, attempt: Attempt[SummaryMade]) -> Fact:
    """Sum up what was heard, as far as it fits into an event."""
    check_open(incident)
    if len(attempt.fact.items) > MOST_ITEMS:
        raise Invalid(
            "items.too-many",
            f"一份汇总最多列 {MOST_ITEMS} 件, 现有 {len(attempt.fact.items)} 件。",
            "请分几份汇总, 每份写明所列的事件。",
            "items",
        )
    return attempt.fact


def work_shift(incident: Incident, attempt: Attempt[ShiftWorked]) -> Fact:
    """Be on duty for a time that is over, and not longer than a month."""
    check_open(incident)
    fact = attempt.fact
    if fact.ends <= fact.begins:
        raise Invalid(
            "shift.ends-before-begins", "值班结束不晚于开始。", "请核对两个时间。", "ends"
        )
    if fact.ends - fact.begins > LONGEST_SHIFT:
        raise Invalid(
            "shift.too-long",
            f"一班最长 {LONGEST_SHIFT.days} 天。",
            "请核对起止时间；多班的请分班填写。",
            "ends",
        )
    if fact.leader is not None:
        _check_leader(attempt.pack, fact.leader)
    return fact


RULES: Rules[Incident] = Rules(
    {
        IncidentRegistered: register,
        RegistrationCorrected: correct,
        IncidentLinked: link,
        IncidentVoided: void,
        MatterNoted: note,
        ChannelsBrowsed: browse,
        SummaryMade: summarise,
        ZeroReported: tell,
        ShiftWorked: work_shift,
        ReturnFiled: tell,
        InspectionMade: tell,
        DrillHeld: tell,
        ActivityConducted: tell,
    }
)


def _check_leader(pack: Pack, leader: str) -> None:
    if leader not in pack.parties:
        raise Invalid(
            "act.unknown-leader",
            f"规则包中没有“{leader}”这个当事方。",
            f"可以填写：{'、'.join(pack.parties)}。",
            "leader",
        )
