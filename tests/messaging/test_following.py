"""What continues a sequence: each event once, no hole, and one history only."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import Untrusted
from shared.messaging.streams import Incoming
from shared.messaging.taking import Gap, follow
from shared.store.tracking import START, Tracking

EPOCH = "0123456789abcdef"


def events_at(positions: list[int]) -> list[Incoming]:
    """A source's events at those positions, as its stream holds them."""
    before = [0, *positions]
    return [
        Incoming(EPOCH, position, after, seq, "s", "t", "c", f"event {position}".encode())
        for seq, (position, after) in enumerate(zip(positions, before, strict=False), 1)
    ]


def behind(event: Incoming | None) -> Tracking:
    """Where somebody stands who applied everything up to this event."""
    return Tracking(event.epoch, event.position, event.seq, event.hash) if event else START


def histories(least: int = 1) -> st.SearchStrategy[list[Incoming]]:
    """Histories of at least so many events, with gaps between positions, as PostgreSQL makes."""
    positions = st.lists(st.integers(1, 1000), min_size=least, max_size=30, unique=True)
    return positions.map(lambda drawn: events_at(sorted(drawn)))


@given(histories(), st.data())
def test_any_delivery_without_a_hole_yields_exactly_the_rest(
    history: list[Incoming], data: st.DataObject
) -> None:
    """Redelivery, overlap and doubling within a batch change nothing."""
    done = data.draw(st.integers(0, len(history)))
    end = data.draw(st.integers(done, len(history)))
    last = behind(history[done - 1] if done else None)
    delivery = history[data.draw(st.integers(0, done)) : end]
    for _ in range(data.draw(st.integers(0, 3))):
        at = data.draw(st.integers(0, len(delivery)))
        back = data.draw(st.integers(0, at))
        delivery = delivery[:at] + delivery[back:]

    assert follow(last, delivery) == history[done:end]


@given(histories(), st.data())
def test_any_split_into_batches_yields_everything_once(
    history: list[Incoming], data: st.DataObject
) -> None:
    last, taken, at = START, list[Incoming](), 0
    while at < len(history):
        end = data.draw(st.integers(at + 1, len(history)))
        fresh = follow(last, history[data.draw(st.integers(0, at)) : end])
        taken += fresh
        last, at = behind(fresh[-1]), end

    assert taken == history


@given(histories(2), st.data())
def test_any_hole_is_a_gap_wherever_it_is(history: list[Incoming], data: st.DataObject) -> None:
    missing = data.draw(st.integers(0, len(history) - 2))
    done = data.draw(st.integers(0, missing))
    delivery = history[data.draw(st.integers(0, done)) : missing] + history[missing + 1 :]

    with pytest.raises(Gap):
        follow(behind(history[done - 1] if done else None), delivery)


@given(histories(), st.data())
def test_another_epoch_is_another_history(history: list[Incoming], data: st.DataObject) -> None:
    done = data.draw(st.integers(1, len(history)))
    strange = data.draw(st.integers(0, len(history) - 1))
    delivery = [*history]
    delivery[strange] = replace(history[strange], epoch="another")

    with pytest.raises(Untrusted) as refused:
        follow(behind(history[done - 1]), delivery)

    assert refused.value.code == "consumer.other-history"


@given(histories(2), st.data())
def test_two_epochs_in_the_very_first_batch_are_refused(
    history: list[Incoming], data: st.DataObject
) -> None:
    strange = data.draw(st.integers(1, len(history) - 1))
    delivery = [*history]
    delivery[strange] = replace(history[strange], epoch="another")

    with pytest.raises(Untrusted):
        follow(START, delivery)


@given(histories(), st.data())
def test_other_bytes_at_our_position_are_another_history(
    history: list[Incoming], data: st.DataObject
) -> None:
    done = data.draw(st.integers(1, len(history)))
    delivery = [*history]
    delivery[done - 1] = replace(history[done - 1], raw=b"something else")

    with pytest.raises(Untrusted) as refused:
        follow(behind(history[done - 1]), delivery)

    assert refused.value.code == "consumer.other-history"


def test_an_event_is_left_out_only_if_it_was_delivered_before() -> None:
    """Its position is not ahead of ours, but its place in the stream is: that is no redelivery.

    So it is when our place was moved ahead by hand, or by a forged message: leaving such events
    out would lose them in silence.
    """
    first, second, third = events_at([1, 2, 3])
    moved_ahead = Tracking(EPOCH, 9, second.seq, "sha256:whatever")

    with pytest.raises(Untrusted) as refused:
        follow(moved_ahead, [third])

    assert refused.value.code == "consumer.other-history"
    assert follow(moved_ahead, [first, second]) == []


def test_nothing_delivered_is_nothing_new() -> None:
    assert follow(START, []) == []
    assert follow(behind(events_at([4])[0]), []) == []


def test_the_first_event_of_all_must_be_the_first_of_its_source() -> None:
    with pytest.raises(Gap):
        follow(START, events_at([4, 7])[1:])
