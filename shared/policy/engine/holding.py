"""Which units have a matter in hand (承办), until when and why no longer, and who owes; pure.

A unit has a matter from being assigned it until it sends it back (退回) or others are assigned
instead (改交). Moments are those of the record (UTC): what is claimed later of earlier moves no
blame.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from shared.policy.engine.deeds import Deed
from shared.policy.language.pack import Pack
from shared.policy.language.rules import Duty

Left = Literal["returned", "reassigned"]
"""Why a unit has a matter no longer: it sent it back (退回), or others were assigned (改交)."""

Debtor = Literal["assignee", "handler", "institution"]
"""Whose a duty is: each unit's that was assigned, that of the unit which has the matter in hand, or
the institution's own, where the rule names an office or post of it.
"""

HANDLERS = ("handling_unit", "lead_unit", "responsible_unit")
"""The common parties that stand for whoever was assigned the matter."""


@dataclass(frozen=True, slots=True)
class Tenure:
    """One time for which a unit had a matter; ``left`` says why it ended, and when."""

    since: datetime
    left: tuple[Left, datetime] | None = None

    def covers(self, moment: datetime) -> bool:
        """Whether the unit had the matter at a moment."""
        return self.since <= moment and (self.left is None or moment < self.left[1])


def tenures(unit: str, deeds: Iterable[Deed]) -> list[Tenure]:
    """Every time for which a unit had the matter; none if it was never assigned."""
    found: list[Tenure] = []
    for deed in _moves(deeds):
        has = bool(found) and found[-1].left is None
        if deed.act == "assign" and unit in deed.units:
            found += [] if has else [Tenure(deed.recorded_at)]
        elif has and (deed.act == "assign" or deed.unit == unit):
            why: Left = "reassigned" if deed.act == "assign" else "returned"
            found[-1] = replace(found[-1], left=(why, deed.recorded_at))
    return found


def in_hand(deeds: Iterable[Deed], moment: datetime) -> str | None:
    """The unit that led at a moment; none before any did, or when it had sent it back."""
    moves = [deed for deed in _moves(deeds) if max(deed.at, deed.recorded_at) <= moment]
    leads = [deed.units[0] for deed in moves if deed.act == "assign" and deed.units]
    if not leads:
        return None
    return leads[-1] if tenures(leads[-1], moves)[-1].left is None else None


def ever_assigned(deeds: Iterable[Deed]) -> set[str]:
    """Every unit that was ever assigned the matter."""
    return {unit for deed in deeds if deed.act == "assign" for unit in deed.units if unit}


def debtor(pack: Pack, rule: Duty) -> Debtor:
    """Whose a duty is by its rule.

    What is done to each unit that was late (催办、督办、通报) is not that unit's to do.
    """
    handlers = any(party in HANDLERS or pack.canon(party) in HANDLERS for party in rule.who)
    if rule.each == "assignee" and (handlers or not follows_on_miss(rule)):
        return "assignee"
    return "handler" if handlers else "institution"


def follows_on_miss(rule: Duty) -> bool:
    """Whether the duty follows on another that was missed."""
    return any(start.startswith("missed:") for start in rule.start)


def _moves(deeds: Iterable[Deed]) -> Sequence[Deed]:
    """Assignments and returns as they were put on record; at one moment what is sent back first."""
    moves: Iterator[Deed] = (deed for deed in deeds if deed.act in ("assign", "return"))
    return sorted(moves, key=lambda deed: (deed.recorded_at, deed.act != "return", deed.id))
