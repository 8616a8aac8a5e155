"""Whatever is appended and refused, in whatever groups, the store is what a simple list says."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from shared.errors import Refused, Unavailable
from shared.store.transaction import Transaction
from tests.store.groups import together
from tests.store.test_appending import chained
from tests.support.sizes import sized
from tests.support.stores import HandClock, events, matter, open_store, say, words_of

STREAMS = [UUID(int=number) for number in range(1, 4)]


@dataclass(frozen=True)
class Piece:
    """One piece of work: events to append, some of them in a part that fails, and its end."""

    stream: UUID
    before: int
    undone: int
    after: int
    refused: bool

    def do(self, tx: Transaction, names: Callable[[], str]) -> list[str]:
        """Do it; the words that stay if it is not refused."""
        stays = [self._say(tx, names) for _ in range(self.before)]
        with contextlib.suppress(Refused), tx.savepoint():
            for _ in range(self.undone):
                self._say(tx, names)
            raise Refused("test.part", "这一部分不行。")
        stays += [self._say(tx, names) for _ in range(self.after)]
        if self.refused:
            raise Refused("test.refused", "不行。")
        return stays

    def _say(self, tx: Transaction, names: Callable[[], str]) -> str:
        words = names()
        say(tx, words, matter(self.stream))
        return words


pieces = st.builds(
    Piece,
    st.sampled_from(STREAMS),
    st.integers(0, 2),
    st.integers(0, 2),
    st.integers(0, 2),
    st.booleans(),
)


class Model(RuleBasedStateMachine):
    """The store beside a list of what must be in it."""

    location: str

    def __init__(self) -> None:
        super().__init__()
        self.service = f"room{next(_numbers)}"
        self.clock = HandClock()
        self.expected: list[tuple[UUID, str]] = []
        self.said = 0
        self.has_time_on_record = False
        self.loop = asyncio.new_event_loop()

    @initialize()
    def open(self) -> None:
        self.store = open_store(self.location, self.service, clock=self.clock)

    @rule(group=st.lists(pieces, min_size=1, max_size=5))
    def write(self, group: list[Piece]) -> None:
        work = [partial(piece.do, names=self._name) for piece in group]
        results = self.loop.run_until_complete(together(self.store, *work))
        self.has_time_on_record = True
        for piece, result in zip(group, results, strict=True):
            assert isinstance(result, Refused) == piece.refused
            if not piece.refused:
                self.expected += [(piece.stream, words) for words in result]

    @precondition(lambda self: self.has_time_on_record)
    @rule(group=st.lists(pieces, min_size=1, max_size=3))
    def write_with_a_clock_behind(self, group: list[Piece]) -> None:
        work = [partial(piece.do, names=self._name) for piece in group]
        self.clock.now -= timedelta(days=1)
        results = self.loop.run_until_complete(together(self.store, *work))
        self.clock.now += timedelta(days=1)
        assert all(isinstance(result, Unavailable) for result in results)

    @rule(seconds=st.floats(-1, 100))
    def let_time_pass(self, seconds: float) -> None:
        self.clock.now += timedelta(seconds=max(seconds, 0))

    @rule()
    def open_again(self) -> None:
        epoch = self.store.source.epoch
        self.loop.run_until_complete(self.store.close())
        self.open()
        assert self.store.source.epoch == epoch

    @invariant()
    def everything_stands_in_order(self) -> None:
        if not hasattr(self, "store"):
            return
        found = self.loop.run_until_complete(events(self.store))
        assert [(e.envelope.stream_id, words_of(e)) for e in found] == self.expected
        for stream in STREAMS:
            assert chained([event for event in found if event.envelope.stream_id == stream])
        times = [event.envelope.recorded_at for event in found]
        assert times == sorted(times)
        positions = [stored.id for stored in self.store.recorder.notifications(0, 10_000)]
        assert positions == sorted(set(positions))
        assert self.store.position() == (positions[-1] if positions else 0)

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.loop.run_until_complete(self.store.close())
        self.loop.close()

    def _name(self) -> str:
        self.said += 1
        return str(self.said)


_numbers = iter(range(1_000_000))


def test_the_store_is_what_a_simple_list_says(location: str) -> None:
    run_state_machine_as_test(
        type("Located", (Model,), {"location": location}),
        settings=settings(max_examples=sized(12, 200), stateful_step_count=sized(10, 40)),
    )
