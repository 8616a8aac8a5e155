"""What the databases say while nothing runs, read with read-only connections."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from services.embedded.doctor import Report, examine
from services.reporting import log
from shared.messaging.status import read_status
from shared.messaging.topology import SERVICES
from shared.settings import Settings
from shared.store.recorders import Recorder, SqliteRecorder, open_recorder


def examine_offline(settings: Settings) -> Report:
    """The doctor's report from the databases alone."""
    with read_only(settings) as recorders:
        rooms = [
            read_status(name, recorder, ends=log.ends if name == "reporting" else None)
            for name, recorder in recorders.items()
        ]
    return examine(rooms, settings.data, running=False, wrapping_key=settings.wrapping_key)


@contextmanager
def read_only(settings: Settings) -> Iterator[dict[str, Recorder]]:
    """Every room's database, for reading."""
    recorders = {name: _open(settings, name) for name in SERVICES}
    try:
        yield recorders
    finally:
        for recorder in recorders.values():
            recorder.close()


def _open(settings: Settings, service: str) -> Recorder:
    if settings.database:
        return open_recorder(settings.database, service)
    return SqliteRecorder(Path(settings.data) / f"{service}.db", read_only=True)
