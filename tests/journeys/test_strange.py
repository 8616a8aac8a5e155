"""Showing can never fail: strange moments, damaged entries and lost keys spoil one field each.

Such events are put straight into the stores of a stopped county, as an earlier release took them or
a broken disk leaves them. Then it runs, and everything that can be read of it is asked for.
"""

import csv
import io
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from python_calamine import CalamineWorkbook

from shared.acts.vocabulary import MINE
from shared.clock import UNSHOWN, system_clock
from shared.contracts.catalogue import Fact
from shared.contracts.deadlines import DutyExtended
from shared.contracts.envelope import Actor, Standing
from shared.contracts.intake import (
    HistoryRecorded,
    IncidentRegistered,
    RegistrationCorrected,
    ShiftWorked,
)
from shared.contracts.routing import FactsVerified, MatterCalmed, ReplyPublished
from shared.contracts.sealed import Sealed
from shared.copies.units import unit_id
from shared.identity.officers import Officers
from shared.room import SUBJECTS, Surroundings, key_id
from shared.store.database import open_tables
from shared.store.transaction import By, Stream
from shared.vault.keys import load_or_create_wrapping_key
from shared.vault.vault import open_vault
from tests.journeys.county import County, Served

LAST = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
FIRST = datetime(1, 1, 1, tzinfo=UTC)
SAID = {"channel": "call", "category": "inquiry_demand"}
TITLES = {
    "good": "校车停运两天",
    "moments": "运动会改期通知",
    "damaged": "食堂饭菜变凉",
    "missing": "操场灯光太亮",
    "moved": "课本还差两本",
    "old": "路灯一直不亮",
    "old-broken": "井盖松动很久",
}
"""What each matter of the county is called."""

WORDS = [*TITLES.values(), "请问何时恢复", "已经派车处理", "老答复甲", "老答复乙"]
"""Everything that people said; none of it may stand in a log."""

LOST = {"damaged": "密钥损坏", "missing": "密钥缺失", "moved": "密文核验不符"}
"""Matters whose title nobody can read, and what stands in its place."""


@dataclass(frozen=True)
class Strange:
    """The running county, its matters by name, and a page reader who is signed in."""

    served: Served
    numbers: dict[str, str]
    pages: httpx2.Client

    def lines(self) -> dict[str, dict[str, Any]]:
        """The ledger's rows by the name of their matter."""
        rows = self.served.get("/reporting/ledger").json()
        names = {number: name for name, number in self.numbers.items()}
        return {names[row["number"]]: row for row in rows}


@pytest.fixture(scope="module")
def strange(founded: County, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Strange]:
    county = founded.copy(tmp_path_factory.mktemp("strange") / "data")
    with county.up() as served:
        numbers, ids = registered(served)
    spoil_moments(county, numbers, ids)
    with county.up() as served:
        served.settle()
    spoil_keys(county, ids)
    spoil_words(county, ids["moved"])
    with county.up() as served:
        served.settle()
        yield Strange(served, numbers, signed_in(served))


def registered(served: Served) -> tuple[dict[str, str], dict[str, UUID]]:
    """Every matter that is no old message, one of them answered."""
    numbers, ids = {}, {}
    for name, title in TITLES.items():
        if not name.startswith("old"):
            said = served.told(
                "/intake/incidents", "drafter", **SAID, title=title, body="请问何时恢复"
            )
            numbers[name], ids[name] = said["number"], UUID(said["incident"])
    served.settle()
    path = f"/routing/incidents/{numbers['good']}"
    draft = served.told(f"{path}/draft", "drafter", kind="result", text="已经派车处理")
    served.told(f"{path}/approve", "approver", draft=draft["draft"])
    served.told(f"{path}/publish", "approver", draft=draft["draft"], channel="call")
    served.settle()
    return numbers, ids


