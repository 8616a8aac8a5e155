"""Events that cannot be applied: set aside with their followers, shown, mended and let through.

Two causes are provoked without touching the program: a row that somebody wrote by hand into
routing's own table, and an old message that names a unit which does not exist yet.
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from huiyin.host.embedded import booted
from services.intake import tables
from shared.clock import SHANGHAI, system_clock
from shared.contracts import catalogue
from shared.contracts.catalogue import Fact
from shared.contracts.envelope import Actor
from shared.contracts.intake import HistoryRecorded, IncidentRegistered
from shared.contracts.sealed import Sealed
from shared.identity.officers import Officers
from shared.room import Surroundings, key_id
from shared.settings import Settings
from shared.store.database import open_tables
from shared.store.store import Store
from shared.store.transaction import By, Stream, Transaction
from shared.vault.keys import load_or_create_wrapping_key
from shared.vault.vault import Vault, open_vault
from tests.journeys.county import County, Served, code
from tests.support.sizes import PATIENCE

POSTED = datetime(2025, 9, 1, tzinfo=UTC)
BY = By(Actor(officer="o-earlier", post="administrator"), POSTED, standing="imported")
NEWER = "intake.incident-annotated.v9"


@dataclass(frozen=True)
class Poison:
    """An incident of which routing cannot apply something, why, and how to mend it."""

    number: str
    incident: str
    type: str
    reason: str
    mend: Callable[[], object]


def a_row_written_by_hand(county: County) -> Callable[[Served], Poison]:
    """The number that will be given next is taken already in routing's table."""
    with closing(sqlite3.connect(county.data / "routing.db")) as store, store:
        number = f"QINGHE-{datetime.now(SHANGHAI).year}-000001"
        row = (str(uuid4()), number, "QH-YZ", 0)
        store.execute("INSERT INTO incidents (id, number, unit, answered) VALUES (?, ?, ?, ?)", row)

    def mend() -> None:
        with closing(sqlite3.connect(county.data / "routing.db", timeout=10)) as store, store:
            store.execute("DELETE FROM incidents WHERE id = ?", (row[0],))

    def meet(served: Served) -> Poison:
        answer = _register(served)
        assert answer["number"] == number
        what = IncidentRegistered.TYPE
        return Poison(number, answer["incident"], what, "incidents.number", mend)

    return meet


def a_unit_not_known_yet(county: County) -> Callable[[Served], Poison]:
    """An old message of a unit that nobody established; intake's store has it, well chained."""
    incident, number = uuid4(), f"QINGHE-{datetime.now(SHANGHAI).year}-000001"
    with intake_store(county) as (store, vault):
        vault.ensure([key_id(incident, "matter"), key_id(incident, "reply")])
        store.write_now(lambda tx: _old_message(tx, incident, number))

    def meet(served: Served) -> Poison:
        def mend() -> None:
            served.told("/routing/units", code="QH-NEW", name="青禾县新建小学")

        what = HistoryRecorded.TYPE
        return Poison(number, str(incident), what, "QH-NEW", mend)

    return meet


@pytest.mark.parametrize("provoke", [a_row_written_by_hand, a_unit_not_known_yet])
def test_poison_waits_with_its_followers_until_it_is_mended_and_holds_up_nobody_else(
    county: County, provoke: Callable[[County], Callable[[Served], Poison]]
) -> None:
    meet = provoke(county)
    with county.up() as served:
        poison = meet(served)
        other = _register(served)["number"]
        served.told(f"/intake/incidents/{poison.number}/void", reason="误登记")
        served.settle()

        _check_that_it_is_shown(county, poison)
        _check_that_others_go_on(served, other)
        _check_that_it_stays_until_mended(served, poison)

        poison.mend()
        released = county.run("release", "routing", poison.incident)
        assert released.status == 0, released
        served.settle()

        assert county.run("doctor").status == 0
        assign = served.post(f"/routing/incidents/{poison.number}/assign", lead="QH-YZ")
        assert code(assign) == (409, "incident.voided")
        assert served.row(poison.number)["status"] == "voided"
        trail = served.get(f"/reporting/incidents/{poison.number}/trail").json()
        assert "放行搁置事件" in [entry["title"] for entry in trail]
        assert served.post("/operations/verify").json()["holds"]
        assert all(table["holds"] for table in served.post("/operations/rebuild").json())


def _check_that_it_is_shown(county: County, poison: Poison) -> None:
    seen = county.run("doctor", "--format", "json")
    assert seen.status == 1, seen
    [report] = seen.rows
    parked = {room["service"]: room["parked"] for room in report["rooms"] if room["parked"]}
    assert list(parked) == ["routing"]
    [matter] = parked["routing"]
    assert (matter["upstream"], matter["matter"]) == ("intake", poison.incident)
    assert (matter["type"], matter["events"]) == (poison.type, 2)
    assert poison.reason in matter["reason"]
    [finding] = [each for each in report["findings"] if each["level"] == "error"]
    assert finding["place"].startswith("routing<intake:")
    assert f"huiyin release routing {poison.incident}" in finding["remedy"]


def _check_that_others_go_on(served: Served, number: str) -> None:
    graded = served.post(f"/routing/incidents/{number}/grade", grade="major", grounds="多人反映")
    assert graded.is_success, graded.text
    assert served.row(number)["status"] == "graded"


def _check_that_it_stays_until_mended(served: Served, poison: Poison) -> None:
    early = served.county.run("release", "routing", poison.incident)
    assert (early.status, early.out) == (1, ""), early
    order = {"room": "routing", "matter": poison.incident}
    officer = served.post("/operations/release", "bureau", **order)
    assert code(officer) == (403, "post.not-competent")
    rooms = served.get("/operations/doctor").json()["rooms"]
    [parked] = next(room["parked"] for room in rooms if room["service"] == "routing")
    assert parked["events"] == 2


