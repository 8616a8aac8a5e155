"""An older backup under newer streams is refused, or catches up; it never loses anything."""

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.chaos.county import CountyProcess, wait_for
from tests.chaos.evidence import check_record


@pytest.fixture
def served(county: CountyProcess) -> CountyProcess:
    """A county that has served for a while, and has stopped."""
    county.start()
    _work(county)
    county.stop()
    return county


@pytest.mark.parametrize("room", ["intake", "routing"])
def test_an_older_backup_of_a_room_that_others_follow_is_refused(
    served: CountyProcess, tmp_path: Path, room: str
) -> None:
    """It says why and what to do, exits with 1, and leaves the streams as they are."""
    with _restored_later(served, tmp_path, room):
        before = _bytes_of(served.data / "nats" / "jetstream")
        status, said = _attempt(served)
        assert status == 1
        assert "较旧的备份" in said
        assert "处理办法：请恢复" in said
        assert "Traceback" not in said
        assert _bytes_of(served.data / "nats" / "jetstream") == before
    served.start()
    check_record(served)


def test_older_backups_of_all_rooms_under_newer_streams_are_refused(
    served: CountyProcess, tmp_path: Path
) -> None:
    """The rooms agree among themselves: only the streams tell that something is missing."""
    rooms = ("intake", "routing", "deadlines", "reporting")
    with _restored_later(served, tmp_path, *rooms):
        before = _messages_of(served.data / "nats" / "jetstream")
        status, said = _attempt(served)
        assert status == 1
        assert "较旧的备份" in said
        assert "relay.stream-ahead" in said
        assert "Traceback" not in said
        assert _messages_of(served.data / "nats" / "jetstream") == before
    served.start()
    check_record(served)


def test_an_older_audit_log_catches_up_from_the_streams(
    served: CountyProcess, tmp_path: Path
) -> None:
    """Nobody follows it: it reads again what it has not taken, and the record holds."""
    with _restored_later(served, tmp_path, "reporting"):
        served.start()
        served.settle()
        assert len(served.told("GET", "/reporting/ledger")) == 6
        check_record(served)
        served.stop()


@contextmanager
def _restored_later(county: CountyProcess, place: Path, *rooms: str) -> Iterator[None]:
    """After more work: the databases as they are now, while the block lasts."""
    _move(county.data, place / "old", rooms)
    for file in (place / "old").iterdir():
        shutil.copy(file, county.data)
    county.start()
    _work(county)
    county.stop()
    _move(county.data, place / "new", rooms)
    for file in (place / "old").iterdir():
        shutil.copy(file, county.data)
    yield
    _move(county.data, place / "restored", rooms)
    for file in (place / "new").iterdir():
        shutil.copy(file, county.data)


def _move(data: Path, to: Path, rooms: tuple[str, ...]) -> None:
    """Take the rooms' databases away, with their journals if they have any."""
    to.mkdir()
    for room in rooms:
        for file in data.glob(f"{room}.db*"):
            file.rename(to / file.name)


def _work(county: CountyProcess) -> None:
    for _ in range(3):
        number = county.register()
        path = f"/routing/incidents/{number}/grade"
        county.told("POST", path, {"grade": "ordinary", "grounds": "影响小"})
    county.settle()


def _attempt(county: CountyProcess) -> tuple[int | None, str]:
    """Start the system where it cannot; how it ended and what it said."""
    county.launch()
    try:
        wait_for(lambda: county.ended)
    finally:
        county.kill()
    return county.exit_status, county.said()


def _bytes_of(directory: Path) -> dict[str, str]:
    """The digest of every file."""
    files = sorted(path for path in directory.rglob("*") if path.is_file())
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def _messages_of(directory: Path) -> dict[str, str]:
    """The digests of the messages alone: a nats-server notes other things when it ends."""
    return {path: digest for path, digest in _bytes_of(directory).items() if ".blk" in path}