def spoil_moments(county: County, numbers: dict[str, str], ids: dict[str, UUID]) -> None:
    """Events whose moments cannot be, as nobody could record them today."""
    year = datetime.now(UTC).year
    for place, name in enumerate(("old", "old-broken"), 500):
        numbers[name], ids[name] = f"QINGHE-{year}-{place:06d}", uuid4()
        say(county, "intake", matter(ids[name]), *old(numbers[name], name), at=LAST, imported=True)
    corrected = RegistrationCorrected(
        grounds="写错了", occurred_at=FIRST, posted_at=LAST, discovered_at=FIRST, planned_at=LAST
    )
    say(county, "intake", matter(ids["moments"]), corrected, at=FIRST)
    shift = ShiftWorked(begins=FIRST, ends=LAST)
    say(county, "intake", Stream("unit-day", day := unit_id("QH-YZ"), "QH-YZ", day), shift, at=LAST)
    case = Stream("case", ids["moments"], "QH-YZ", ids["moments"])
    published = ReplyPublished(
        draft=None,
        kind="interim",
        channel="call",
        named_unit="青禾县第一中学",
        text=Sealed.of("已经派车处理", subject="reply"),
        content="hmac-sha256:00",
        promised=LAST,
    )
    say(county, "routing", case, FactsVerified(unit="QH-YZ"), published, at=LAST)
    say(county, "routing", case, MatterCalmed(), at=FIRST)
    docket = Stream("docket", ids["moments"], "QH-YZ", ids["moments"])
    say(county, "deadlines", docket, DutyExtended(of="X.1", until=LAST), at=LAST)


def matter(incident: UUID) -> Stream:
    return Stream("incident", incident, "QH-YZ", incident)


def old(number: str, name: str) -> tuple[Fact, Fact]:
    """An old message from the end of all time, answered at its beginning."""
    registered = IncidentRegistered(
        number=number,
        channel="import",
        category="inquiry_demand",
        title=Sealed.of(TITLES[name], subject="matter"),
        body=None,
        contact=None,
        link=None,
        posted_at=LAST,
        discovered_at=None,
        message_id=name,
    )
    reply = {"old": "老答复甲", "old-broken": "老答复乙"}[name]
    history = HistoryRecorded(
        number=number,
        posted_at=LAST,
        unit="QH-YZ",
        named="青禾县第一中学",
        reply=Sealed.of(reply, subject="reply"),
        replied_at=FIRST,
        left_open=False,
    )
    return registered, history


def say(
    county: County, room: str, stream: Stream, *facts: Fact, at: datetime, imported: bool = False
) -> None:
    """Put facts into a room's store, however strange they are."""
    standing: Standing = "imported" if imported else "live"
    by = By(Actor(officer="o-earlier", post="info_officer"), at, standing=standing)
    with surrounded(county) as around:
        around.vault.ensure([key_id(stream.id, subject) for subject in SUBJECTS])
        store = around.open_store(room)
        try:
            store.write_now(lambda tx: tx.append(stream, facts, by))
        finally:
            store.recorder.close()


@contextmanager
def surrounded(county: County) -> Iterator[Surroundings]:
    """What rooms of a stopped county are given."""
    data = county.data
    key = load_or_create_wrapping_key(data / "keys" / "wrapping.key")
    officers = Officers(open_tables(str(data), "identity"))
    with closing(open_vault(str(data / "vault.db"), key)) as vault, closing(officers):
        yield Surroundings(str(data), "QINGHE", system_clock, vault, officers)


def spoil_keys(county: County, ids: dict[str, UUID]) -> None:
    """One key's wrapped bytes are damaged, another is not there."""
    with closing(sqlite3.connect(county.data / "vault.db")) as vault, vault:
        damaged = [key_id(ids["damaged"], "matter"), key_id(ids["old-broken"], "reply")]
        for each in damaged:
            statement = "UPDATE data_key SET wrapped = zeroblob(40) WHERE key_id = ?"
            assert vault.execute(statement, (each,)).rowcount == 1
        missing = key_id(ids["missing"], "matter")
        assert vault.execute("DELETE FROM data_key WHERE key_id = ?", (missing,)).rowcount == 1


