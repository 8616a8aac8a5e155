"""What goes without saying by the rules of the pack (不言而喻): the one thing that can be meant."""

from datetime import date
from typing import Any

from shared.calendar.dates import moment_on, read_time_of_day
from shared.policy.engine.deeds import is_party
from shared.policy.language.pack import Pack
from shared.policy.language.rules import Gate, Shift


def usual_approval(pack: Pack, role: str) -> dict[str, str]:
    """The kind of what somebody approves that is no draft, if the gates ask but one of them.

    A gate on anything but publishing that takes an approval of whatever kind leaves it open.
    """
    asked = {
        (pattern.kind, all(refused.act == "publish" for refused in gate.refuse))
        for gate in pack.of(Gate).values()
        if gate.needs is not None
        for pattern in gate.needs.patterns()
        if pattern.act == "approve" and pattern.by and is_party(pack, pattern.by, role)
    }
    kinds = {kind for kind, _ in asked if kind is not None}
    if len(kinds) != 1 or (None, False) in asked:
        return {}
    return {"kind": kinds.pop()}


def usual_shift(pack: Pack, role: str, period: str | None) -> dict[str, Any]:
    """From when until when a shift of that day is, by the rule that asks it of this post."""
    shifts = list(pack.of(Shift).values())
    own = [each for each in shifts if any(is_party(pack, who, role) for who in each.who)]
    day = _day(period)
    if day is None:
        return {}
    begun = ((each, moment_on(day, read_time_of_day(each.at))) for each in own or shifts)
    spells = {(at, each.for_.after(at)) for each, at in begun}
    if len(spells) != 1:
        return {}
    [(begins, ends)] = spells
    return {"begins": begins.isoformat(), "ends": ends.isoformat()}


def _day(period: str | None) -> date | None:
    try:
        return date.fromisoformat(period or "")
    except ValueError:
        return None
