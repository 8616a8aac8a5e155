"""What the databases say by themselves, whether anything runs or not.

While nothing runs they are read with read-only connections: nothing is booted, written or caught
up with. An auditor looks at what is there.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from fastapi import FastAPI

from huiyin.host.doctor import Examined, Report, examine, look_around
from services.deadlines.tables import MODEL as DEADLINES
from services.intake.tables import MODEL as INTAKE
from services.reporting.api import router
from services.reporting.findings.taking import RecordActs
from services.reporting.log import log
from services.reporting.log.verify import Verified, verify
from services.reporting.projector import MODEL as REPORTING
from services.reporting.rebuild import Compared, compare
from services.routing.tables import MODEL as ROUTING
from shared.contracts.catalogue import is_known, unknown_type
from shared.identity.officers import Officers
from shared.messaging.status import RoomStatus, read_status
from shared.messaging.streams import FOLLOWS, SERVICES
from shared.messaging.tasks import Halt, halt
from shared.messaging.waiting import lagging
from shared.settings import Settings
from shared.store.database import Recorder, SqliteRecorder, open_recorder, open_tables
from shared.store.failures import translated
from shared.store.readmodel import ReadModel, is_current
from shared.store.store import Store
from shared.vault.keys import load_or_create_wrapping_key
from shared.vault.vault import open_vault
from shared.web import prepare

PAGE = 1000
"""How far ahead to look for events that cannot be read."""


MODELS: dict[str, ReadModel] = {
    "intake": INTAKE,
    "routing": ROUTING,
    "deadlines": DEADLINES,
    "reporting": REPORTING,
}


def verified(recorders: Mapping[str, Recorder]) -> Verified:
    """Whether stores and log hold and agree."""
    return verify(recorders, recorders["reporting"])


def rebuilt(recorders: Mapping[str, Recorder]) -> list[Compared]:
    """Every read model folded afresh from the log and compared with what lies there."""
    return compare(MODELS, recorders, recorders["reporting"])


def examine_offline(settings: Settings) -> Report:
    """The doctor's report from the databases alone."""
    with read_only(settings) as recorders:
        rooms = _statuses(recorders)
    return examine(Examined(rooms, look_around(settings), running=False))


def verify_offline(settings: Settings) -> Verified:
    """Whether stores and log hold and agree, as they lie there."""
    with read_only(settings) as recorders:
        return verified(recorders)


def rebuild_offline(settings: Settings) -> list[Compared]:
    """Every read model folded afresh from the log and compared with what lies there."""
    with read_only(settings) as recorders:
        return rebuilt(recorders)


OFFLINE: Mapping[str, Callable[[Settings], object]] = {
    "examine": examine_offline,
    "verify": verify_offline,
    "rebuild": rebuild_offline,
}
"""What the files themselves answer to the operator's questions."""


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
        app.include_router(router(RecordActs(store, vault), who))
        yield app


@contextmanager
def read_only(settings: Settings) -> Iterator[dict[str, Recorder]]:
    """Every room's database, for reading."""
    with ExitStack() as stack:
        yield {name: stack.enter_context(closing(_open(settings, name))) for name in SERVICES}


def _all_current(recorders: dict[str, Recorder]) -> bool:
    for name, model in MODELS.items():
        with recorders[name].reading() as sql:
            if not is_current(sql, model):
                return False
    return True


def on_record(service: str, recorder: Recorder, halts: Sequence[Halt] = ()) -> RoomStatus:
    """How a room is by its database alone; raises Unavailable ``store.*``."""
    ends = log.ends if service == "reporting" else None
    with translated():
        return read_status(service, recorder, ends=ends, halts=halts)


def _statuses(recorders: dict[str, Recorder]) -> list[RoomStatus]:
    found = [on_record(name, recorder) for name, recorder in recorders.items()]
    return [
        room.model_copy(update={"halts": tuple(_would_halt(room, recorders))}) for room in found
    ]


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
