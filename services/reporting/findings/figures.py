"""Figures (统计): what a pack's statistics and the general ones make of matters and acts; pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.reporting.ledger.row import LedgerRow
from shared.policy.engine.deeds import Deed, fits
from shared.policy.language.pack import Pack
from shared.policy.language.patterns import Demand
from shared.policy.language.rules import Statistic

SMALL = 10
"""Of fewer no share is told: it would say more of chance than of a unit."""

IN_TIME = ("met", "superseded", "settled_in_time")
TOO_LATE = ("missed", "met_late", "settled_late")
"""Verdicts on the reply owed."""


@dataclass(frozen=True, slots=True)
class Figure:
    """``value`` of something; ``n`` is among how many, where it is a part of them.

    ``rule`` is the pack's statistic; ``share`` is none where ``n`` is too small to tell.
    """

    key: str
    title: str
    rule: str | None
    value: int
    n: int | None
    share: float | None

    @classmethod
    def of(
        cls, key: str, title: str, value: int, n: int | None = None, rule: str | None = None
    ) -> "Figure":
        """A figure with what part it is, where there are enough to say so."""
        share = value / n if n is not None and n >= SMALL else None
        return cls(key, title, rule, value, n, share)


@dataclass(frozen=True, slots=True)
class CountedAct:
    """An act that counts, the matter or unit it belongs to, and whether it fell in the time asked.

    ``satisfied`` is what the public said, where the act is its feedback; ``kind`` is that of the
    matter, none for a unit's own day.
    """

    matter: str
    deed: Deed
    within: bool
    satisfied: bool | None = None
    kind: str | None = "incident"


def general(rows: Sequence[LedgerRow]) -> Iterator[Figure]:
    """What is counted of matters whatever the pack says."""
    judged = [row for row in rows if row.verdict in (*IN_TIME, *TOO_LATE)]
    closed = [row for row in rows if row.status == "closed"]
    in_time = sum(row.verdict in IN_TIME for row in judged)
    yield Figure.of("registered", "登记", len(rows))
    yield Figure.of("closed", "办结", len(closed), len(rows))
    yield Figure.of("in_time", "按时答复", in_time, len(judged))
    yield Figure.of("late", "迟办或逾期未办", len(judged) - in_time, len(judged))


def of_pack(pack: Pack, rows: Sequence[LedgerRow], acts: Sequence[CountedAct]) -> Iterator[Figure]:
    """The pack's own statistics, over the acts of these matters and their units.

    Without ``among``, acts in the time asked are counted; where any of several acts will do, each
    matter once. With it, what part of the matters that had such an act in that time have one of
    ``counts`` by now.
    """
    verdicts = {row.incident: row.verdict for row in rows}
    for number, rule in pack.of(Statistic).items():
        yield _figure(pack, number, rule, acts, verdicts)


def _figure(
    pack: Pack,
    number: str,
    rule: Statistic,
    acts: Sequence[CountedAct],
    verdicts: dict[str, str | None],
) -> Figure:
    key = number.rpartition(".")[2].split("/")[0]
    acts = [each for each in acts if each.kind in (None, rule.matter)]
    fitting = _fitting(pack, rule.counts, acts)
    if rule.among is None:
        within = [each for each in fitting if each.within]
        chosen = _where(rule, {each.matter for each in within}, within, verdicts)
        acts_counted = sum(each.matter in chosen for each in within)
        several = len(list(rule.counts.patterns())) > 1
        return Figure.of(key, rule.zh, len(chosen) if several else acts_counted, rule=number)
    among = {each.matter for each in _fitting(pack, rule.among, acts) if each.within}
    counted = _where(rule, {each.matter for each in fitting} & among, fitting, verdicts)
    return Figure.of(key, rule.zh, len(counted), len(among), number)


def _fitting(pack: Pack, demand: Demand, acts: Sequence[CountedAct]) -> list[CountedAct]:
    patterns = list(demand.patterns())
    return [each for each in acts if any(fits(pack, pattern, each.deed) for pattern in patterns)]


def _where(
    rule: Statistic,
    matters: set[str],
    acts: Sequence[CountedAct],
    verdicts: dict[str, str | None],
) -> set[str]:
    """The matters that are as the statistic asks; what the public said last is what counts.

    What no limit was set for cannot be late.
    """
    match rule.where:
        case "in_time":
            return {matter for matter in matters if verdicts.get(matter) in (*IN_TIME, None)}
        case "satisfied":
            last = {e.matter: e.satisfied for e in acts if e.satisfied is not None}
            return {matter for matter in matters if last.get(matter)}
        case _:
            return matters
