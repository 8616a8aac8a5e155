"""When a duty starts, when it is due, and how a deed stands to that limit; pure.

Live verdicts and the review of imported history are both computed here, so that they never differ.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from shared.calendar.published import state_council
from shared.contracts.envelope import Standing
from shared.policy.engine.limits import limit_of
from shared.policy.language.rules import MOMENTS, Duty

Timing = Literal["in_time", "late", "recorded_late"]
"""``recorded_late`` was done in time by its own word, but put on record only after the limit."""

SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Known:
    """The moments that are on record of an incident; UTC."""

    posted_at: datetime | None
    discovered_at: datetime | None
    registered_at: datetime


def is_for_any_reply(duty: Duty) -> bool:
    """Whether a duty asks for a published reply, of every incident, by a limit from its moments.

    What is graded, promised or assigned first is not known of imported history.
    """
    stops = list(duty.stop.patterns())
    return (
        not duty.measured
        and duty.when is None
        and all(start in MOMENTS for start in duty.start)
        and duty.clock not in ("before", "promised")
        and any(str(stop) == "publish" for stop in stops)
    )


def start_of(duty: Duty, known: Known) -> datetime:
    """The moment that a duty is counted from; where it is not on record, the next one counts."""
    [start, *_] = duty.start
    posted = known.posted_at if start == "posted" else None
    discovered = known.discovered_at if start != "registered" else None
    return posted or discovered or known.registered_at


def due_of(duty: Duty, known: Known) -> datetime:
    """The limit of a duty that is for any reply; what is done then is in time; UTC."""
    limit = limit_of(duty, start_of(duty, known), None, None, state_council())
    assert limit is not None
    return limit.due


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
