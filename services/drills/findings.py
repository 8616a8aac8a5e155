"""What a broken gate was about (违规); what else is found is reporting's to say."""

from collections.abc import Iterator
from dataclasses import dataclass

from services.drills.evidence import Evidence
from shared.policy.pack import Pack
from shared.policy.rules import Gate


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


def _order_of(pack: Pack, rule: str) -> str:
    """What a gate is about: ``approval``, ``post``, or the ``order`` of things."""
    gate = pack.rules.get(rule)
    if not isinstance(gate, Gate):
        return "order"
    if gate.needs is None:
        return "post"
    asked = {pattern.act for pattern in gate.needs.patterns()}
    return "approval" if asked & {"approve", "instruct"} else "order"
