"""What the same course of events would have cost under another pack (规则包对照).

Duties are matched where both packs ask the same of the same party: the canonical party, what starts
the clock, and what stops it. What only one of them asks for stands alone.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Literal

from huiyin.drills.evidence import DrillEvidence
from huiyin.drills.script import Drill, DrillStep, posts
from shared.documents import Node
from shared.duties import DutyRow
from shared.policy.language.pack import Pack
from shared.policy.language.rules import Duty, Schedule, Shift
from shared.words import CHANNELS, POSTS

Fate = Literal["in_time", "late", "missed", "open", "measured", "gone"]

FATES: Mapping[Fate, str] = {
    "in_time": "按时",
    "late": "迟办",
    "missed": "逾期未办",
    "open": "未到期",
    "measured": "计量",
    "gone": "撤销",
}

_FATE: Mapping[str, Fate] = {
    "met": "in_time",
    "superseded": "in_time",
    "settled_in_time": "in_time",
    "met_late": "late",
    "settled_late": "late",
    "recorded_late": "late",
    "missed": "missed",
    "running": "open",
    "measured": "measured",
    "ended": "measured",
    "cancelled": "gone",
}

ANYBODY = "any_person"
"""The post of those who are nobody in particular under another pack."""

GRAVITY = ("severity", "grade")
"""What an axis or field of severity is called."""


@dataclass(frozen=True, slots=True)
class Side:
    """A duty as one pack has it: the rule, its title, when it was due, and what became of it."""

    rule: str
    title: str
    due: int | None
    fate: Fate
    late_seconds: int | None


@dataclass(frozen=True, slots=True)
class Pair:
    """One line of the comparison: the matter, the party, and the duty under each pack.

    ``period`` is the unit's period, if it is no duty of a matter.
    """

    matter: str
    party: str
    here: Side | None
    there: Side | None
    period: str = ""

    @property
    def same(self) -> bool:
        """Whether it is there under both packs and came to the same."""
        return bool(self.here and self.there and self.here.fate == self.there.fate)


def translated(drill: Drill, own: Pack, other: Pack) -> Drill:
    """The drill's course of events in the words of another pack, without its expectations."""
    # Whom the other pack does not know is the common party, or anybody; yet different people.
    unknown = {role for _, role in posts(drill)} - {*POSTS, *other.parties}
    return replace(
        drill,
        steps=[_translated(step, own, other) for step in drill.steps],
        expectations=(),
        load_refused=None,
        lenient=True,
        stand_ins={role: _party(role, own, other) or ANYBODY for role in unknown},
    )


def _party(name: str, own: Pack, other: Pack) -> str | None:
    """What a party of the one pack is called in the other, if it is there."""
    if name in other.parties:
        return name
    canon = own.canon(name)
    return canon if canon in other.parties else None


def pairs(here: DrillEvidence, there: DrillEvidence) -> list[Pair]:
    """The duties of both, matched."""
    left, right = _sides(here), _sides(there)
    found: list[Pair] = []
    for key, sides in left.items():
        for one, other in zip_longest(sides, right.pop(key, [])):
            found.append(Pair(key[0], key[1], one, other, key[5]))
    rest = ((key, side) for key, sides in right.items() for side in sides)
    return [*found, *(Pair(key[0], key[1], None, side, key[5]) for key, side in rest)]


Key = tuple[str, str, str, str, str, str]
"""Matter, party, start, stop, toward whom, and the unit's period."""


def _sides(evidence: DrillEvidence) -> dict[Key, list[Side]]:
    sides: dict[Key, list[Side]] = {}
    for row in sorted(evidence.duties, key=lambda row: (row.start, row.due or 0, row.rule)):
        rule = evidence.pack.rules.get(row.rule)
        if rule is not None:
            side = Side(row.rule, row.title, row.due, _FATE[row.state], row.late_seconds)
            sides.setdefault(_key(evidence, row, rule), []).append(side)
    return sides


def _key(evidence: DrillEvidence, row: DutyRow, rule: object) -> Key:
    matter = evidence.name_of(row.incident) or evidence.key_of(row.unit)
    assert isinstance(rule, Duty | Schedule | Shift)
    who = ",".join(sorted({evidence.pack.canon(party) or party for party in rule.who}))
    match rule:
        case Duty():
            starts, stop = ",".join(sorted(rule.start)), _acts(rule)
        case Schedule():
            starts, stop = rule.every, _acts(rule)
        case _:
            starts, stop = "shift", "shift"
    return matter, who, starts, stop, row.toward, row.period or ""


def _acts(rule: Duty | Schedule) -> str:
    """What stops the clock, whatever the pack calls its kinds: the acts and the recipients."""
    return ",".join(
        sorted({f"{p.act}{f' > {p.to}' if p.to else ''}" for p in rule.stop.patterns()})
    )


def _translated(step: DrillStep, own: Pack, other: Pack) -> DrillStep:
    """The step in the other pack's words: its grades through the common scale, its kinds if known.

    What the other pack has no word for is left out: nothing there asks for it.
    """
    given = dict(_given(step, own, other))
    return replace(step, given={k: v for k, v in given.items() if _is_known(step, k, v, other)})


def _is_known(step: DrillStep, key: str, node: Node, other: Pack) -> bool:
    """Whether the other pack knows such a channel, or such a grade."""
    if key == "channel" and step.act == "register":
        return node.value in (*other.channels, *CHANNELS)
    axis = other.axes.get("severity")
    return key not in GRAVITY or (axis is not None and node.value in axis.values)


def _given(step: DrillStep, own: Pack, other: Pack) -> Iterator[tuple[str, Node]]:
    for key, node in step.given.items():
        if key in GRAVITY and isinstance(node.value, str):
            yield key, replace(node, value=_same_gravity(node.value, own, other))
        elif key == "to" and step.act != "link":
            yield key, _renamed(node, own, other)
        elif key == "kind" and step.act:
            if str(node.value) in other.kinds_of(step.act):
                yield key, node
        elif key in own.axes:
            several = node.value if isinstance(node.value, list) else [node]
            values = other.axes[key].values if key in other.axes else ()
            if known := [each for each in several if each.value in values]:
                yield key, replace(node, value=known) if isinstance(node.value, list) else known[0]
        else:
            yield key, node


def _renamed(node: Node, own: Pack, other: Pack) -> Node:
    """The parties that are told, under the names that the other pack has for them."""
    if isinstance(node.value, str):
        return replace(node, value=_party(node.value, own, other) or node.value)
    if isinstance(node.value, Mapping):
        return node
    return replace(node, value=[_renamed(each, own, other) for each in node.value])


def _same_gravity(value: str, own: Pack, other: Pack) -> str:
    """The other pack's grade at the same place of the common scale S1–S4, or the nearest."""
    mine, theirs = (pack.axes.get("severity") for pack in (own, other))
    place = (mine.scale or {}).get(value) if mine else None
    ranks = theirs.scale if theirs else None
    if place is None or not ranks:
        return value
    return min(ranks, key=lambda key: (abs(ranks[key] - place), ranks[key]))
