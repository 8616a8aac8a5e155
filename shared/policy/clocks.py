"""When a duty starts, when it is due, and how a deed stands to that limit; pure.

Live verdicts and the review of imported history are both computed here, so that they never differ.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from shared.calendar import end_of_day
from shared.contracts.envelope import Standing
from shared.policy.pack import Duty

Timing = Literal["in_time", "late", "recorded_late"]
"""``recorded_late`` was done in time by its own word, but put on record only after the limit."""

SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Known:
    """The moments that are on record of an incident; UTC."""

    posted_at: datetime | None
    discovered_at: datetime | None
    registered_at: datetime


def start_of(duty: Duty, known: Known) -> datetime:
    """The moment that a duty is counted from; where it is not on record, the next one counts."""
    posted = known.posted_at if duty.start == "posted" else None
    discovered = known.discovered_at if duty.start != "registered" else None
    return posted or discovered or known.registered_at


def due_of(duty: Duty, known: Known) -> datetime:
    """The limit of a duty, which is itself in time: 24:00 of its last day, Asia/Shanghai; UTC."""
    return end_of_day(start_of(duty, known), duty.days)


def timing_of(
    due: datetime, done_at: datetime, recorded_at: datetime, standing: Standing
) -> Timing:
    """How a deed stands to a limit. Of imported history it cannot matter when it was recorded."""
    if done_at > due:
        return "late"
    return "recorded_late" if standing == "live" and recorded_at > due else "in_time"


def seconds_late(due: datetime, done_at: datetime) -> int:
    """Whole seconds behind a limit, rounded up: a microsecond late is a second late."""
    return -((due - done_at) // SECOND)