def spoil_words(county: County, incident: UUID) -> None:
    """Another key than the one that sealed: what is sealed does not open."""
    with surrounded(county) as around:
        key = key_id(incident, "matter")
        with closing(sqlite3.connect(county.data / "vault.db")) as vault, vault:
            vault.execute("DELETE FROM data_key WHERE key_id = ?", (key,))
        around.vault.ensure([key])


def signed_in(served: Served) -> httpx2.Client:
    """A reader of pages."""
    client = httpx2.Client(base_url=served.client.base_url, timeout=60, follow_redirects=True)
    page = client.get("/sign-in")
    [form] = re.findall(r'name="form" value="([^"]+)"', page.text)
    token = served.county.token("bureau")
    done = client.post("/sign-in", data={"form": form, "token": token})
    assert "归档台账" in done.text
    return client


def test_every_matter_stands_in_the_ledger_and_only_lost_titles_are_marked(
    strange: Strange,
) -> None:
    lines = strange.lines()

    assert lines.keys() == TITLES.keys()
    for name, line in lines.items():
        assert line["title"] == (f"{UNSHOWN}{LOST[name]}）" if name in LOST else TITLES[name])
        assert (line["unit"], line["category"]) == ("QH-YZ", "inquiry_demand")
        assert line["status"]
    assert lines["good"]["status"] == "published"
    assert datetime.fromisoformat(lines["moments"]["posted_at"]) == LAST
    assert not any(line["erased"] for line in lines.values())


def test_every_line_of_a_trail_is_there_and_what_cannot_be_shown_is_marked(
    strange: Strange,
) -> None:
    trails = {
        name: strange.served.get(f"/reporting/incidents/{number}/trail").json()
        for name, number in strange.numbers.items()
    }

    told = {entry["title"]: entry for entry in trails["moments"]}
    assert f"发帖改为 {UNSHOWN}9999-12-31T23:59:59+00:00）" in told["更正"]["what"]
    assert "发生改为 1-01-01 08:00:00" in told["更正"]["what"].replace("0001", "1")
    assert "写错了" in told["更正"]["what"]
    assert f"{UNSHOWN}9999-12-31T23:59:59+00:00）" in told["发布"]["what"]
    assert "已经派车处理" in told["发布"]["what"]
    assert f"{UNSHOWN}9999-12-31T23:59:59+00:00）" in told["延期"]["what"]
    assert {"登记", "核实", "平息"} <= told.keys()
    for name, mark in LOST.items():
        [entry] = [each for each in trails[name] if each["title"] == "登记"]
        assert f"标题：{UNSHOWN}{mark}）" in entry["what"]
        assert strange.numbers[name] in entry["what"]
    [broken] = [each for each in trails["old-broken"] if each["title"] == "发布"]
    assert f"{UNSHOWN}密钥损坏）" in broken["what"]


def test_no_route_that_reads_fails(strange: Strange) -> None:
    described = strange.served.get("/openapi.json").json()["paths"]
    asked = [path for path, ways in described.items() if "get" in ways]

    assert len(asked) >= 20
    for path in asked:
        for name in strange.numbers.values() if "{incident}" in path else ("QH-YZ",):
            address = re.sub(r"\{\w+\}", name, path)
            answer = strange.served.get(address)
            assert answer.status_code < 500, (address, answer.text)
            for then in ("9999-12-31T23:59:59Z", "9999-12-31", "0001-01-01", "0001-01-01T00:00Z"):
                old = strange.served.get(address, as_of=then, at=then, **{"from": then, "to": then})
                assert old.status_code < 500, (address, then, old.text)


def test_no_question_that_is_put_by_post_fails(strange: Strange) -> None:
    for format_ in ("json", "csv", "xlsx"):
        review = strange.served.post("/reporting/reviews/imported", format=format_)
        assert review.is_success, review.text
    told = strange.served.post("/reporting/reviews/imported").json()
    assert (told["messages"], told["duties"][0]["total"]["unreadable"]) == (2, 1)
    for path in ("/operations/verify", "/operations/rebuild"):
        answer = strange.served.post(path)
        assert answer.is_success, answer.text
    assert strange.served.post("/operations/verify").json()["holds"]


