"""What the databases say while nothing runs, read with read-only connections.

Nothing is booted, written or caught up with: an auditor looks at what is there.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from fastapi import FastAPI

from huiyin.host.doctor import Report, Seen, examine
from huiyin.host.evidence import MODELS, rebuilt, verified
from huiyin.host.premises import look_around
from services.reporting.api import router
from services.reporting.application import Reporting
from services.reporting.findings.taking import Taking
from services.reporting.log import log
from services.reporting.log.verify import Verified
from services.reporting.rebuild import Compared
from shared.contracts.catalogue import is_known, unknown_type
from shared.identity.officers import Officers
from shared.messaging.barrier import lagging
from shared.messaging.status import Halt, RoomStatus, halt, read_status
from shared.messaging.topology import FOLLOWS, SERVICES
from shared.settings import Settings
from shared.store.readmodel import is_current
from shared.store.recorders import Recorder, SqliteRecorder, open_recorder
from shared.store.store import Store
from shared.store.tables import open_tables
from shared.vault import load_or_create_wrapping_key, open_vault
from shared.web import prepare

PAGE = 1000
"""How far ahead to look for events that cannot be read."""


def examine_offline(settings: Settings) -> Report:
    """The doctor's report from the databases alone."""
    with read_only(settings) as recorders:
        rooms = _statuses(recorders)
    return examine(Seen(rooms, look_around(settings), running=False))


def verify_offline(settings: Settings) -> Verified:
    """Whether stores and log hold and agree, as they lie there."""
    with read_only(settings) as recorders:
        return verified(recorders)


def rebuild_offline(settings: Settings) -> list[Compared]:
    """Every read model folded afresh from the log and compared with what lies there."""
    with read_only(settings) as recorders:
        return rebuilt(recorders)


def is_settled(settings: Settings) -> bool:
    """Whether everybody has applied everything, so that reading alone shows the whole truth.

    What another release made is not what this one shows.
    """
    with read_only(settings) as recorders:
        return _all_current(recorders) and not lagging(_statuses(recorders))


@contextmanager
def reading_app(settings: Settings) -> Iterator[FastAPI]:
    """Reporting's questions over a read-only database."""
    key = load_or_create_wrapping_key(settings.wrapping_key)
    with (
        read_only(settings) as recorders,
        closing(open_vault(settings.database or str(settings.data / "vault.db"), key)) as vault,
        closing(Officers(open_tables(settings.database or str(settings.data), "identity"))) as who,
    ):
        app = FastAPI()
        prepare(app, who, vault)
        store = Store.for_reading(recorders["reporting"], "reporting")
        app.include_router(router(Reporting(store, vault, who), Taking(store, vault)))
        yield app


@contextmanager
def read_only(settings: Settings) -> Iterator[dict[str, Recorder]]:
    """Every room's database, for reading."""
    recorders = {name: _open(settings, name) for name in SERVICES}
    try:
        yield recorders
    finally:
        for recorder in recorders.values():
            recorder.close()


def _all_current(recorders: dict[str, Recorder]) -> bool:
    for name, model in MODELS.items():
        with recorders[name].reading() as sql:
            if not is_current(sql, model):
                return False
    return True


def _statuses(recorders: dict[str, Recorder]) -> list[RoomStatus]:
    return [_status(name, recorders) for name in recorders]


def _status(name: str, recorders: dict[str, Recorder]) -> RoomStatus:
    ends = log.ends if name == "reporting" else None
    status = read_status(name, recorders[name], ends=ends)
    return status.model_copy(update={"halts": tuple(_would_halt(status, recorders))})


def _would_halt(room: RoomStatus, recorders: dict[str, Recorder]) -> Iterator[Halt]:
    """What would stop the room as soon as it ran: events of types that this release cannot read."""
    for upstream in FOLLOWS[room.service]:
        after = room.upstreams[upstream].position
        ahead = recorders[upstream].notifications(after, PAGE)
        unknown = next((event.topic for event in ahead if not is_known(event.topic)), None)
        if unknown is not None:
            yield halt(f"follows {upstream}", unknown_type(unknown))


def _open(settings: Settings, service: str) -> Recorder:
    if settings.database:
        return open_recorder(settings.database, service)
    return SqliteRecorder(Path(settings.data) / f"{service}.db", read_only=True)
