"""Whatever the order in which a docket hears of things, the verdict is the same."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import zip_longest

from hypothesis import given
from hypothesis import strategies as st

from services.deadlines.docket import docket_of
from services.deadlines.tables import fold_duties, key_of
from shared.contracts.envelope import Recorded
from shared.duties import DutyRow, project
from shared.policy.engine.deeds import Done
from shared.policy.engine.outlook import Outlook
from tests.deadlines.case import DUE, INCIDENT, OWED, POSTED, Told, gone, live

AROUND = st.timedeltas(timedelta(days=-4), timedelta(days=4)) | st.timedeltas(
    timedelta(microseconds=-2), timedelta(microseconds=2)
)
MOMENTS = AROUND.map(lambda distance: DUE + distance)
STANDINGS = st.sampled_from(["live", "imported"])
REPLIES = st.builds(Done, MOMENTS, MOMENTS, st.just((INCIDENT,)), STANDINGS)
LOOKS = st.lists(MOMENTS, max_size=4)
GOING = st.builds(gone, st.sampled_from(["voided", "linked", "history"]), MOMENTS)


def answered(reply: Done) -> Outlook:
    return replace(OWED, done=reply)


def rows(history: Sequence[Recorded]) -> dict[tuple[str, str], DutyRow]:
    """The table, carried along event by event."""
    table: dict[tuple[str, str], DutyRow] = {}
    for event in history:
        key = key_of(event)
        row = project(table.get(key), event) if key else None
        assert key is not None
        assert row is not None
        table[key] = row
    return table


def outcome(told: Sequence[Told]) -> tuple[str, int | None, int | None]:
    """How the duty stands in the end: a miss that was corrected counts as in time."""
    row = rows(live(told))[str(INCIDENT), "B.T01"]
    state = "met" if row.state == "superseded" else row.state
    return state, row.spare_seconds, row.late_seconds


def expected(reply: Done, due: datetime) -> str:
    if reply.at > due:
        return "met_late"
    on_record = reply.recorded_at <= due or reply.standing == "imported"
    return "met" if on_record else "recorded_late"


@given(REPLIES, LOOKS, st.lists(GOING, max_size=2), st.data())
def test_a_reply_has_one_verdict_whenever_it_is_heard_of(
    reply: Done, looks: list[datetime], going: list[Outlook], data: st.DataObject
) -> None:
    said: list[Told] = [answered(reply), *looks, *going]
    notes = data.draw(st.permutations(said))

    state, spare, late = outcome([OWED, *notes])

    assert (state, spare, late) == outcome([OWED, answered(reply)])
    assert state == expected(reply, DUE)


@given(REPLIES)
def test_spare_and_late_are_the_distance_in_whole_seconds(reply: Done) -> None:
    _, spare, late = outcome([OWED, answered(reply)])

    second, distance = timedelta(seconds=1), DUE - reply.at
    if spare is not None:
        assert spare * second <= distance < (spare + 1) * second
    if late is not None:
        assert (late - 1) * second < -distance <= late * second
        assert late >= 1


@given(LOOKS, st.data())
def test_without_a_reply_it_is_missed_if_anybody_looked_after_the_limit(
    looks: list[datetime], data: st.DataObject
) -> None:
    notes = data.draw(st.permutations(looks))

    state, _, _ = outcome([OWED, *notes])

    assert state == ("missed" if any(look > DUE for look in looks) else "running")


@given(GOING, LOOKS, st.data())
def test_going_has_one_verdict_whenever_it_is_heard_of(
    going: Outlook, looks: list[datetime], data: st.DataObject
) -> None:
    said: list[Told] = [going, *looks]
    notes = data.draw(st.permutations(said))

    state, _, _ = outcome([OWED, *notes])

    assert going.gone
    assert state == ("cancelled" if going.gone[1] <= DUE else "missed")


@st.composite
def replies(draw: st.DrawFn) -> Done:
    """A reply since the clock began, recorded when it was given or later."""
    first = draw(st.timedeltas(POSTED - DUE, timedelta(days=4)))
    late = draw(st.timedeltas(timedelta(0), timedelta(days=4)) | st.just(timedelta(0)))
    return Done(DUE + first, DUE + first + late, (INCIDENT,), "live")


@given(st.lists(replies(), min_size=1, max_size=5), LOOKS, st.data())
def test_the_first_reply_on_record_decides_in_whatever_order_they_are_heard_of(
    said: list[Done], looks: list[datetime], data: st.DataObject
) -> None:
    """Rules see what was on record first of what was heard so far; late hearing changes nothing."""

    def on_record(reply: Done) -> tuple[datetime, datetime]:
        return reply.recorded_at, reply.at

    heard = data.draw(st.permutations(said))
    told = [answered(min(heard[: n + 1], key=on_record)) for n in range(len(heard))]
    between = data.draw(st.lists(st.sampled_from([*looks, None]), max_size=len(told)))
    notes = [note for each in zip_longest(between, told) for note in each if note is not None]

    state, _, _ = outcome([OWED, *notes])

    assert state == expected(min(said, key=on_record), DUE)


@given(st.lists(st.just(OWED) | REPLIES.map(answered) | MOMENTS, max_size=8), st.lists(GOING))
def test_replay_equals_live(notes: list[Told], going: list[Outlook]) -> None:
    history = live([*notes, *going])

    assert fold_duties(history) == rows(history)
    assert {name: duty.state for name, duty in docket_of(history).items()} == {
        duty: row.state for (_, duty), row in fold_duties(history).items()
    }
