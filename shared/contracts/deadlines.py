"""What deadlines stores: duties (时限义务) with their beginning and their verdict."""

from collections.abc import Mapping
from typing import Any, Literal

from shared.contracts.catalogue import ActTaken, Fact, UtcTime, event, upcaster

State = Literal[
    "running",
    "met",
    "measured",
    "ended",
    "missed",
    "met_late",
    "superseded",
    "recorded_late",
    "settled_in_time",
    "settled_late",
    "cancelled",
]
"""How a duty stands."""


@event("deadlines.duty-started.v2")
class DutyStarted(Fact):
    """A duty runs (计时开始): ``party`` must do ``stop`` by ``due`` (inclusive).

    ``duty`` names it within its docket: the rule, for or to whom, and the how-manieth start.
    ``due`` is none where it is only measured (``clock`` soon or until). ``known_at`` is when it
    could first be known that it is owed. A ``provisional`` limit rests on a calendar year that is
    not published. ``period`` is the unit's period it belongs to, if it is no duty of a matter, and
    ``clock`` is then how it recurs.
    """

    duty: str
    rule: str
    each: str
    title: str
    clause: str
    party: str
    stop: str
    clock: str
    start: UtcTime
    known_at: UtcTime
    due: UtcTime | None
    provisional: bool
    period: str | None


@upcaster("deadlines.duty-started.v1", "deadlines.duty-started.v2")
def started_v1_to_v2(data: dict[str, Any]) -> dict[str, Any]:
    """The first shape knew duties of days, owed once, from the registration on."""
    return {
        **data,
        "rule": data["duty"],
        "each": "",
        "clock": "days",
        "known_at": data["start"],
        "provisional": False,
        "period": None,
    }


@event("deadlines.duty-met.v1")
class DutyMet(Fact):
    """It was done in time (按时), ``spare_seconds`` before it was due."""

    duty: str
    done_at: UtcTime
    due: UtcTime
    spare_seconds: int


@event("deadlines.duty-measured.v1")
class DutyMeasured(Fact):
    """It was done (计量), so long after it began; no limit says whether that is in time."""

    duty: str
    done_at: UtcTime
    took_seconds: int


@event("deadlines.duty-ended.v1")
class DutyEnded(Fact):
    """What stays open until something else has come to its end (持续义务结束)."""

    duty: str
    ended_at: UtcTime


@event("deadlines.duty-missed.v2")
class DutyMissed(Fact):
    """An observation (逾期未办): the limit passed, and what is owed was not on record.

    Of a unit's period it says what is lacking: how often it was to be done and was done, or for
    how many seconds nobody was on duty, or no leader.
    """

    duty: str
    due: UtcTime
    observed_at: UtcTime
    count_wanted: int | None = None
    count_done: int | None = None
    gap_seconds: int | None = None
    leaderless_seconds: int | None = None


@upcaster("deadlines.duty-missed.v1", "deadlines.duty-missed.v2")
def missed_v1_to_v2(data: dict[str, Any]) -> dict[str, Any]:
    """The first shape knew duties of matters alone, of which there is only done and not done."""
    return data


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


@event("deadlines.duty-moved.v1")
class DutyMoved(Fact):
    """A running duty has another limit (时限变动): extended, corrected, by calendar or rules.

    ``repinned``: its matter goes on under other rules, which give the duty another limit.
    """

    duty: str
    start: UtcTime
    due: UtcTime
    provisional: bool
    because: Literal["extension", "correction", "calendar", "repinned"]


@event("deadlines.duty-cancelled.v3")
class DutyCancelled(Fact):
    """The duty fell away (撤销): its matter needs no handling of its own, or other rules hold.

    ``unless``: what was done instead makes it needless. ``calendar``: its day turned out to be no
    working day. ``returned``, ``reassigned``: its unit sent the matter back, or lost it to others.
    """

    duty: str
    because: Literal[
        "voided",
        "linked",
        "history",
        "unless",
        "repinned",
        "calendar",
        "returned",
        "reassigned",
    ]


@upcaster("deadlines.duty-cancelled.v1", "deadlines.duty-cancelled.v2")
def cancelled_v1_to_v2(data: dict[str, Any]) -> dict[str, Any]:
    """The first shape knew fewer reasons; all are still there."""
    return data


@upcaster("deadlines.duty-cancelled.v2", "deadlines.duty-cancelled.v3")
def cancelled_v2_to_v3(data: dict[str, Any]) -> dict[str, Any]:
    """The second shape knew no unit that was free of a matter; its reasons are still there."""
    return data


@event("deadlines.duty-resumed.v1")
class DutyResumed(Fact):
    """A duty that had fallen away is owed again (恢复计时): what ended its matter does not stand.

    It is due when it always was, or none where it is only measured.
    """

    duty: str
    due: UtcTime | None


STATES: Mapping[type[Fact], State] = {
    DutyMet: "met",
    DutyMeasured: "measured",
    DutyEnded: "ended",
    DutyMissed: "missed",
    DutyMetLate: "met_late",
    DutySuperseded: "superseded",
    DutyRecordedLate: "recorded_late",
    DutyCancelled: "cancelled",
    DutyResumed: "running",
}
"""Where each verdict leaves a duty."""


@event("deadlines.late-record-settled.v1")
class LateRecordSettled(Fact):
    """A person decided whether what was recorded late had been done in time (裁定)."""

    ACT = "settle"

    duty: str
    in_time: bool
    grounds: str


@event("deadlines.duty-extended.v1")
class DutyExtended(ActTaken):
    """More time was asked for and granted (延期); ``of`` is the rule, ``until`` the new limit."""

    ACT = "extend"

    until: UtcTime | None = None
    approver: str | None = None


@event("deadlines.delay-explained.v1")
class DelayExplained(ActTaken):
    """The unit said why it is late (说明)."""

    ACT = "explain"


@event("deadlines.unit-urged.v1")
class UnitUrged(ActTaken):
    """The unit was told to get on (催办)."""

    ACT = "urge"


@event("deadlines.unit-supervised.v1")
class UnitSupervised(ActTaken):
    """The unit's handling is watched over from above (督办)."""

    ACT = "supervise"


@event("deadlines.unit-circulated.v1")
class UnitCirculated(ActTaken):
    """The delay was made known, naming the unit (通报)."""

    ACT = "circulate"
