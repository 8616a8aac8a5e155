"""One duty (时限义务) as a row of a table, and how each of its events changes it; pure.

Whoever keeps such a table folds it with this: deadlines from its own events, reporting from its
log.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from shared.clock import to_micros
from shared.contracts.catalogue import Fact
from shared.contracts.deadlines import (
    STATES,
    DutyEnded,
    DutyMoved,
    DutyStarted,
    LateRecordSettled,
    State,
)
from shared.contracts.envelope import UNIT_CODE, Envelope, Recorded, Standing

CHANGED_BY: tuple[type[Fact], ...] = (DutyStarted, DutyMoved, LateRecordSettled, *STATES)
"""The facts that a duty's row is made of."""

_AS_STARTED = ("duty", "title", "clause", "party", "rule", "stop", "clock", "period")
"""What a row takes from the beginning of its duty as it is."""

_AS_JUDGED: Mapping[type[Fact], tuple[str, ...]] = {
    kind: tuple(
        name
        for name in kind.model_fields
        if name == "because" or name.endswith("_seconds") or name.startswith("count_")
    )
    for kind in STATES
}
"""What a row takes from each verdict as it is."""


@dataclass(frozen=True, slots=True)
class DutyRow:
    """One duty and how it stands; moments are microseconds since 1970 (UTC).

    ``incident`` is the matter, or for a duty of a unit's ``period`` the period (deadlines) or the
    unit's own id (reporting). ``party`` is the pack's word for who owes it, ``toward`` for whom or
    to whom of several, and ``assignee`` that unit, where it is one. ``unit`` is the unit that
    registered the matter, or whose period it is. ``due`` is none where it is only measured.
    ``because`` is why it was moved or fell away. What a missed period lacked is told in counts or
    seconds.
    """

    incident: str
    duty: str
    title: str
    clause: str
    party: str
    unit: str
    standing: Standing
    policy: str | None
    start: int
    due: int | None
    state: State = "running"
    done_at: int | None = None
    spare_seconds: int | None = None
    late_seconds: int | None = None
    because: str | None = None
    rule: str = ""
    toward: str = ""
    assignee: str | None = None
    stop: str = ""
    clock: str = ""
    known_at: int = 0
    provisional: int = 0
    took_seconds: int | None = None
    period: str | None = None
    count_wanted: int | None = None
    count_done: int | None = None
    gap_seconds: int | None = None
    leaderless_seconds: int | None = None

    @property
    def shortfall(self) -> int:
        """How often it was still to be done when its period was over."""
        return max((self.count_wanted or 0) - (self.count_done or 0), 0)


def project(row: DutyRow | None, event: Recorded) -> DutyRow | None:
    """The duty's row after one more event; a verdict alone tells of no duty."""
    fact = event.fact
    if isinstance(fact, DutyStarted):
        return DutyRow(str(event.envelope.stream_id), **begun(fact, event.envelope))
    return None if row is None else replace(row, **changes(fact))


def begun(fact: DutyStarted, envelope: Envelope) -> dict[str, Any]:
    """The columns of a duty that begins, but whose it is (``incident``)."""
    return {name: getattr(fact, name) for name in _AS_STARTED} | {
        "unit": envelope.unit,
        "standing": envelope.standing,
        "policy": envelope.policy,
        "start": to_micros(fact.start),
        "due": to_micros(fact.due) if fact.due else None,
        "toward": fact.each,
        "assignee": fact.each if UNIT_CODE.fullmatch(fact.each) else None,
        "known_at": to_micros(fact.known_at),
        "provisional": int(fact.provisional),
    }


def changes(fact: Fact) -> dict[str, Any]:
    """The columns that an event changes of its duty; none if it tells nothing of one."""
    match fact:
        case DutyMoved():
            limit = {"start": to_micros(fact.start), "due": to_micros(fact.due)}
            return limit | {"provisional": int(fact.provisional), "because": fact.because}
        case LateRecordSettled():
            return {"state": "settled_in_time" if fact.in_time else "settled_late"}
        case _ if type(fact) in STATES:
            return _verdict(fact)
        case _:
            return {}


def _verdict(fact: Fact) -> dict[str, Any]:
    said = {name: getattr(fact, name) for name in _AS_JUDGED[type(fact)]}
    unsaid = dict.fromkeys(("because", "spare_seconds", "late_seconds"))
    done_at = getattr(fact, "ended_at" if isinstance(fact, DutyEnded) else "done_at", None)
    when = {"done_at": to_micros(done_at)} if done_at else {}
    return {"state": STATES[type(fact)]} | unsaid | said | when
