"""What a broken gate was about (违规); what else is found is reporting's to say."""

from collections.abc import Iterator
from dataclasses import dataclass

from huiyin.drills.evidence import Evidence
from huiyin.drills.numbers import end
from shared.policy.language.pack import Pack
from shared.policy.language.rules import Duty, Gate, Schedule


@dataclass(frozen=True, slots=True)
class Breach:
    """A gate that was closed to an act that had happened all the same."""

    rule: str
    order: str
    matter: str
    unit: str
    act: str


def breaches(evidence: Evidence) -> Iterator[Breach]:
    """Every breach on record."""
    for each in evidence.findings:
        if each.kind == "breach":
            order, act = _order_of(evidence.pack, each.rule), each.evidence[0].act
            yield Breach(each.rule, order, each.incident or "", each.unit, act)


def names_of(pack: Pack, kind: str, rule: str) -> set[str]:
    """What a finding can be called: its kind, an offence by the last part of its number, and what
    was late or missed by any act that would have done; a return that is filed is a report too.
    """
    verdict, _, what = kind.partition("_")
    owed = pack.rules.get(rule)
    stop = owed.stop.patterns() if isinstance(owed, (Duty, Schedule)) else ()
    acts = {pattern.act for pattern in stop} if verdict in ("late", "missed") else set()
    filed = {"report"} if "file_return" in {what, *acts} else set()
    return {kind, end(kind), *(f"{verdict}_{act}" for act in acts | filed)}


def _order_of(pack: Pack, rule: str) -> str:
    """What a gate is about: ``approval``, ``post``, or the ``order`` of things."""
    gate = pack.rules.get(rule)
    if not isinstance(gate, Gate):
        return "order"
    if gate.needs is None:
        return "post"
    asked = {pattern.act for pattern in gate.needs.patterns()}
    return "approval" if asked & {"approve", "instruct"} else "order"
