"""What is found of a drill (认定): lateness from its verdicts, breaches and people's findings."""

from collections.abc import Iterator
from dataclasses import dataclass

from services.drills.evidence import Evidence
from shared.contracts.acts import ActTaken
from shared.contracts.reporting import FindingMade
from shared.duties import DutyRow
from shared.policy.patterns import read_pattern
from shared.policy.recorded import deed_of
from shared.policy.rules import Duty, Gate, Offence, Schedule
from shared.store.micros import to_micros

LATE = ("met_late", "settled_late")
MISSED = ("missed",)

WORDS = {"publish": "reply", "report": "report", "zero_report": "report", "summarise": "report"}
"""What is late, by the act that was due; other acts are called by their own name."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding: what, of which matter and unit, resting on which rule and acts."""

    kind: str
    matter: str
    unit: str
    rule: str
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Breach:
    """A gate that was closed to an act that had happened all the same."""

    rule: str
    order: str
    matter: str
    unit: str
    act: str


def findings(evidence: Evidence) -> list[Finding]:
    """Everything found, computed or by people."""
    computed = [each for row in evidence.duties for each in _computed(evidence, row)]
    return [*computed, *_offences(evidence, computed), *_human(evidence)]


def breaches(evidence: Evidence) -> list[Breach]:
    """Every breach on record."""
    return [
        Breach(
            rule,
            order_of(evidence, rule),
            str(event.envelope.correlation),
            event.envelope.unit,
            deed.act,
        )
        for event in evidence.events
        for rule in getattr(event.fact, "breaches", ())
        if (deed := deed_of(event)) is not None
    ]


def order_of(evidence: Evidence, rule: str) -> str:
    """What a gate is about: ``approval``, ``post``, or the ``order`` of things."""
    gate = evidence.pack.rules.get(rule)
    if not isinstance(gate, Gate):
        return "order"
    if gate.needs is None:
        return "post"
    asked = {pattern.act for pattern in gate.needs.patterns()}
    return "approval" if asked & {"approve", "instruct"} else "order"


def _computed(evidence: Evidence, row: DutyRow) -> Iterator[Finding]:
    verdict = "late" if row.state in LATE else "missed" if row.state in MISSED else None
    if verdict is None:
        return
    rule = evidence.pack.rules.get(row.rule)
    acts = [pattern.act for pattern in rule.asked()] if rule else []
    what = WORDS.get(_first(rule, row), _first(rule, row))
    done = {
        deed.act
        for deed in evidence.deeds(row.incident)
        if row.done_at is not None and to_micros(deed.at) == row.done_at and deed.act in acts
    }
    proof = tuple(sorted(done)) if verdict == "late" else ("missed",)
    yield Finding(f"{verdict}_{what}", row.incident, row.unit, row.rule, proof)


def _first(rule: object, row: DutyRow) -> str:
    if isinstance(rule, Duty | Schedule):
        return next(rule.stop.patterns()).act
    return read_pattern(row.stop.split(" | ")[0]).act


def _offences(evidence: Evidence, computed: list[Finding]) -> Iterator[Finding]:
    """The offences of the pack that verdicts and breaches make."""
    for number, offence in evidence.pack.of(Offence).items():
        if offence.basis != "computed":
            continue
        for found in computed:
            if _named(offence, found.rule) and found.kind.split("_")[0] in (offence.on or ""):
                yield Finding(number, found.matter, found.unit, found.rule, found.evidence)
        for breach in breaches(evidence) if offence.on == "breach" else ():
            if _named(offence, breach.rule):
                yield Finding(number, breach.matter, breach.unit, breach.rule, (breach.act,))


def _named(offence: Offence, rule: str) -> bool:
    return (
        not offence.duties
        or rule in offence.duties
        or rule.split("/", maxsplit=1)[0] in offence.duties
    )


def _human(evidence: Evidence) -> Iterator[Finding]:
    for event in evidence.events:
        fact = event.fact
        if isinstance(fact, FindingMade) and isinstance(fact, ActTaken):
            matter = str(event.envelope.correlation)
            yield Finding(fact.of or fact.kind or "", matter, fact.unit, fact.of or "", ("find",))
