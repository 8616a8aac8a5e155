"""Those who open the same things at the same time do not stand in each other's way."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from huiyin.host.directory import DataDirectory
from shared.clock import system_clock
from shared.contracts.sealed import Sealed, Unsealed
from shared.identity.officers import Officers
from shared.store.database import open_recorder, open_tables
from shared.store.store import Store
from tests.support.sizes import sized

OPENINGS = sized(20, 200)
HOLDINGS = sized(1000, 20_000)


def test_a_store_opens_while_another_process_writes_into_it(tmp_path: Path) -> None:
    """It waits for the other's transaction; it does not give up at once."""
    busy = _open(str(tmp_path))
    with _meanwhile(lambda: busy.write_now(lambda _tx: None)):
        for _ in range(OPENINGS):
            _close(_open(str(tmp_path)))
    _close(busy)


def test_several_processes_make_the_tables_of_an_empty_database_at_once(postgres_url: str) -> None:
    """As the services of a county do when they start together for the first time."""
    openers = [lambda: _close(_open(postgres_url)), lambda: _officers(postgres_url)] * 4
    together = threading.Barrier(len(openers))

    def begin(opener: Callable[[], None]) -> None:
        together.wait()
        opener()

    with ThreadPoolExecutor(len(openers)) as threads:
        list(threads.map(begin, openers))


def test_a_look_whether_somebody_serves_keeps_nobody_from_serving(tmp_path: Path) -> None:
    """Whoever asks (huiyin doctor, a watchdog) may ask at the very moment of a start."""
    directory = DataDirectory(tmp_path / "data")
    with directory.held():
        pass
    with _meanwhile(directory.serving):
        for _ in range(HOLDINGS):
            with directory.held():
                pass


def _open(location: str) -> Store:
    return Store.open(
        open_recorder(location, "intake"),
        service="intake",
        node="QINGHE",
        clock=system_clock,
        seal_for=_no_words,
    )


def _close(store: Store) -> None:
    store.recorder.close()


def _officers(location: str) -> None:
    Officers(open_tables(location, "identity")).close()


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
