"""The record as an auditor meets it: read in order, read as it stood, and checked."""

import hashlib
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.county import County, Served

TITLE = "课本还差两本没有发"
REPLY = "课本本周五前补齐。"
ROOMS = ("intake", "routing", "deadlines", "reporting")


@dataclass(frozen=True)
class Audited:
    """A stopped county with a closed, a joined, a voided and an erased incident, by number."""

    county: County
    closed: str
    linked: str
    voided: str
    entries: list[dict[str, Any]]


@pytest.fixture(scope="module")
def audited(founded: County, tmp_path_factory: pytest.TempPathFactory) -> Audited:
    """Everything happens one after the other, each act in the log before the next."""
    county = founded.copy(tmp_path_factory.mktemp("audited") / "data")
    with county.up() as served:
        closed = _register(served)
        _lead_to_its_end(served, closed)
        linked, voided, erased = (_register(served) for _ in range(3))
        served.told(f"/intake/incidents/{linked}/link", "drafter", to=closed, grounds="同一件事")
        served.told(f"/intake/incidents/{voided}/void", "drafter", reason="误登记")
        for number in (voided, erased):  # two, so that every store has events to exchange
            served.told(f"/reporting/incidents/{number}/erase", grounds="期限届满")
        served.settle()
        entries = served.get(f"/reporting/incidents/{closed}/trail").json()
    return Audited(county, closed, linked, voided, entries)


