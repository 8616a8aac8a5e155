"""``yardstick``: what the ``eventsourcing`` library does by itself with the same events.

The same bytes are stored, the same catalogue reads them and the same ledger takes them; only the
way from the one to the other is the library's: one transaction for each event with its Tracking.
The library's figures leave out appending, relaying, the log and the other rooms, all of which
``append`` does: the comparison favours the library.
"""

import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.persistence import InfrastructureFactory, Mapper, StoredEvent, Tracking
from eventsourcing.postgres import PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from eventsourcing.sqlite import SQLiteTrackingRecorder
from psycopg.sql import SQL

from bench.postgres import NoPostgres, Postgres, started
from services.reporting.ledger import table as ledger_table
from shared.contracts.envelope import Recorded, decode, decode_envelope
from shared.store.readmodel import Placed
from shared.store.sql import Sql

PAGE = 500
"""Notifications that the hand-written loop reads at once; it makes no difference to the library."""

PATIENCE = 300.0
"""Seconds that the runner may take."""


@dataclass(frozen=True, slots=True)
class Yardstick:
    """A way of the library's; ``rate`` stores events and returns how many it projects a second."""

    name: str
    title: str
    rate: Callable[[Sequence[bytes]], float]


def available(stack: ExitStack) -> tuple[tuple[Yardstick, ...], tuple[str, ...]]:
    """The yardsticks of this machine, and what is missing; the stack stops what was started."""
    by_hand = Yardstick(
        "yardstick.sqlite", "eventsourcing 手写循环（SQLite, 每条一事务, 只算投影）", rate_by_hand
    )
    try:
        server = stack.enter_context(started())
    except NoPostgres as problem:
        return (by_hand,), (f"{problem}：ProjectionRunner 需要订阅, SQLite 没有, 此项未测。",)
    runner = Yardstick(
        "yardstick.postgres",
        "eventsourcing ProjectionRunner（PostgreSQL, 只算投影）",
        partial(rate_of_runner, server),
    )
    return (runner, by_hand), ()


def rate_by_hand(events: Sequence[bytes]) -> float:
    """A loop over the notification log on SQLite, as one writes it where there is no runner."""
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="huiyin-bench-")))
        log = stack.enter_context(closing(Log(in_sqlite(place / "log.db"))))
        log.recorder.insert_events(stored(events))
        factory = InfrastructureFactory[SqliteLedger].construct(in_sqlite(place / "ledger.db"))
        view = stack.enter_context(closing(factory)).tracking_recorder(SqliteLedger)
        began = time.perf_counter()
        project_by_hand(log, view)
        return len(events) / (time.perf_counter() - began)


def rate_of_runner(server: Postgres, events: Sequence[bytes]) -> float:
    """The library's ProjectionRunner catching up, on PostgreSQL, which has subscriptions."""
    settings = server.database()
    with closing(Log(settings)) as log:
        log.recorder.insert_events(stored(events))
        last = log.recorder.max_notification_id()
    with ProjectionRunner(
        application_class=Log,
        projection_class=LedgerProjection,
        view_class=PostgresLedger,
        env=settings,
    ) as runner:
        runner.wait(last, PATIENCE)
        taken_at = runner.view.taken_at
    return (len(taken_at) - 1) / (taken_at[-1] - taken_at[0])


class OurBytes(Mapper[UUID]):
    """Reads stored events as this system does."""

    def to_domain_event(self, stored_event: StoredEvent) -> Any:
        return decode(stored_event.state)


class Log(Application[UUID]):
    """The library's application that holds the events."""

    name = "log"

    def construct_mapper(self) -> Mapper[UUID]:
        return OurBytes(self.construct_transcoder())


class SqliteLedger(SQLiteTrackingRecorder):
    """The ledger beside the library's tracking table, in SQLite."""

    def construct_create_table_statements(self) -> list[str]:
        return [*super().construct_create_table_statements(), *ledger_table.SCHEMA]

    def take(self, event: Recorded, tracking: Tracking) -> None:
        """One event, one transaction."""
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            placed = Placed(tracking.notification_id, event)
            ledger_table.apply(Sql(cursor, postgres=False), [placed])


class PostgresLedger(PostgresTrackingRecorder):
    """The ledger beside the library's tracking table, in PostgreSQL."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sql_create_statements += [SQL(text).format() for text in ledger_table.SCHEMA]
        self.taken_at: list[float] = []

    def take(self, event: Recorded, tracking: Tracking) -> None:
        """One event, one transaction."""
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            placed = Placed(tracking.notification_id, event)
            ledger_table.apply(Sql(cursor, postgres=True), [placed])
        self.taken_at.append(time.perf_counter())


class LedgerProjection(Projection[PostgresLedger]):
    """What the library's runner calls for each event."""

    name = "ledger"

    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        self.view.take(domain_event, tracking)


def project_by_hand(log: Log, view: SqliteLedger) -> None:
    """Everything that the log holds, one event and one transaction at a time."""
    done = 0
    while page := log.recorder.select_notifications(done, PAGE, inclusive_of_start=False):
        for notification in page:
            event: Any = log.mapper.to_domain_event(notification)
            view.take(event, Tracking(log.name, notification.id))
        done = page[-1].id


def stored(events: Sequence[bytes]) -> list[StoredEvent]:
    """The events as one stream for each incident: the library has one table for all services."""
    versions: Counter[UUID] = Counter()
    stored: list[StoredEvent] = []
    for raw in events:
        envelope = decode_envelope(raw)
        versions[envelope.correlation] += 1
        at = versions[envelope.correlation]
        stored.append(StoredEvent(envelope.correlation, at, envelope.type, raw))
    return stored


def in_sqlite(path: Path) -> dict[str, str]:
    """The library's settings for a SQLite file."""
    return {"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": str(path)}
