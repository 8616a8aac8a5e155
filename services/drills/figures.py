"""Figures (统计指标) of a pack, from the record: how many acts, or what part of the matters."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from services.drills.evidence import Evidence
from shared.contracts.envelope import Recorded
from shared.contracts.routing import FeedbackGiven
from shared.policy.deeds import fits
from shared.policy.patterns import Demand
from shared.policy.recorded import deed_of
from shared.policy.rules import Duty, Statistic

IN_TIME = ("met", "superseded", "settled_in_time")


@dataclass(frozen=True, slots=True)
class Figure:
    """A number, or a part: ``counted`` of ``among``."""

    counted: int
    among: int | None

    @property
    def value(self) -> float | None:
        """The number or the part; none where there is nothing to take a part of."""
        if self.among is None:
            return float(self.counted)
        return self.counted / self.among if self.among else None


def figure_of(
    evidence: Evidence,
    rule: Statistic,
    unit: str | None,
    since: datetime | None,
    until: datetime | None,
) -> Figure:
    """The figure for a unit and a span of time; each matter counts once in a part."""
    events = [
        event
        for event in evidence.events
        if unit in (None, event.envelope.unit)
        and (since is None or event.envelope.occurred_at >= since)
        and (until is None or event.envelope.occurred_at < until)
    ]
    counted = list(_fitting(evidence, rule.counts, events))
    if rule.where == "satisfied":
        counted = [event for event in counted if _satisfied(event)]
    if rule.among is None:
        return Figure(len(counted), None)
    among = {event.envelope.correlation for event in _fitting(evidence, rule.among, events)}
    matters = {event.envelope.correlation for event in counted} & among
    if rule.where == "in_time":
        in_time = _in_time(evidence, rule)
        matters = {matter for matter in matters if str(matter) in in_time}
    return Figure(len(matters), len(among))


def _fitting(evidence: Evidence, demand: Demand, events: list[Recorded]) -> Iterator[Recorded]:
    for event in events:
        deed = deed_of(event)
        if deed and any(fits(evidence.pack, pattern, deed) for pattern in demand.patterns()):
            yield event


def _satisfied(event: Recorded) -> bool:
    return not isinstance(event.fact, FeedbackGiven) or event.fact.satisfied


def _in_time(evidence: Evidence, rule: Statistic) -> set[str]:
    """The matters in which no duty to do what is counted came out late or missed."""
    acts = {pattern.act for pattern in rule.counts.patterns()}
    asked = {
        number
        for number, duty in evidence.pack.of(Duty).items()
        if acts & {pattern.act for pattern in duty.stop.patterns()} and not duty.measured
    }
    rows = [row for row in evidence.duties if row.rule in asked]
    failed = {row.incident for row in rows if row.state not in (*IN_TIME, "cancelled")}
    return {str(event.envelope.correlation) for event in evidence.events} - failed
