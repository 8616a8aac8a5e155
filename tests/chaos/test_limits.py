"""What does not fit is refused clearly, and leaves nothing half-done behind."""

import time
from collections.abc import Iterator
from itertools import count, cycle, islice, repeat
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.county import CountyProcess
from tests.chaos.disk import Disk, small_disk
from tests.chaos.evidence import check_record
from tests.support.sizes import PATIENCE

ENOUGH_TO_REUSE_THE_JOURNAL = 100
"""Drafts of some 50 kB: a database's journal (4 MB) is then written from its beginning again."""

Body = dict[str, Any]

GRADES = ("ordinary", "larger", "major", "especially_major")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """A disk that can be filled and freed."""
    with small_disk(tmp_path / "disk") as found:
        if found is None:
            pytest.skip("neither a tmpfs can be mounted nor file sizes limited on this system")
        yield found


@pytest.fixture
def cramped(founded: CountyProcess, disk: Disk, tmp_path: Path) -> Iterator[CountyProcess]:
    """A county on that disk."""
    del disk
    county = founded.copy(tmp_path / "disk" / "data")
    county.start()
    yield county
    county.kill()


def test_a_text_too_long_is_refused_and_leaves_nothing(county: CountyProcess) -> None:
    """70 kB of Chinese text: within the number of characters, beyond the size of an event."""
    county.start()
    before = _events(county)
    for text in ("长" * 24_000, "a" * 70_000):
        refused = county.ask("POST", "/intake/incidents", _registration(text))
        said = refused.json()
        assert refused.status_code == 422
        assert said["code"] in ("event.too-large", "request.invalid")
        assert said["message"]
        assert said["remedy"]
    assert _events(county) == before
    number = county.register()
    assert number.endswith("-000001")
    county.settle()
    check_record(county)


def test_a_full_disk_is_told_and_nothing_is_half_done(cramped: CountyProcess, disk: Disk) -> None:
    """Refused with a clear error while there is no room; afterwards it goes on where it was."""
    numbers = [cramped.register() for _ in range(3)]
    cramped.settle()
    disk.fill(cramped)
    refused = _until_refused(cramped, "/intake/incidents", _registrations(), numbers)
    assert refused["code"] in ("store.full", "vault.full")
    grade = f"/routing/incidents/{numbers[0]}/grade"
    refused = _until_refused(cramped, grade, _gradings(), [])
    assert refused["code"] == "store.full"
    assert "磁盘已满" in refused["message"]
    assert "请腾出磁盘空间" in refused["remedy"]
    disk.free(cramped)
    _check_recovered(cramped, numbers)


def test_streams_without_room_catch_up_when_there_is_some(
    cramped: CountyProcess, disk: Disk
) -> None:
    """Stores reuse room that streams have not: they may take events that cannot travel yet."""
    number = cramped.register()
    assignment = {"lead": "QH-YZ"}
    cramped.told("POST", f"/routing/incidents/{number}/assign", assignment)
    draft = f"/routing/incidents/{number}/draft"
    for text in islice(_drafts(), ENOUGH_TO_REUSE_THE_JOURNAL):
        cramped.told("POST", draft, text)
    cramped.settle()
    disk.fill(cramped)
    _until_refused(cramped, draft, _drafts(), [])
    disk.free(cramped)
    _check_recovered(cramped, [number])


def test_the_nats_server_is_started_again_once_there_is_room(
    cramped: CountyProcess, disk: Disk
) -> None:
    """One that ended while the disk was full had no room for its files."""
    number = cramped.register()
    cramped.settle()
    disk.fill(cramped)
    cramped.kill_broker()
    disk.fill(cramped)  # what it gave back
    time.sleep(1.0)
    disk.free(cramped)
    _check_recovered(cramped, [number])


def _until_refused(
    county: CountyProcess, path: str, bodies: Iterator[Body], numbers: list[str]
) -> Body:
    """Ask until it is refused for want of room; returns what is said. Notes numbers given."""
    deadline = time.monotonic() + PATIENCE
    for body in bodies:
        answer = county.ask("POST", path, body)
        if not answer.is_success:
            assert answer.status_code == 503, answer.text
            return dict(answer.json())
        numbers.append(answer.json()["number"])
        assert time.monotonic() < deadline, "the disk never became full"
    raise AssertionError("nothing more to ask")


def _check_recovered(county: CountyProcess, numbers: list[str]) -> None:
    """By itself: the next command is taken, and all is where it should be."""
    _when_possible(county, "/intake/incidents", next(_registrations()))
    _when_possible(county, "/operations/settle", None)
    ledger = [row["number"] for row in county.told("GET", "/reporting/ledger")]
    assert ledger[:-1] == numbers
    assert [int(number.rsplit("-", 1)[1]) for number in ledger] == [*range(1, len(ledger) + 1)]
    check_record(county)
    county.stop()
    assert county.exit_status == 0, county.said()
    assert county.run("audit", "verify").returncode == 0


def _when_possible(county: CountyProcess, path: str, body: Body | None) -> None:
    deadline = time.monotonic() + PATIENCE
    while not (answer := county.ask("POST", path, body)).is_success:
        assert time.monotonic() < deadline, answer.text + county.said()
        time.sleep(0.2)


def _registrations() -> Iterator[Body]:
    return repeat(_registration("长" * 10_000))


def _gradings() -> Iterator[Body]:
    return ({"grade": grade, "grounds": "影响面" * 600} for grade in cycle(GRADES))


def _drafts() -> Iterator[Body]:
    return ({"kind": "interim", "text": f"{number}" + "稿" * 13_000} for number in count())


def _registration(body: str) -> Body:
    return {"title": "食堂饭菜不热", "category": "伙食", "channel": "call", "body": body}


def _events(county: CountyProcess) -> dict[str, int]:
    events: dict[str, int] = county.told("POST", "/operations/verify")["events"]
    return events
