"""One duty (时限义务) with the log entries that tell of it, as reporting shows it; pure."""

from dataclasses import dataclass

from services.reporting.rows import changer
from shared import duties
from shared.contracts.deadlines import DutyStarted
from shared.contracts.envelope import Recorded

OPEN = ("running", "missed")
"""States in which something is still owed."""

LATE = ("met_late", "settled_late")
"""States in which it was done, but too late."""


@dataclass(frozen=True, slots=True)
class LoggedDuty(duties.DutyRow):
    """A duty, and the log entries of its beginning and of what was said of it last."""

    started_leaf: int | None = None
    leaf: int | None = None


_changed = changer(LoggedDuty)


def project(row: LoggedDuty | None, event: Recorded, leaf: int) -> LoggedDuty | None:
    """The duty's row after one more event; a verdict alone tells of no duty."""
    fact, envelope = event.fact, event.envelope
    if isinstance(fact, DutyStarted):
        begun = duties.begun(fact, envelope)
        return LoggedDuty(str(envelope.correlation), **begun, started_leaf=leaf, leaf=leaf)
    return _changed(row, leaf=leaf, **duties.changes(fact)) if row is not None else None