class IncidentAnnotated(Fact):
    """What a newer release writes; no release that runs here knows it."""

    TYPE = NEWER

    note: str


@pytest.fixture
def known_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """This process, and no other, is the newer release."""
    monkeypatch.setitem(catalogue._facts, NEWER, IncidentAnnotated)


@pytest.fixture
def anyio_backend() -> str:
    """The loop that the stores need."""
    return "asyncio"


@pytest.mark.anyio
@pytest.mark.usefixtures("known_here")
async def test_an_event_of_a_newer_release_stops_the_projections_and_loses_nothing(
    county: County,
) -> None:
    with county.up() as served:
        first = _register(served)
        served.settle()
    with intake_store(county) as (store, _):
        store.write_now(lambda tx: _annotate(tx, UUID(first["incident"])))

    with county.up() as served:
        findings = _errors(served)
        second = _register(served)["number"]
        graded = served.post(
            f"/routing/incidents/{first['number']}/grade", grade="major", grounds="多人反映"
        )
        _await_leaves(county, "intake", 3)
        verified = served.post("/operations/verify").json()
        rows = served.get("/reporting/ledger").json()

    assert set(findings) == {
        "routing follows intake",
        "deadlines follows intake",
        "reporting follows log",
    }
    for finding in findings.values():
        assert NEWER in finding["message"]
        assert "升级" in finding["remedy"]
    assert graded.is_success, graded.text
    assert verified["holds"]
    assert [row["number"] for row in rows] == [first["number"]]  # it stands still, and says so

    async with booted(_settings(county), "QINGHE") as upgraded:
        await upgraded.settle()
    await asyncio.to_thread(_check_that_all_is_there, county, first["number"], second)


def test_a_stopped_county_says_which_event_it_cannot_read_and_can_still_be_verified(
    county: County,
) -> None:
    with county.up() as served:
        first = _register(served)
        served.settle()
    with intake_store(county) as (store, _):
        store.write_now(lambda tx: _annotate(tx, UUID(first["incident"])))

    doctor = county.run("doctor", "--format", "json")
    verified = county.run("audit", "verify")

    assert doctor.status == 1, doctor
    errors = [each for each in doctor.rows[0]["findings"] if each["level"] == "error"]
    assert any(NEWER in each["message"] and "升级" in each["remedy"] for each in errors)
    assert verified.status == 0, verified


def _check_that_all_is_there(county: County, first: str, second: str) -> None:
    statuses = {row["number"]: row["status"] for row in county.done("ledger")}
    assert statuses == {first: "graded", second: "registered"}
    titles = [entry["title"] for entry in county.done("audit", "show", first)]
    assert titles == ["登记", "开始计时", NEWER, "定级"]


@contextmanager
def intake_store(county: County) -> Iterator[tuple[Store, Vault]]:
    """Intake's store and the vault of a stopped county, opened as a room opens them."""
    data = county.data
    vault = open_vault(
        str(data / "vault.db"), load_or_create_wrapping_key(data / "keys" / "wrapping.key")
    )
    officers = Officers(open_tables(str(data), "identity"))
    around = Surroundings(str(data), "QINGHE", system_clock, vault, officers)
    store = around.open_store("intake", tables.MODEL.schema)
    try:
        yield store, vault
    finally:
        store.recorder.close()
        officers.close()
        vault.close()


def _register(served: Served) -> dict[str, Any]:
    heard = {"channel": "call", "category": "inquiry_demand", "title": "课本还差两本没有发"}
    return served.told("/intake/incidents", "drafter", **heard)


def _old_message(tx: Transaction, incident: UUID, number: str) -> None:
    registered = IncidentRegistered(
        number=number,
        channel="import",
        category="",
        title=Sealed.of("新建小学门口没有斑马线", subject="matter"),
        body=None,
        contact=None,
        link=None,
        posted_at=POSTED,
        discovered_at=None,
        message_id="OLD-1",
    )
    history = HistoryRecorded(
        number=number,
        posted_at=POSTED,
        unit="QH-NEW",
        named="青禾县新建小学",
        reply=Sealed.of("已划线。", subject="reply"),
        replied_at=POSTED,
        left_open=False,
    )
    matter = Stream("incident", incident, "QINGHE", incident)
    tables.MODEL.note(tx.sql, tx.append(matter, [registered, history], BY).events)


def _annotate(tx: Transaction, incident: UUID) -> None:
    tx.append(
        Stream("incident", incident, "QH-YZ", incident),
        [IncidentAnnotated(note="新版本才有的内容")],
        By(Actor(officer="o-newer", post="info_officer"), tx.now),
    )


def _errors(served: Served) -> dict[str, dict[str, str]]:
    """What the doctor calls an error, by place, once three parts have stopped."""
    deadline = time.monotonic() + PATIENCE
    while True:
        done = served.county.run("doctor", "--format", "json")
        errors = [each for each in done.rows[0]["findings"] if each["level"] == "error"]
        if len(errors) >= 3 or time.monotonic() > deadline:
            assert done.status == (1 if errors else 0)
            return {each["place"]: each for each in errors}


def _await_leaves(county: County, source: str, count: int) -> None:
    """Until the log holds so many events of a service."""
    deadline = time.monotonic() + PATIENCE
    with closing(sqlite3.connect(county.data / "reporting.db")) as log:
        query = "SELECT COUNT(*) FROM log WHERE source = ?"
        while log.execute(query, (source,)).fetchone()[0] < count:
            assert time.monotonic() < deadline, f"the log did not take {count} events of {source}"
            time.sleep(0.02)


def _settings(county: County) -> Settings:
    return Settings.from_environment({"HUIYIN_DATA": str(Path(county.data))})
