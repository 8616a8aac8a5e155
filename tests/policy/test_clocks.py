"""When a duty starts and is due, and how a deed stands to the limit."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.policy import Duty
from shared.policy.engine.clocks import Known, due_of, seconds_late, start_of, timing_of
from shared.policy.language.patterns import read_demand

POSTED = datetime(2026, 3, 2, 15, 59, 59, tzinfo=UTC)  # 23:59:59 in Shanghai
DISCOVERED = POSTED + timedelta(seconds=1)
REGISTERED = POSTED + timedelta(days=1)
DUE = datetime(2026, 3, 5, 16, tzinfo=UTC)
TICK = timedelta(microseconds=1)


def duty(start: str = "posted", days: int = 3) -> Duty:
    """A duty to reply."""
    return Duty(zh="回复", start=(start,), stop=read_demand("publish"), days=days)


def test_the_start_day_is_not_counted_and_the_last_day_ends_at_24_in_shanghai() -> None:
    assert due_of(duty(), Known(POSTED, None, REGISTERED)) == DUE
    assert due_of(duty(), Known(DISCOVERED, None, REGISTERED)) == DUE + timedelta(days=1)


@pytest.mark.parametrize(
    ("start", "known", "expected"),
    [
        ("posted", Known(POSTED, DISCOVERED, REGISTERED), POSTED),
        ("posted", Known(None, DISCOVERED, REGISTERED), DISCOVERED),
        ("posted", Known(None, None, REGISTERED), REGISTERED),
        ("discovered", Known(POSTED, DISCOVERED, REGISTERED), DISCOVERED),
        ("discovered", Known(POSTED, None, REGISTERED), REGISTERED),
        ("registered", Known(POSTED, DISCOVERED, REGISTERED), REGISTERED),
    ],
)
def test_where_the_start_is_not_on_record_the_next_moment_counts(
    start: str, known: Known, expected: datetime
) -> None:
    assert start_of(duty(start), known) == expected


def test_the_limit_itself_is_in_time_and_a_microsecond_later_is_late() -> None:
    assert timing_of(DUE, DUE, DUE, "live") == "in_time"
    assert timing_of(DUE, DUE + TICK, DUE + TICK, "live") == "late"


def test_what_was_put_on_record_behind_the_limit_matters_live_and_not_for_history() -> None:
    assert timing_of(DUE, POSTED, DUE + TICK, "live") == "recorded_late"
    assert timing_of(DUE, POSTED, DUE + TICK, "imported") == "in_time"


def test_lateness_is_in_whole_seconds_rounded_up() -> None:
    assert [seconds_late(DUE, DUE + each) for each in (TICK, timedelta(seconds=60))] == [1, 60]
