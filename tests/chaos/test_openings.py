"""Those who open the same things at the same time do not stand in each other's way."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from services.embedded.directory import DataDirectory
from shared.clock import system_clock
from shared.contracts.sealed import Sealed, Unsealed
from shared.store.recorders import open_recorder
from shared.store.store import Store

OPENINGS = 50
HOLDINGS = 2000


def test_a_store_opens_while_another_process_writes_into_it(tmp_path: Path) -> None:
    """It waits for the other's transaction; it does not give up at once."""
    busy = _open(tmp_path)
    with _meanwhile(lambda: busy.write_now(lambda _tx: None)):
        for _ in range(OPENINGS):
            _open(tmp_path).recorder.close()
    busy.recorder.close()


def test_a_look_whether_somebody_serves_keeps_nobody_from_serving(tmp_path: Path) -> None:
    """Whoever asks (huiyin doctor, a watchdog) may ask at the very moment of a start."""
    directory = DataDirectory(tmp_path / "data")
    with directory.held():
        pass
    with _meanwhile(directory.serving):
        for _ in range(HOLDINGS):
            with directory.held():
                pass


def _open(directory: Path) -> Store:
    return Store.open(
        open_recorder(str(directory), "intake"),
        service="intake",
        node="QINGHE",
        clock=system_clock,
        seal_for=_no_words,
    )


def _no_words(_incident: UUID, _words: Unsealed, _associated: bytes) -> Sealed:
    raise AssertionError("nothing is said here")


@contextmanager
def _meanwhile(do: Callable[[], object]) -> Iterator[None]:
    """Do it again and again in another thread while the block lasts."""
    ended = threading.Event()

    def repeat() -> None:
        while not ended.is_set():
            do()

    thread = threading.Thread(target=repeat)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
