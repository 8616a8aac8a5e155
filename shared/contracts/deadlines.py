"""What deadlines stores: duties (时限义务) with their beginning and their verdict."""

from collections.abc import Mapping
from typing import Literal

from shared.contracts.catalogue import Fact, UtcTime, event


@event("deadlines.duty-started.v1")
class DutyStarted(Fact):
    """A duty runs (计时开始): ``party`` must do ``stop`` by ``due`` (inclusive)."""

    duty: str
    title: str
    clause: str
    party: str
    stop: str
    start: UtcTime
    due: UtcTime


@event("deadlines.duty-met.v1")
class DutyMet(Fact):
    """It was done in time (按时), ``spare_seconds`` before it was due."""

    duty: str
    done_at: UtcTime
    due: UtcTime
    spare_seconds: int


@event("deadlines.duty-missed.v1")
class DutyMissed(Fact):
    """An observation (逾期未办): the limit passed and nothing was on record."""

    duty: str
    due: UtcTime
    observed_at: UtcTime


@event("deadlines.duty-met-late.v1")
class DutyMetLate(Fact):
    """It was done after the limit (迟办), by so many seconds."""

    duty: str
    done_at: UtcTime
    due: UtcTime
    late_seconds: int


@event("deadlines.duty-superseded.v1")
class DutySuperseded(Fact):
    """A missed duty turned out to have been done and recorded in time (更正)."""

    duty: str
    done_at: UtcTime
    due: UtcTime
    spare_seconds: int


@event("deadlines.duty-recorded-late.v1")
class DutyRecordedLate(Fact):
    """Claimed done in time but recorded after the limit (迟录): a person must settle it."""

    duty: str
    done_at: UtcTime
    recorded_at: UtcTime
    due: UtcTime


@event("deadlines.duty-cancelled.v1")
class DutyCancelled(Fact):
    """The duty fell away (撤销) because its incident was voided or joined to another."""

    duty: str
    because: Literal["voided", "linked", "history"]


State = Literal["running", "met", "missed", "met_late", "superseded", "recorded_late", "cancelled"]

STATES: Mapping[type[Fact], State] = {
    DutyMet: "met",
    DutyMissed: "missed",
    DutyMetLate: "met_late",
    DutySuperseded: "superseded",
    DutyRecordedLate: "recorded_late",
    DutyCancelled: "cancelled",
}
"""Where each verdict leaves a duty."""
