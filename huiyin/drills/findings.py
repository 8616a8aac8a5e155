"""What is expected of findings and breaches (认定、违规), as reporting has them."""

from collections.abc import Iterator
from dataclasses import dataclass

from huiyin.drills.evidence import Answer, DrillEvidence
from huiyin.drills.kinds import end, whole
from huiyin.drills.script import Expectation
from services.reporting.findings.computed import Finding
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


def breaches(evidence: DrillEvidence) -> Iterator[Breach]:
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


def finding(asked: Expectation, evidence: DrillEvidence) -> Answer:
    """A finding, computed or by people."""
    every = [each for each in evidence.findings if each.kind != "breach"]
    found = [each for each in every if _found_so(asked, evidence, each)]
    actual = "；".join(map(_told, found or every))
    if asked.get("none"):
        return not found, "没有这项认定", actual if found else "没有"
    return bool(found), f"有认定 {asked.about}", actual or "没有任何认定"


def _told(each: Finding) -> str:
    return f"{each.kind}（{each.rule}，{'、'.join(proof.act for proof in each.evidence)}）"


def _found_so(asked: Expectation, evidence: DrillEvidence, each: Finding) -> bool:
    matter = each.incident or ""
    return (
        _is_called(asked.about, each, evidence)
        and matter_is(asked, evidence, matter)
        and _unit_is(asked, evidence, each.unit, matter)
        and set(asked.get("evidence", [])) <= {proof.act for proof in each.evidence}
        and _rule_is(asked, evidence, "of", each.rule)
        and asked.get("good") in (None, each.good)
    )


def _is_called(name: str, each: Finding, evidence: DrillEvidence) -> bool:
    """Whether that is what was found, or the number of the rule it was found of."""
    named = names_of(evidence.pack, each.kind, each.rule)
    return name in named or _states(evidence, each.rule, name)


def _states(evidence: DrillEvidence, rule: str, item: str) -> bool:
    """Whether a rule, also one of another pack, is of that number, of one whose last part that is,
    or says that it is about it.
    """
    called = (rule, whole(rule), end(rule))
    return item in called or rule in evidence.pack.stated_by(item)


def _rule_is(asked: Expectation, evidence: DrillEvidence, key: str, rule: str) -> bool:
    return key not in asked or _states(evidence, rule, asked.get(key))


def matter_is(asked: Expectation, evidence: DrillEvidence, matter: str) -> bool:
    """Whether it is the incident that is asked about, or none is."""
    return "incident" not in asked or evidence.incident(asked.get("incident")) == matter


def _unit_is(asked: Expectation, evidence: DrillEvidence, unit: str, matter: str) -> bool:
    if "unit" not in asked:
        return True
    wanted = asked.get("unit")
    if wanted not in {each.key for each in evidence.drill.units}:
        row = evidence.ledger.get(matter)  # a party: the unit that has the matter in hand
        return row is None or unit in (row.unit, row.lead)
    return evidence.unit(wanted) == unit


def breach(asked: Expectation, evidence: DrillEvidence) -> Answer:
    """A gate that was broken by what had happened."""
    every = list(breaches(evidence))
    found = [each for each in every if _broken_so(asked, evidence, each)]
    actual = "；".join(f"{each.order} {each.rule}（{each.act}）" for each in found or every)
    if asked.get("none"):
        return not found, "没有这项违规", actual if found else "没有"
    return bool(found), f"有违规 {asked.about}", actual or "没有任何违规"


def _broken_so(asked: Expectation, evidence: DrillEvidence, each: Breach) -> bool:
    return (
        (asked.about in ("any", each.order) or _states(evidence, each.rule, asked.about))
        and matter_is(asked, evidence, each.matter)
        and _unit_is(asked, evidence, each.unit, each.matter)
        and _rule_is(asked, evidence, "rule", each.rule)
        and asked.get("act") in (None, each.act)
    )
