"""Importing files as people have them, by the real command line."""

import csv
import json
import os
import pty
import signal
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from huiyin.importing.rejected import ADDED
from huiyin.importing.source import look_through
from tests.importing.files import FIRST, HEADINGS, SECOND, csv_file, csv_text, workbook
from tests.journeys.county import PROGRAM, REPOSITORY, County, Done, Served, code
from tests.journeys.test_import import BAD, HEADING, messages, outcomes
from tests.support.sizes import PATIENCE

BAD_ROWS = REPOSITORY.parent / "shared" / "data" / "bad-rows.csv"
MAP = [
    *("--map", "source_id=编号", "--map", "posted_raw=留言时间"),
    *("--map", "replied_raw=replied_at", "--map", "note=类别"),
]
RATHER_MANY = 3_000


def refused(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The refused rows of an import told to programs."""
    [found] = [row["rows"] for row in rows if row["outcome"] == "refused"]
    assert isinstance(found, list)
    return found


def told(done: Done) -> tuple[int, dict[str, int], set[str]]:
    """Exit status, outcomes and error codes."""
    return done.status, outcomes(done.rows), {each["code"] for each in refused(done.rows)}


def numbered(count: int, prefix: str = "N") -> list[tuple[str, ...]]:
    """As many messages."""
    return [(f"{prefix}-{n}", f"第 {n} 件", *FIRST[2:]) for n in range(count)]


class TestForms:
    @pytest.mark.parametrize("encoding", ["gbk", "utf-8-sig", "utf-16"])
    def test_a_file_in_any_usual_encoding_comes_in(
        self, served: Served, tmp_path: Path, encoding: str
    ) -> None:
        rows = [(f"{encoding}-1", *FIRST[1:]), (f"{encoding}-2", *SECOND[1:])]
        file = csv_file(tmp_path / "留言.csv", rows, encoding=encoding)

        done = served.county.done("import", file, "--unit", "QH-LX")
        served.settle()

        assert outcomes(done) == {"imported": 2, "known": 0, "refused": 0}
        ledger = [r for r in served.get("/reporting/ledger").json() if r["unit"] == "QH-LX"]
        assert [row["title"] for row in ledger[-2:]] == [FIRST[1], SECOND[1]]
        assert ledger[-1]["lead"] == "QH-YZ"

    def test_a_workbook_comes_in_with_its_numbers_as_text(
        self, served: Served, tmp_path: Path
    ) -> None:
        moment = datetime(2025, 9, 1, 8)  # noqa: DTZ001 - as in a cell
        rows = [HEADINGS, (66237, "=1+1", moment, "", "", "", ""), ("00123", *FIRST[1:])]
        file = workbook(tmp_path / "留言.xlsx", 留言=rows, 说明=[("甲", "乙"), ("丙", "丁")])

        unclear = served.county.run("import", file)
        dry = served.county.done("import", file, "--sheet", "留言", "--dry-run")
        done = served.county.done("import", file, "--sheet", "留言")

        assert "(import.sheet-unclear)" in unclear.err
        [first, second] = dry[0]["rows"]
        assert (first["message_id"], first["title"], second["message_id"]) == (
            "66237",
            "=1+1",
            "00123",
        )
        assert first["posted_at"] == "2025-09-01T00:00:00+00:00"
        assert outcomes(done)["imported"] == 2

    def test_a_file_that_cannot_be_understood_is_refused_before_anything_is_imported(
        self, served: Served, tmp_path: Path
    ) -> None:
        before = served.get("/reporting/ledger").json()
        headless = messages(tmp_path / "h.csv", "H-1,,路灯", heading="message_id,category,title")
        late, quotes = tmp_path / "late.csv", tmp_path / "quotes.csv"
        late.write_bytes(f"{HEADING}\nH-1,,路灯,2025-09-01,,,,\n".encode() + b"\xff\n")
        quotes.write_text(f'{HEADING}\nH-1,,路灯,2025-09-01,,,,\nH-2,,"灯\n', encoding="utf-8")
        expected = {
            headless: ("import.column-missing", "posted_at"),
            late: ("import.encoding-unclear", "第 3 行"),
            quotes: ("import.quotes-broken", "第 3 行"),
            tmp_path / "absent.csv": ("import.unreadable", "absent.csv"),
        }

        for file, (problem, said) in expected.items():
            done = served.county.run("import", file)
            assert (done.status, done.out) == (1, "")
            assert f"({problem})" in done.err
            assert said in done.err

        served.settle()
        assert served.get("/reporting/ledger").json() == before


class TestFieldMap:
    def test_what_is_said_of_the_columns_is_kept_for_the_unit(
        self, served: Served, tmp_path: Path
    ) -> None:
        file = csv_file(
            tmp_path / "a.csv", [("K-1", "题", "2025/9/1")], headings=("号", "题名", "时刻")
        )
        given = ("--map", "号=编号", "--map", "题名=title", "--map", "时刻=留言时间")
        order = ("import", file, "--unit", "QH-LXXX")

        before = served.county.run(*order)
        preview = served.county.run(*order, *given, "--dry-run")
        still = served.county.run(*order)
        first = served.county.run(*order, *given)
        second = served.county.run(*order)
        elsewhere = served.county.run("import", file, "--unit", "QH-YZ")

        for done in (before, still, elsewhere):
            assert "(import.column-missing)" in done.err
            assert "号、题名、时刻" in done.err
        assert preview.status == first.status == second.status == 0
        assert "列名对照已为 QH-LXXX 保存" in first.out
        assert "列名对照" not in second.out
        kept = served.get("/intake/field-maps/QH-LXXX").json()
        assert kept["columns"] == {"号": "message_id", "题名": "title", "时刻": "posted_at"}

    def test_it_is_read_and_kept_by_those_who_may_import(self, served: Served) -> None:
        path = "/intake/field-maps/QH-LX"
        headers = {"Authorization": f"Bearer {served.county.token('drafter')}"}

        read = served.get(path, by="drafter")
        kept = served.client.put(path, json={"columns": {"题": "title"}}, headers=headers)
        wrong = served.client.put(
            "/intake/field-maps/QH-YZ", json={"columns": {"谁": "poster"}}, headers=headers
        )

        assert code(read) == code(kept) == (403, "unit.not-yours")
        assert wrong.status_code == 422

    def test_it_is_a_fold_of_events(self, served: Served) -> None:
        headers = {"Authorization": f"Bearer {served.county.token(None)}"}
        columns = {"columns": {"题": "title", "文": "body"}}
        served.client.put("/intake/field-maps/QH-YZ", json=columns, headers=headers)

        compared = served.county.done("rebuild", "--compare")

        [maps] = [table for table in compared if table["table"] == "field_maps"]
        assert maps["holds"]
        assert maps["live"] >= 2


class TestDryRun:
    def test_it_foresees_everything_and_stores_nothing(
        self, served: Served, tmp_path: Path
    ) -> None:
        again = "B-1,,路灯不亮,2025-09-01 08:00,,,,"
        file = messages(
            tmp_path / "bad.csv", again, *BAD, again, "B-1,,换了标题,2025-09-01 08:00,,,,"
        )
        order = ("import", file, "--unit", "QH-LX", "--format", "json")
        served.settle()
        before = served.get("/reporting/ledger").json()

        dry = served.county.run(*order, "--dry-run")
        served.settle()
        after = served.get("/reporting/ledger").json()
        done = served.county.run(*order)
        known = served.county.run(*order, "--dry-run")

        assert after == before
        assert told(dry) == told(done)
        assert told(done)[1] == {"imported": 1, "known": 1, "refused": 7}
        assert refused(dry.rows) == refused(done.rows)
        assert told(known)[1] == {"imported": 0, "known": 2, "refused": 7}

    def test_duplicates_far_apart_in_the_file_are_foreseen(
        self, served: Served, tmp_path: Path
    ) -> None:
        rows = [*numbered(450, "F"), *numbered(1, "F"), ("F-1", "换了标题", *FIRST[2:])]
        file = csv_file(tmp_path / "far.csv", rows)

        dry = served.county.run("import", file, "--dry-run", "--format", "json")

        assert told(dry) == (1, {"imported": 450, "known": 1, "refused": 1}, {"message.differs"})
        assert "第 3 行" in refused(dry.rows)[0]["message"]

    def test_a_person_sees_the_columns_and_the_first_rows(
        self, served: Served, tmp_path: Path
    ) -> None:
        headings = (*HEADINGS, "网名")
        rows = [("D-1", *FIRST[1:], "某某"), ("D-2", "只有日期", "2025/9/1", "", "", "", "", "")]
        file = csv_file(tmp_path / "d.csv", rows, headings=headings, encoding="gbk")

        done = served.county.run("import", file, "--dry-run")

        assert done.status == 0
        for said in (
            "GB18030",
            "留言主题 → 标题",
            "不导入的列：网名",
            "D-1",
            "2025-09-01 08:00:00",
        ):
            assert said in done.out
        assert "2025-09-01（只有日期）" in done.out
        assert "什么也没有保存" in done.out
        assert "某某" not in done.out
        assert list(tmp_path.glob("*未导入*")) == []


class TestRejected:
    def test_rejected_rows_are_mended_and_imported_again(
        self, served: Served, tmp_path: Path
    ) -> None:
        file = csv_file(
            tmp_path / "留言.csv",
            [
                ("R-1", "=路灯", "2025/9/1 8:00", "好的", "", "", "", "甲"),
                ("R-2", "=井盖", "上星期", "正文,有逗号\n有换行", "", "", "", "乙"),
                ("1.5E+15", "+栏杆", "2025/9/1 8:00", "", "", "", "", "丙"),
            ],
            headings=(*HEADINGS, "网名"),
        )
        place = tmp_path / "留言.csv.未导入.csv"

        first = served.county.run("import", file, "--format", "json")
        rows = written(place)
        for row, mended in zip(rows[1:], ("2025/9/1 9:00", "2025/9/1 8:00"), strict=True):
            row[len(ADDED) + 2] = mended
        rows[2][len(ADDED)] = "R-3"
        place.write_text(csv_text(rows[1:], rows[0]), encoding="gbk", newline="")
        second = served.county.run("import", place, "--format", "json")
        served.settle()

        assert told(first)[1] == {"imported": 1, "known": 0, "refused": 2}
        assert [row[:3] for row in rows[1:]] == [
            ["3", "留言时间", "time.unreadable"],
            ["4", "留言编号", "message-id.turned-into-number"],
        ]
        assert rows[1][-1] == "乙"
        assert told(second)[1] == {"imported": 2, "known": 0, "refused": 0}
        titles = [row["title"] for row in served.get("/reporting/ledger").json()]
        assert {"=路灯", "=井盖", "+栏杆"} <= set(titles)
        assert place.exists()
        assert list(tmp_path.glob("*未导入2*")) == []

    def test_nothing_is_left_when_everything_came_in_at_last(
        self, served: Served, tmp_path: Path
    ) -> None:
        rows = [("S-1", "路灯", "上星期", "", "", "", "")]
        file = csv_file(tmp_path / "留言.csv", rows)
        served.county.run("import", file)
        assert (tmp_path / "留言.csv.未导入.csv").exists()

        csv_file(file, [("S-1", "路灯", "2025/9/1", "", "", "", "")])
        done = served.county.run("import", file)

        assert done.status == 0
        assert sorted(tmp_path.iterdir()) == [file]

    def test_a_place_that_cannot_be_written_is_said_before_anything_is_imported(
        self, served: Served, tmp_path: Path
    ) -> None:
        file = csv_file(tmp_path / "留言.csv", [("T-1", *FIRST[1:])])

        done = served.county.run("import", file, "--rejected", tmp_path / "absent" / "bad.csv")
        after = served.county.run("import", file, "--dry-run", "--format", "json")

        assert done.status == 1
        assert "(import.rejected-unwritable)" in done.err
        assert outcomes(after.rows)["imported"] == 1

    def test_every_kind_of_bad_cell_is_refused_with_its_code(
        self, served: Served, tmp_path: Path
    ) -> None:
        time_ = "2025/9/1 8:00"
        expected = {
            ("", "路灯", time_, "", "", ""): "import.cell-missing",
            ("U-2", "路灯", "3/9/2011", "", "", ""): "time.unreadable",
            ("U-3", "路灯", "0001-01-01", "", "", ""): "time.unreadable",
            ("U-4", "路灯", "9999-12-31", "", "", ""): "time.unreadable",
            ("U-5", "路灯", time_, "", "2025/8/1 8:00", "已办。"): "reply.before-post",
            ("U-6", "路灯", time_, "", "2025/9/2 8:00", ""): "reply.incomplete",
            ("U-7", "路\0灯", time_, "", "", ""): "text.control-character",
            ("U-8", "长" * 501, time_, "", "", ""): "text.too-long",
            ("U-9", "路灯", time_, "长" * 15_000, "", ""): "text.too-long",
            ("U-10", "路灯", time_, "长" * (10 << 20), "", ""): "text.too-long",
            ("U" * 201, "路灯", time_, "", "", ""): "text.too-long",
            ("1.23E+15", "路灯", time_, "", "", ""): "message-id.turned-into-number",
            ("U-13", "灯,2025/9/1,,,\nU-14,又灯", time_, "", "", ""): "row.swallowed",
            ("U-15", "路灯", time_, "", "", "", "多"): "row.too-many-cells",
        }
        file = csv_file(tmp_path / "留言.csv", expected, headings=HEADINGS[:6])

        done = served.county.run("import", file, "--format", "json")

        assert done.status == 1
        assert [each["code"] for each in refused(done.rows)] == list(expected.values())
        assert all(each["message"] and each["remedy"] for each in refused(done.rows))
        assert [
            tuple(row[len(ADDED) :]) for row in written(tmp_path / "留言.csv.未导入.csv")[1:]
        ] == [tuple(row) for row in expected]


def written(path: Path) -> list[list[str]]:
    """The cells of a file as a spreadsheet program reads them."""
    csv.field_size_limit(1 << 27)
    with open(path, encoding="utf-8-sig", newline="") as lines:
        return list(csv.reader(lines))


@pytest.mark.skipif(not BAD_ROWS.exists(), reason=f"no odd rows on this machine: {BAD_ROWS}")
def test_the_oddities_of_real_files_come_in_and_are_remarked_on(
    served: Served, tmp_path: Path
) -> None:
    order = ("import", BAD_ROWS, "--unit", "QH-LX", "--rejected", tmp_path / "bad.csv")

    done = served.county.run(*order, *MAP, "--format", "json")
    again = served.county.run(*order, "--format", "json")

    status, counts, codes = told(done)
    assert (status, sum(counts.values())) == (1, 372)
    assert codes == {"message.differs"}
    assert {each["field"] for each in refused(done.rows)} == {"category"}
    remarks = {each["remark"]: each["count"] for each in done.rows[0]["remarks"]}
    assert set(remarks) > {"same_body_resubmitted", "reply_is_receipt_only"}
    assert remarks["date_signed_in_reply_before_post"] >= 19
    assert told(again)[1] == {
        "imported": 0,
        "known": 372 - counts["refused"],
        "refused": counts["refused"],
    }


class TestProvenance:
    def test_every_imported_event_leads_to_its_row(self, served: Served, tmp_path: Path) -> None:
        file = csv_file(tmp_path / "p.csv", [("P-1", *SECOND[1:]), ("P-2", *FIRST[1:])])
        served.county.done("import", file, "--unit", "QH-YZ")
        served.settle()
        rows = [r for r in served.get("/reporting/ledger").json() if r["unit"] == "QH-YZ"][-2:]
        digest = look_through(file).digest[: len("sha256:") + 12]

        for row, number in zip(rows, (2, 3), strict=True):
            trail = served.county.done("audit", "show", row["number"])
            said = {entry["id"]: entry["what"] for entry in trail}
            causes = causes_of(served)
            assert len(trail) >= 6
            for event in said:
                root = event
                while causes[root] is not None:
                    root = str(causes[root])
                assert f"出处：文件 {digest}… 第 {number} 行" in said[root]

    def test_what_was_registered_live_has_none(self, served: Served) -> None:
        number = served.told("/intake/incidents", channel="call", category="其他", title="来电")[
            "number"
        ]
        served.settle()

        trail = served.county.done("audit", "show", number)

        assert not any("出处：" in entry["what"] for entry in trail)


def causes_of(served: Served) -> dict[str, str | None]:
    """What led to each event, as the stores have it."""
    causes: dict[str, str | None] = {}
    for room in ("intake", "routing", "deadlines"):
        with sqlite3.connect(f"file:{served.county.data}/{room}.db?mode=ro", uri=True) as db:
            for (raw,) in db.execute("SELECT state FROM stored_events"):
                event = json.loads(raw)
                causes[event["id"]] = event["cause"]
    return causes


class TestGoingOn:
    def test_a_killed_import_goes_on_where_it_stopped(self, county: County, tmp_path: Path) -> None:
        file = csv_file(tmp_path / "many.csv", numbered(RATHER_MANY))
        with county.up() as served:
            killed_after(county, file, signal.SIGKILL)

            second = county.done("import", file)
            served.settle()
            ledger = served.get("/reporting/ledger").json()

        assert outcomes(second)["known"] > 0
        assert outcomes(second)["imported"] > 0
        assert outcomes(second)["known"] + outcomes(second)["imported"] == RATHER_MANY
        titles = Counter(row["title"] for row in ledger)
        assert titles == {f"第 {n} 件": 1 for n in range(RATHER_MANY)}

    def test_an_interrupted_import_says_how_to_go_on(self, county: County, tmp_path: Path) -> None:
        file = csv_file(tmp_path / "many.csv", numbered(RATHER_MANY))
        with county.up():
            status, said = killed_after(county, file, signal.SIGINT)

        assert status == 130
        assert "再运行同一条命令即可接着导入" in said
        assert list(tmp_path.glob("*未导入*")) == []


def killed_after(county: County, file: Path, how: signal.Signals) -> tuple[int, str]:
    """An import that is ended once something of it came in: exit status and what it said."""
    child = subprocess.Popen(
        [PROGRAM, "import", file],
        env=county._environment(None),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    deadline = time.monotonic() + PATIENCE
    while not position(county) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert child.poll() is None, "it had ended before it could be interrupted"
    child.send_signal(how)
    _, said = child.communicate(timeout=PATIENCE)
    return child.returncode, said


def position(county: County) -> int:
    """How many events intake has; asked of its database, which answers at once."""
    with closing(sqlite3.connect(f"file:{county.data}/intake.db?mode=ro", uri=True)) as database:
        return int(database.execute("SELECT COUNT(*) FROM stored_events").fetchone()[0])


def test_progress_is_shown_on_a_terminal_only(served: Served, tmp_path: Path) -> None:
    file = csv_file(tmp_path / "t.csv", numbered(2, "PTY"))
    ours, theirs = pty.openpty()

    shown = subprocess.run(
        [PROGRAM, "import", file, "--dry-run"],
        env=served.county._environment(None) | {"TERM": "xterm"},
        stderr=theirs,
        stdout=subprocess.DEVNULL,
        check=True,
    )
    os.close(theirs)
    said = os.read(ours, 10_000).decode()
    os.close(ours)
    quiet = served.county.run("import", file, "--dry-run")

    assert shown.returncode == 0
    assert "2/2" in said
    assert quiet.err == ""
