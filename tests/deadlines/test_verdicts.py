"""Whatever the order in which a docket hears of things, the verdict is the same."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import zip_longest

from hypothesis import given
from hypothesis import strategies as st

from services.deadlines.commands import DocketCommand, NoteDone, NoteDue, NoteGone
from services.deadlines.docket import DOCKET
from services.deadlines.projections import fold_duties, key_of
from shared.contracts.envelope import Recorded
from shared.duties import DutyRow, project
from tests.deadlines.case import DUE, INCIDENT, POSTED, START, live

AROUND = st.timedeltas(timedelta(days=-4), timedelta(days=4)) | st.timedeltas(
    timedelta(microseconds=-2), timedelta(microseconds=2)
)
MOMENTS = AROUND.map(lambda distance: DUE + distance)
STANDINGS = st.sampled_from(["live", "imported"])
REPLIES = st.builds(NoteDone, st.just("B.T01"), MOMENTS, MOMENTS, STANDINGS)
LOOKS = st.lists(st.builds(NoteDue, MOMENTS), max_size=4)
REASONS = st.sampled_from(["voided", "linked", "history"])
GOING = st.lists(st.builds(NoteGone, st.just("B.T01"), REASONS, MOMENTS), max_size=2)


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


def outcome(commands: Sequence[DocketCommand]) -> tuple[str, int | None, int | None]:
    """How the duty stands in the end: a miss that was corrected counts as in time."""
    _, history = live(commands)
    row = rows(history)[str(INCIDENT), "B.T01"]
    state = "met" if row.state == "superseded" else row.state
    return state, row.spare_seconds, row.late_seconds


def expected(reply: NoteDone, due: datetime) -> str:
    if reply.done_at > due:
        return "met_late"
    on_record = reply.recorded_at <= due or reply.standing == "imported"
    return "met" if on_record else "recorded_late"


@given(REPLIES, LOOKS, GOING, st.data())
def test_a_reply_has_one_verdict_whenever_it_is_heard_of(
    reply: NoteDone, looks: list[NoteDue], going: list[NoteGone], data: st.DataObject
) -> None:
    said: list[DocketCommand] = [reply, *looks, *going]
    notes = data.draw(st.permutations(said))

    state, spare, late = outcome([START, *notes])

    assert (state, spare, late) == outcome([START, reply])
    assert state == expected(reply, DUE)


@given(REPLIES)
def test_spare_and_late_are_the_distance_in_whole_seconds(reply: NoteDone) -> None:
    _, spare, late = outcome([START, reply])

    second, distance = timedelta(seconds=1), DUE - reply.done_at
    if spare is not None:
        assert spare * second <= distance < (spare + 1) * second
    if late is not None:
        assert (late - 1) * second < -distance <= late * second
        assert late >= 1


@given(LOOKS, st.data())
def test_without_a_reply_it_is_missed_if_anybody_looked_after_the_limit(
    looks: list[NoteDue], data: st.DataObject
) -> None:
    notes = data.draw(st.permutations(looks))

    state, _, _ = outcome([START, *notes])

    assert state == ("missed" if any(look.now > DUE for look in looks) else "running")


@given(st.builds(NoteGone, st.just("B.T01"), REASONS, MOMENTS), LOOKS, st.data())
def test_going_has_one_verdict_whenever_it_is_heard_of(
    going: NoteGone, looks: list[NoteDue], data: st.DataObject
) -> None:
    said: list[DocketCommand] = [going, *looks]
    notes = data.draw(st.permutations(said))

    state, _, _ = outcome([START, *notes])

    assert state == ("cancelled" if going.recorded_at <= DUE else "missed")


@st.composite
def replies(draw: st.DrawFn) -> NoteDone:
    """A reply since the clock began, recorded when it was given or later."""
    first = draw(st.timedeltas(POSTED - DUE, timedelta(days=4)))
    late = draw(st.timedeltas(timedelta(0), timedelta(days=4)) | st.just(timedelta(0)))
    return NoteDone("B.T01", DUE + first, DUE + first + late, "live")


@given(st.lists(replies(), min_size=1, max_size=5), LOOKS, st.data())
def test_the_first_reply_on_record_decides_in_whatever_order_they_are_heard_of(
    said: list[NoteDone], looks: list[NoteDue], data: st.DataObject
) -> None:
    """Rules see what was on record first of what was heard so far; late hearing changes nothing."""

    def on_record(reply: NoteDone) -> tuple[datetime, datetime]:
        return reply.recorded_at, reply.done_at

    heard = data.draw(st.permutations(said))
    told = [min(heard[: count + 1], key=on_record) for count in range(len(heard))]
    between = data.draw(st.lists(st.sampled_from([*looks, None]), max_size=len(told)))
    notes = [note for each in zip_longest(between, told) for note in each if note is not None]

    state, _, _ = outcome([START, *notes])

    assert state == expected(min(said, key=on_record), DUE)


@given(st.lists(st.one_of(st.just(START), REPLIES, st.builds(NoteDue, MOMENTS)), max_size=8), GOING)
def test_replay_equals_live(notes: list[DocketCommand], going: list[NoteGone]) -> None:
    docket, history = live([*notes, *going])

    assert DOCKET.fold(history) == docket
    assert fold_duties(history) == rows(history)
    assert {duty.id: duty.state for duty in docket.duties.values()} == {
        duty: row.state for (_, duty), row in fold_duties(history).items()
    }