@pytest.fixture(scope="module")
def auditing(audited: Audited, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The same county, running, for questions that change nothing."""
    county = audited.county.copy(tmp_path_factory.mktemp("auditing") / "data")
    with county.up() as served:
        yield served


def test_the_trail_tells_in_order_who_did_what_and_when(audited: Audited, auditing: Served) -> None:
    entries = auditing.county.done("audit", "show", audited.closed)

    assert entries == audited.entries
    assert [(entry["title"], entry["name"], entry["post"]) for entry in entries] == [
        ("登记", "己六", "info_officer"),
        ("开始计时", None, "deadlines"),
        ("定级", "甲一", "info_officer"),
        ("交办", "甲一", "info_officer"),
        ("拟稿", "己六", "info_officer"),
        ("审定", "庚七", "principal_leader"),
        ("发布", "己六", "info_officer"),
        ("按时", None, "deadlines"),
        ("办结", "庚七", "principal_leader"),
    ]
    assert TITLE in entries[0]["what"]
    assert REPLY in entries[4]["what"]
    assert [entry["leaf"] for entry in entries] == sorted({entry["leaf"] for entry in entries})


def test_every_entry_has_three_times_and_they_only_go_forward(audited: Audited) -> None:
    moments = [
        [datetime.fromisoformat(entry[name]) for name in ("recorded_at", "sequenced_at")]
        for entry in audited.entries
    ]
    sequenced = [second for _, second in moments]

    assert all(datetime.fromisoformat(entry["occurred_at"]) for entry in audited.entries)
    assert all(recorded < taken for recorded, taken in moments)
    assert sequenced == sorted(sequenced)
    assert sequenced[-1] - sequenced[0] < timedelta(minutes=5)


def test_an_auditor_recomputes_the_hashes_from_the_bytes(audited: Audited) -> None:
    with closing(sqlite3.connect(audited.county.data / "reporting.db")) as log:
        raw = dict(log.execute("SELECT leaf, raw FROM log"))

    running = hashlib.sha256(b"").digest()
    for entry in audited.entries:
        own = hashlib.sha256(raw[entry["leaf"]])
        running = hashlib.sha256(running + own.digest()).digest()
        assert entry["hash"] == f"sha256:{own.hexdigest()}"
        assert entry["running"] == running.hex()


def test_as_of_shows_the_trail_and_the_ledger_as_they_stood(
    audited: Audited, auditing: Served
) -> None:
    at = {entry["title"]: entry["sequenced_at"] for entry in audited.entries}

    trail = auditing.county.done("audit", "show", audited.closed, "--as-of", at["拟稿"])
    [row] = auditing.county.done("ledger", "--as-of", at["拟稿"])
    [graded] = auditing.get("/reporting/ledger", as_of=_before(at["交办"])).json()
    now = {row["number"]: row["status"] for row in auditing.get("/reporting/ledger").json()}

    assert trail == audited.entries[:5]
    assert (row["number"], row["status"], row["verdict"]) == (audited.closed, "drafted", "running")
    assert (row["published_at"], row["closed_at"]) == (None, None)
    assert (graded["status"], graded["grade"], graded["lead"]) == ("graded", "ordinary", None)
    assert now[audited.closed] == "closed"
    assert len(now) == 4


def test_before_anything_was_heard_there_is_nothing_to_see(
    audited: Audited, auditing: Served
) -> None:
    before = _before(audited.entries[0]["sequenced_at"])

    shown = auditing.county.run("audit", "show", audited.closed, "--as-of", before)
    unclear = auditing.county.run("ledger", "--as-of", "上周")

    assert (shown.status, shown.out) == (1, "")
    assert "(incident.unknown)" in shown.err
    assert auditing.get("/reporting/ledger", as_of=before).json() == []
    assert (unclear.status, unclear.out) == (1, "")
    assert "(time.unreadable)" in unclear.err


def test_a_date_alone_means_its_end_in_beijing(audited: Audited, auditing: Served) -> None:
    today = datetime.fromisoformat(audited.entries[-1]["sequenced_at"]) + timedelta(hours=8)

    whole = auditing.county.done("ledger", "--as-of", f"{today:%Y-%m-%d}")
    before = auditing.get("/reporting/ledger", as_of=f"{today - timedelta(days=1):%Y-%m-%d}")

    assert len(whole) == 4
    assert before.json() == []


def test_the_ledger_is_asked_by_unit_and_by_status_in_code_or_words(
    audited: Audited, auditing: Served
) -> None:
    def numbers(*options: str) -> set[str]:
        return {row["number"] for row in auditing.county.done("ledger", *options)}

    assert numbers("--status", "voided") == {audited.voided}
    assert numbers("--unit", "QH-LX") == {audited.closed}  # it handled with the lead
    assert numbers("--unit", "QH-YZ", "--status", "已并案") == {audited.linked}
    unknown = auditing.county.run("ledger", "--status", "失踪")
    assert (unknown.status, unknown.out) == (1, "")
    assert "(status.unknown)" in unknown.err


def test_an_untouched_record_holds(audited: Audited, tmp_path: Path) -> None:
    county = audited.county.copy(tmp_path / "data")

    [verified] = county.done("audit", "verify")
    compared = county.done("rebuild", "--compare")

    assert verified["holds"]
    assert verified["difference"] is None
    assert verified["leaves"] == sum(verified["events"].values())
    assert set(verified["events"]) == set(ROOMS)
    assert all(table["holds"] for table in compared)
    assert {table["table"] for table in compared} >= {"ledger", "duties", "incidents", "units"}


Spoil = Callable[[sqlite3.Connection], None]

_MIDDLE = (
    "SELECT rowid, state FROM stored_events ORDER BY rowid"
    " LIMIT 1 OFFSET (SELECT (COUNT(*) - 1) / 2 FROM stored_events)"
)


def change_a_byte(store: sqlite3.Connection) -> None:
    """One character of the text of an event becomes another, of the same length."""
    row, raw = store.execute(_MIDDLE).fetchone()
    changed = raw[:-3] + bytes([raw[-3] ^ 1]) + raw[-2:]
    store.execute("UPDATE stored_events SET state = ? WHERE rowid = ?", (changed, row))


def delete_a_row(store: sqlite3.Connection) -> None:
    """An event is gone."""
    row, _ = store.execute(_MIDDLE).fetchone()
    store.execute("DELETE FROM stored_events WHERE rowid = ?", (row,))


def exchange_two(store: sqlite3.Connection) -> None:
    """Two events change places, columns and all."""
    first, second = (
        row for (row,) in store.execute("SELECT rowid FROM stored_events ORDER BY rowid LIMIT 2")
    )
    for old, new in ((first, -1), (second, first), (-1, second)):
        store.execute("UPDATE stored_events SET rowid = ? WHERE rowid = ?", (new, old))


def delete_the_last(store: sqlite3.Connection) -> None:
    """The newest event is gone, as in an older backup."""
    store.execute("DELETE FROM stored_events WHERE rowid = (SELECT MAX(rowid) FROM stored_events)")


IN_EVERY_ROOM = [
    (room, how) for room in ROOMS for how in (change_a_byte, delete_a_row, exchange_two)
]


@pytest.mark.parametrize(("room", "spoil"), [*IN_EVERY_ROOM, ("routing", delete_the_last)])
def test_verify_names_the_first_difference_in_a_store(
    audited: Audited, tmp_path: Path, room: str, spoil: Spoil
) -> None:
    county = audited.county.copy(tmp_path / "data")
    position = _spoiled(county, room, spoil)

    done = county.run("audit", "verify", "--format", "json")

    assert done.status == 1, done
    [verified] = done.rows
    assert verified["holds"] is False
    assert verified["difference"]["place"].split()[0] == f"{room}:{position}"


def change_a_leaf(log: sqlite3.Connection) -> None:
    """One byte of the log is another."""
    (raw,) = log.execute("SELECT raw FROM log WHERE leaf = 9").fetchone()
    changed = raw[:-3] + bytes([raw[-3] ^ 1]) + raw[-2:]
    log.execute("UPDATE log SET raw = ? WHERE leaf = 9", (changed,))


def change_a_running_hash(log: sqlite3.Connection) -> None:
    """The log's hash over everything up to a leaf is another."""
    log.execute("UPDATE log SET running = ? WHERE leaf = 9", ("0" * 64,))


def delete_the_last_leaf(log: sqlite3.Connection) -> None:
    """The newest leaf is gone."""
    log.execute("DELETE FROM log WHERE leaf = (SELECT MAX(leaf) FROM log)")


@pytest.mark.parametrize(
    ("spoil", "place", "code"),
    [
        (change_a_leaf, "log:9", "log.running-hash"),
        (change_a_running_hash, "log:9", "log.running-hash"),
        (delete_the_last_leaf, "reporting:2", "log.missing"),
    ],
)
def test_verify_names_the_first_difference_in_the_log(
    audited: Audited, tmp_path: Path, spoil: Spoil, place: str, code: str
) -> None:
    county = audited.county.copy(tmp_path / "data")
    with closing(sqlite3.connect(county.data / "reporting.db")) as log, log:
        spoil(log)

    done = county.run("audit", "verify", "--format", "json")

    assert done.status == 1, done
    [verified] = done.rows
    assert (verified["difference"]["place"], verified["difference"]["code"]) == (place, code)


def test_verify_tells_a_person_where_the_first_difference_is(
    audited: Audited, tmp_path: Path
) -> None:
    county = audited.county.copy(tmp_path / "data")
    position = _spoiled(county, "routing", change_a_byte)

    done = county.run("audit", "verify")

    assert done.status == 1
    assert f"routing:{position}" in done.err
    assert "处理办法" in done.err


@pytest.mark.parametrize(
    ("room", "table", "change"),
    [
        ("reporting", "ledger", "UPDATE ledger SET grade = 'major' WHERE grade = 'ordinary'"),
        ("intake", "incidents", "UPDATE incidents SET answered = 7"),
    ],
)
def test_rebuild_finds_the_row_that_was_changed(
    audited: Audited, tmp_path: Path, room: str, table: str, change: str
) -> None:
    county = audited.county.copy(tmp_path / "data")
    with closing(sqlite3.connect(county.data / f"{room}.db")) as store, store:
        assert store.execute(change).rowcount > 0

    done = county.run("rebuild", "--compare", "--format", "json")

    assert done.status == 1, done
    [differing] = [row for row in done.rows if not row["holds"]]
    assert (differing["service"], differing["table"]) == (room, table)
    assert differing["difference"]


def _register(served: Served) -> str:
    heard = {"channel": "call", "category": "inquiry_demand", "title": TITLE}
    number: str = served.told("/intake/incidents", "drafter", **heard)["number"]
    served.settle()
    return number


def _lead_to_its_end(served: Served, number: str) -> None:
    acts: list[tuple[str, str, dict[str, Any]]] = [
        ("grade", "bureau", {"grade": "ordinary", "grounds": "个别咨询"}),
        ("assign", "bureau", {"lead": "QH-YZ", "co_handling": ["QH-LX"]}),
        ("draft", "drafter", {"kind": "result", "text": REPLY}),
        ("approve", "approver", {}),
        ("publish", "drafter", {"channel": "message_board"}),
        ("close", "approver", {"note": "已回访"}),
    ]
    for act, by, body in acts:
        served.does(f"/routing/incidents/{number}", act, by, body)
        served.settle()


def _before(moment: str) -> str:
    """The last moment before it."""
    return (datetime.fromisoformat(moment) - timedelta(microseconds=1)).isoformat()


def _spoiled(county: County, room: str, spoil: Spoil) -> int:
    """Spoil a room's events; returns the first position at which they are not what they were."""
    events = "SELECT rowid, state FROM stored_events ORDER BY rowid"
    with closing(sqlite3.connect(county.data / f"{room}.db")) as store, store:
        before = dict(store.execute(events).fetchall())
        spoil(store)
        after = dict(store.execute(events).fetchall())
    return int(min(at for at, raw in before.items() if after.get(at) != raw))
