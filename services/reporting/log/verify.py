"""Whether the record holds (核验): every stream's chain, the log's tree, and stores and log byte
by byte.

It reads the databases with its own eyes and trusts no column: what an event is, is read from its
bytes.
"""

from collections.abc import Iterator, Mapping

from eventsourcing.persistence import Notification
from pydantic import BaseModel

from services.reporting.log import log as audit_log
from services.reporting.log.log import EMPTY, TILE, Leaf, every_leaf, extend
from shared.clock import to_micros
from shared.contracts.envelope import Envelope, decode_envelope, event_hash
from shared.errors import Untrusted
from shared.evidence.merkle import Tree, leaf_hash, root
from shared.store.database import Recorder
from shared.store.sql import Sql
from shared.store.tracking import all_tracked

PAGE = 1000


class RecordDifference(BaseModel):
    """The first place where the record does not hold: where, and what is wrong there."""

    place: str
    code: str
    message: str


class Verified(BaseModel):
    """What was checked. ``pending`` counts events that are stored and not sequenced yet.

    ``root`` is the tree hash (hex) over all ``leaves``, made from their bytes alone.
    """

    holds: bool
    events: dict[str, int]
    leaves: int
    pending: dict[str, int]
    running: str
    root: str
    difference: RecordDifference | None = None


class Differs(Exception):
    """Carries the first difference found."""

    def __init__(self, place: str, code: str, message: str) -> None:
        super().__init__(message)
        self.difference = RecordDifference(place=place, code=code, message=message)


def verify(stores: Mapping[str, Recorder], log: Recorder) -> Verified:
    """Check everything; ``log`` is the reporting service's database."""
    tree = Tree()
    count = Verified(holds=True, events={}, leaves=0, pending={}, running=EMPTY, root="")
    try:
        with log.reading() as sql:
            _check_log(sql, count, tree)
            for service, recorder in stores.items():
                _check_store(service, recorder, sql, count)
    except Differs as found:
        count.holds, count.difference = False, found.difference
    count.root = tree.root().hex()
    return count


def _check_log(sql: Sql, count: Verified, tree: Tree) -> None:
    last = None
    on_record = _Tiles(audit_log.stored_tiles(sql))
    for number, leaf in enumerate(every_leaf(sql)):
        place = f"log:{number}"
        count.running = extend(count.running, leaf.raw, to_micros(leaf.sequenced_at))
        _hold(leaf.leaf == number, place, "log.gap", f"日志第 {number} 条缺失")
        _hold(leaf.running == count.running, place, "log.running-hash", "日志的连续散列不符")
        _hold(last is None or last <= leaf.sequenced_at, place, "log.time", "入册时间倒退")
        _check_columns(leaf, place)
        last = leaf.sequenced_at
        count.leaves = number + 1
        hashed = leaf_hash(leaf.raw)
        tree.add(hashed)
        on_record.add(hashed)
    on_record.check_end(count.leaves)


class _Tiles:
    """The tiles on record, held against those that the leaves make."""

    def __init__(self, stored: dict[int, str]) -> None:
        self._stored = stored
        self._filling: list[bytes] = []
        self._number = 0

    def add(self, leaf: bytes) -> None:
        """Take one more leaf; the tile that it fills must be the one on record, if any is."""
        self._filling.append(leaf)
        if len(self._filling) == TILE:
            made = root(self._filling).hex()
            on_record = self._stored.pop(self._number, made)
            first = self._number * TILE
            message = f"日志第 {first} 至 {first + TILE - 1} 条的树散列不符"
            _hold(on_record == made, f"tile:{self._number}", "log.tile", message)
            self._filling.clear()
            self._number += 1

    def check_end(self, leaves: int) -> None:
        """No tile may speak of leaves that are not there."""
        for tile in sorted(self._stored):
            message = f"日志只有 {leaves} 条, 却有其后的树散列"
            raise Differs(f"tile:{tile}", "log.tile", message)


def _check_columns(leaf: Leaf, place: str) -> None:
    envelope = _envelope(leaf.raw, place)
    columns = (leaf.source, leaf.epoch, leaf.stream, leaf.type, leaf.correlation)
    by_bytes = (
        envelope.service,
        envelope.epoch,
        envelope.stream,
        envelope.type,
        str(envelope.correlation),
    )
    _hold(columns == by_bytes, place, "log.columns", "日志的索引列与事件内容不符")


def _check_store(service: str, recorder: Recorder, sql: Sql, count: Verified) -> None:
    sequenced = all_tracked(sql).get(service)
    done = sequenced.position if sequenced else 0
    heads: dict[str, tuple[int, str]] = {}
    count.events[service] = count.pending[service] = last = 0
    for position, event, leaf in _by_position(_stored(recorder), _logged(sql, service)):
        place = f"{service}:{position}"
        if event is None:
            raise Differs(place, "store.missing", "日志里有这条事件, 数据库里没有")
        count.events[service] += 1
        _check_chain(event, heads, place)
        if leaf is not None:
            _hold(leaf.raw == event.state, place, "bytes.differ", "数据库与日志里的字节不同")
        elif position > done:
            count.pending[service] += 1
        else:
            raise Differs(place, "log.missing", "数据库里有这条事件, 日志里没有")
        last = position
    _hold(last >= done, f"{service}:{done}", "store.truncated", "已入册的事件在两处都没有")


Pair = tuple[int, Notification | None, Leaf | None]


def _by_position(stored: Iterator[Notification], logged: Iterator[Leaf]) -> Iterator[Pair]:
    """Both in step: what stands at each position in the store, and in the log."""
    event, leaf = next(stored, None), next(logged, None)
    while event is not None or leaf is not None:
        position = min([*([event.id] if event else ()), *([leaf.position] if leaf else ())])
        here = event if event and event.id == position else None
        there = leaf if leaf and leaf.position == position else None
        yield position, here, there
        event = next(stored, None) if here else event
        leaf = next(logged, None) if there else leaf


def _check_chain(event: Notification, heads: dict[str, tuple[int, str]], place: str) -> None:
    envelope = _envelope(event.state, place)
    seq, prev = heads.get(envelope.stream, (0, None))
    named = f"{place} {envelope.stream} 第 {envelope.seq} 条"
    _hold(envelope.seq == seq + 1, named, "chain.seq", f"应为本序列第 {seq + 1} 条")
    _hold(envelope.prev == prev, named, "chain.prev", "所记的前一条散列不符")
    columns = (event.originator_id, event.originator_version, event.topic)
    by_bytes = (envelope.stream_id, envelope.seq, envelope.type)
    _hold(columns == by_bytes, named, "store.columns", "数据库的索引列与事件内容不符")
    heads[envelope.stream] = (envelope.seq, event_hash(event.state))


def _stored(recorder: Recorder) -> Iterator[Notification]:
    after = 0
    while page := recorder.notifications(after, PAGE):
        yield from page
        after = page[-1].id


def _logged(sql: Sql, service: str) -> Iterator[Leaf]:
    after = 0
    while page := audit_log.leaves_of_source(sql, service, after, PAGE):
        yield from page
        after = page[-1].position


def _envelope(raw: bytes, place: str) -> Envelope:
    try:
        return decode_envelope(raw)
    except Untrusted as problem:
        raise Differs(place, problem.code, problem.message) from problem


def _hold(condition: bool, place: str, code: str, message: str) -> None:
    if not condition:
        raise Differs(place, code, message)