def test_every_page_is_made_and_has_all_its_lines(strange: Strange) -> None:
    ledger = strange.pages.get("/")
    for name, number in strange.numbers.items():
        assert number in ledger.text
        assert name in LOST or TITLES[name] in ledger.text
        page = strange.pages.get(f"/incidents/{number}")
        assert page.status_code == 200, (name, page.text)
    for address in (
        "/?q=运动会",
        "/?q=无法显示",
        "/?order=due",
        "/?as_of=9999-12-31T23:59:59Z",
        "/?as_of=0001-01-01T00:00:00Z",
        "/duties",
        "/duties?by=unit",
        "/duties?history=1",
        f"/incidents/{strange.numbers['moments']}?size=5",
        f"/incidents/{strange.numbers['moments']}?as_of=9999-12-31T23:59:59Z",
    ):
        page = strange.pages.get(address)
        assert page.status_code == 200, (address, page.text)
    assert strange.numbers["moments"] in strange.pages.get("/?q=运动会").text
    assert strange.numbers["damaged"] not in strange.pages.get("/?q=无法显示").text


def test_every_file_that_leaves_the_house_has_all_its_rows(strange: Strange) -> None:
    numbers = set(strange.numbers.values())
    for way in (strange.served.client, strange.pages):
        headers = {"Authorization": f"Bearer {strange.served.county.token(None)}"}
        base = "/reporting" if way is strange.served.client else ""
        text = way.get(f"{base}/ledger.csv", headers=headers if base else {})
        rows = list(csv.reader(io.StringIO(text.content.decode("utf-8-sig"))))
        assert {row[0] for row in rows if row} >= numbers
        book = way.get(f"{base}/ledger.xlsx", headers=headers if base else {})
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(book.content)).get_sheet_by_index(0)
        assert {row[0] for row in sheet.to_python()} >= numbers
    whole = strange.served.get("/reporting/ledger.json").json()
    assert {row["number"] for row in whole["rows"]} == numbers
    assert whole["erased"] == []


def test_no_command_that_lists_or_exports_fails(strange: Strange, tmp_path: Path) -> None:
    county, number = strange.served.county, strange.numbers["moments"]
    for command in (
        ("ledger",),
        ("ledger", "--format", "xlsx", "--output", tmp_path / "ledger.xlsx"),
        ("audit", "show", number),
        ("audit", "show", strange.numbers["damaged"]),
        ("audit", "verify"),
        ("case", number),
        ("case", strange.numbers["missing"]),
        ("duties",),
        ("findings",),
        ("statistics",),
        ("events",),
        ("review", "imported"),
        ("units",),
        ("officers",),
        ("pack", "in-force"),
    ):
        done = county.run(*command)
        assert "Traceback" not in done.err, (command, done.err)
        assert done.status == 0, (command, done)


def test_nothing_is_set_aside_and_new_acts_go_on(strange: Strange) -> None:
    doctor = strange.served.get("/operations/doctor").json()
    assert [room["parked"] for room in doctor["rooms"] if room["parked"]] == []
    for name in ("good", "moments", "damaged"):
        note = strange.served.post(
            f"/intake/incidents/{strange.numbers[name]}/acts/note", "drafter", kind="facts"
        )
        assert note.is_success, (name, note.text)
    zero = strange.served.post(f"/intake/units/{MINE}/acts/zero_report", "drafter")
    assert zero.is_success, zero.text
    strange.served.settle()


def test_each_thing_is_logged_once_and_without_words(strange: Strange) -> None:
    strange.served.get("/reporting/ledger")
    log = strange.served.county.data.with_suffix(".log").read_text(encoding="utf-8")

    noted = [line for line in log.splitlines() if "cannot be shown" in line]
    for code in ("vault.key-damaged", "vault.key-missing", "vault.unreadable", "time.unshown"):
        assert [line for line in noted if code in line], code
    assert len(noted) == len(set(map(_without_time, noted)))
    assert not [word for word in WORDS if word in log]


def _without_time(line: str) -> str:
    return re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "", line, count=1)
