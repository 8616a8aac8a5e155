"""What the same course of events would have cost under another pack (规则包对照).

Duties are matched where both packs ask the same of the same party: the canonical party, what starts
the clock, and what stops it. What only one of them asks for stands alone.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from huiyin.drills.cast import posts
from huiyin.drills.evidence import Evidence
from huiyin.drills.playing import Outcome, play
from huiyin.drills.rulebook import Loaded, load, load_named
from huiyin.drills.script import Drill, Step
from shared.documents import Node
from shared.duties import DutyRow
from shared.identity.posts import POSTS
from shared.policy.language.loading import known_packs
from shared.policy.language.pack import Pack
from shared.policy.language.rules import Duty, Schedule, Shift
from shared.store.micros import from_micros
from shared.words import CHANNELS

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


@dataclass(frozen=True)
class Comparison:
    """Both outcomes and the duties of both, side by side."""

    here: Outcome
    there: Outcome
    pairs: Sequence[Pair]

    def totals(self) -> dict[str, Counter[Fate]]:
        """How many duties came to what, under each pack."""
        return {
            "here": Counter(pair.here.fate for pair in self.pairs if pair.here),
            "there": Counter(pair.there.fate for pair in self.pairs if pair.there),
        }


async def compare(drill: Drill, other: str) -> Comparison:
    """Play the drill under its own pack and, without its expectations, under another."""
    here = await play(drill)
    loaded = load(drill)
    assert loaded.pack is not None
    there = await under(drill, loaded.pack, other)
    return Comparison(here, there, pairs(here, there))


async def under(drill: Drill, own: Pack, other: str) -> Outcome:
    """The drill's course of events under another pack; what that pack refuses, it refuses."""
    pack = load_named(other)
    steps = [_translated(step, own, pack) for step in drill.steps]
    moved = replace(
        drill,
        steps=steps,
        expectations=(),
        load_refused=None,
        lenient=True,
        stand_ins=_stand_ins(drill, own, pack),
    )
    shipped = pack.id if pack.id in known_packs() else None
    return await play(moved, loaded=Loaded(pack, [], shipped))


def _stand_ins(drill: Drill, own: Pack, other: Pack) -> Mapping[str, str]:
    """The posts of those whom the other pack does not know: the common party they are, or anybody.

    They stay different people.
    """
    roles = {role for _, role in posts(drill)} - set(POSTS)
    return {role: _party(role, own, other) or ANYBODY for role in roles - set(other.parties)}


def _party(name: str, own: Pack, other: Pack) -> str | None:
    """What a party of the one pack is called in the other, if it is there."""
    if name in other.parties:
        return name
    canon = own.canon(name)
    return canon if canon in other.parties else None


def pairs(here: Outcome, there: Outcome) -> list[Pair]:
    """The duties of both, matched."""
    assert here.evidence is not None
    assert there.evidence is not None
    left, right = _sides(here.evidence), _sides(there.evidence)
    found: list[Pair] = []
    for key, sides in left.items():
        others = right.pop(key, [])
        for number in range(max(len(sides), len(others))):
            found.append(Pair(key[0], key[1], _at(sides, number), _at(others, number), key[5]))
    rest = [(key, side) for key, sides in right.items() for side in sides]
    return [*found, *(Pair(key[0], key[1], None, side, key[5]) for key, side in rest)]


Key = tuple[str, str, str, str, str, str]
"""Matter, party, start, stop, toward whom, and the unit's period."""


def _sides(evidence: Evidence) -> dict[Key, list[Side]]:
    sides: dict[Key, list[Side]] = {}
    for row in sorted(evidence.duties, key=lambda row: (row.start, row.due or 0, row.rule)):
        rule = evidence.pack.rules.get(row.rule)
        if rule is not None:
            sides.setdefault(_key(evidence, row, rule), []).append(_side(row))
    return sides


def _key(evidence: Evidence, row: DutyRow, rule: object) -> Key:
    matter = evidence.name_of(row.incident) or evidence.key_of(row.unit)
    assert isinstance(rule, Duty | Schedule | Shift)
    who = _canonical(evidence.pack, rule.who)
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


def _canonical(pack: Pack, who: Sequence[str]) -> str:
    return ",".join(sorted({pack.canon(party) or party for party in who}))


def _side(row: DutyRow) -> Side:
    return Side(row.rule, row.title, row.due, _FATE[row.state], row.late_seconds)


def _at(sides: Sequence[Side], number: int) -> Side | None:
    return sides[number] if number < len(sides) else None


def _translated(step: Step, own: Pack, other: Pack) -> Step:
    """The step in the other pack's words: its grades through the common scale, its kinds if known.

    What the other pack has no word for is left out: nothing there asks for it.
    """
    given = dict(_given(step, own, other))
    return replace(step, given={k: v for k, v in given.items() if _is_known(step, k, v, other)})


def _is_known(step: Step, key: str, node: Node, other: Pack) -> bool:
    """Whether the other pack knows such a channel, or such a grade."""
    if key == "channel" and step.act == "register":
        return node.value in (*other.channels, *CHANNELS)
    axis = other.axes.get("severity")
    return key not in GRAVITY or (axis is not None and node.value in axis.values)


def _given(step: Step, own: Pack, other: Pack) -> Iterator[tuple[str, Node]]:
    for key, node in step.given.items():
        if key in GRAVITY and isinstance(node.value, str):
            yield key, replace(node, value=_same_gravity(node.value, own, other))
        elif key == "to" and step.act != "link":
            yield key, _renamed(node, own, other)
        elif key == "kind" and step.act:
            if str(node.value) in other.kinds_of(step.act):
                yield key, node
        elif key in own.axes:
            known = [each for each in _several(node) if _is_of(other, key, each)]
            if known:
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


def _several(node: Node) -> list[Node]:
    return node.value if isinstance(node.value, list) else [node]


def _is_of(pack: Pack, key: str, value: Node) -> bool:
    """Whether a pack has that axis with that value."""
    axis = pack.axes.get(key)
    return axis is not None and value.value in axis.values


def as_json(compared: Comparison) -> dict[str, Any]:
    """The comparison for programs."""
    return {
        "drill": compared.here.drill.name,
        "holds": compared.here.holds,
        "here": compared.here.pack,
        "there": compared.there.pack,
        "pairs": [
            {
                "matter": pair.matter,
                "party": pair.party,
                "here": _told(pair.here),
                "there": _told(pair.there),
            }
            for pair in compared.pairs
        ],
        "totals": {name: dict(counted) for name, counted in compared.totals().items()},
    }


def _told(side: Side | None) -> dict[str, Any] | None:
    if side is None:
        return None
    due = None if side.due is None else from_micros(side.due).isoformat()
    return {**asdict(side), "due": due}
