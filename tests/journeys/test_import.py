"""Old messages from a file: what becomes of each, computed beside it by a plain script."""

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from math import ceil
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.county import REPOSITORY, County, Done, Served

SAMPLE = REPOSITORY / "huiyin" / "drills" / "demonstration" / "samples" / "messages.csv"
REAL = REPOSITORY.parent / "shared" / "data" / "messages.csv"
BEIJING = timezone(timedelta(hours=8))
HEADING = "message_id,category,title,posted_at,body,replied_at,reply,replying_unit"


@dataclass(frozen=True)
class Expected:
    """What a row of the file should look like in the ledger."""

    title: str
    posted_at: datetime
    due: datetime
    replied_at: datetime | None

    @property
    def verdict(self) -> str:
        """In time up to and including 24:00 of the third day; an old question never answered is
        no duty any more."""
        if self.replied_at is None:
            return "cancelled"
        return "met" if self.replied_at <= self.due else "met_late"

    @property
    def late_seconds(self) -> int | None:
        """How late the reply was."""
        if self.replied_at is None or self.replied_at <= self.due:
            return None
        return ceil((self.replied_at - self.due).total_seconds())


def script(file: Path) -> list[Expected]:
    """The three-day rule applied to the file by hand, in its own order."""
    with open(file, encoding="utf-8-sig", newline="") as lines:
        return [_expected(row) for row in csv.DictReader(lines)]


def _expected(row: dict[str, str]) -> Expected:
    posted = datetime.fromisoformat(row["posted_at"]).astimezone(BEIJING)
    midnight = posted.replace(hour=0, minute=0, second=0, microsecond=0)
    replied = datetime.fromisoformat(row["replied_at"]) if row["replied_at"] else None
    return Expected(row["title"].strip(), posted, midnight + timedelta(days=4), replied)


def shown(row: dict[str, Any]) -> Expected:
    """A row of the ledger as the script would have it."""
    times = {
        name: datetime.fromisoformat(row[name]) if row[name] else None
        for name in ("posted_at", "due", "published_at")
    }
    assert times["posted_at"] is not None
    assert times["due"] is not None
    return Expected(row["title"], times["posted_at"], times["due"], times["published_at"])


def outcomes(rows: Sequence[dict[str, Any]]) -> dict[str, int]:
    """How many were imported, known and refused."""
    return {row["outcome"]: row["count"] for row in rows}


def messages(path: Path, *rows: str, heading: str = HEADING) -> Path:
    """A file of messages."""
    path.write_text("\n".join([heading, *rows]) + "\n", encoding="utf-8")
    return path


@dataclass(frozen=True)
class Imported:
    """A county that took the project's own sample while nothing ran, and its ledger then."""

    county: County
    ledger: list[dict[str, Any]]


@pytest.fixture(scope="module")
def imported(founded: County, tmp_path_factory: pytest.TempPathFactory) -> Imported:
    """The sample, imported by the command line alone."""
    county = founded.copy(tmp_path_factory.mktemp("imported") / "data")
    assert outcomes(county.done("import", SAMPLE)) == {"imported": 24, "known": 0, "refused": 0}
    return Imported(county, county.done("ledger"))


def test_each_message_is_in_the_ledger_with_the_verdict_of_the_three_day_rule(
    imported: Imported,
) -> None:
    expected, rows = script(SAMPLE), imported.ledger

    assert len(expected) == 24
    assert [shown(row) for row in rows] == expected
    assert [row["verdict"] for row in rows] == [each.verdict for each in expected]
    assert [row["late_seconds"] for row in rows] == [each.late_seconds for each in expected]
    assert {row["standing"] for row in rows} == {"imported"}
    assert {row["status"] for row in rows} == {"closed"}
    outcome = ["answered" if each.replied_at else "history" for each in expected]
    assert [row["outcome"] for row in rows] == outcome
    ends = [each.replied_at or each.posted_at for each in expected]
    assert [datetime.fromisoformat(row["closed_at"]) for row in rows] == ends


def test_the_replying_unit_is_known_by_name_or_alias_and_leads(imported: Imported) -> None:
    with open(SAMPLE, encoding="utf-8", newline="") as lines:
        named = [row["replying_unit"] for row in csv.DictReader(lines)]
    codes = {"县一中": "QH-YZ", "青禾一中": "QH-YZ", "青禾县第一中学": "QH-YZ"}
    codes |= {"柳溪镇教育办": "QH-LX", "柳溪小学": "QH-LXXX", "柳溪镇中心小学": "QH-LXXX"}

    leads = [row["lead"] for row in imported.ledger]

    assert leads == [codes.get(name, "QINGHE") for name in named]
    assert {"QINGHE", "QH-YZ", "QH-LX"} <= set(leads)
    for row, name in zip(imported.ledger, named, strict=True):
        signed = name or "青禾县教育局"  # whose message it is replied, where the file names nobody
        assert row["named_unit"] == (signed if row["published_at"] else None)


def test_the_trail_of_an_old_message_tells_its_history_at_its_own_times(imported: Imported) -> None:
    entries = imported.county.done("audit", "show", imported.ledger[0]["number"])

    first = script(SAMPLE)[0]
    by_title = {entry["title"]: entry for entry in entries}
    assert {"登记", "导入历史", "交办", "发布", "办结", "开始计时"} <= set(by_title)
    assert {entry["standing"] for entry in entries} == {"imported"}
    assert datetime.fromisoformat(by_title["登记"]["occurred_at"]) == first.posted_at
    assert datetime.fromisoformat(by_title["发布"]["occurred_at"]) == first.replied_at
    recorded = [datetime.fromisoformat(entry["recorded_at"]) for entry in entries]
    assert min(recorded) > first.posted_at + timedelta(days=1)


def test_importing_twice_adds_nothing(imported: Imported, tmp_path: Path) -> None:
    county = imported.county.copy(tmp_path / "data")

    again = county.done("import", SAMPLE)

    assert outcomes(again) == {"imported": 0, "known": 24, "refused": 0}
    assert county.done("ledger") == imported.ledger


def test_a_person_sees_how_the_file_was_understood_and_a_table_of_outcomes(served: Served) -> None:
    done = served.county.run("import", SAMPLE, "--unit", "QH-LX")

    assert done.status == 0
    assert done.err == ""
    assert "已导入" in done.out
    assert "24 行, 归 QH-LX" in done.out


def test_open_keeps_the_unanswered_open_and_unit_says_whose_they_are(served: Served) -> None:
    served.county.done("import", SAMPLE, "--open", "--unit", "QH-YZ")
    served.settle()

    rows = served.get("/reporting/ledger", unit="QH-YZ").json()

    rows = [row for row in rows if row["unit"] == "QH-YZ"]
    expected = script(SAMPLE)
    asked = Counter((row["status"], row["verdict"]) for row in rows)
    unanswered = sum(each.replied_at is None for each in expected)
    assert asked["assigned", "running"] == unanswered > 0
    assert asked["closed", "met"] == sum(each.verdict == "met" for each in expected)
    assert asked["closed", "met_late"] == sum(each.verdict == "met_late" for each in expected)
    assert sum(asked.values()) == 24


def test_the_third_day_ends_at_24_00_in_beijing_and_includes_that_moment(
    served: Served, tmp_path: Path
) -> None:
    file = messages(
        tmp_path / "edges.csv",
        "E-1,,压线,2025-09-01T23:59:59+08:00,,2025-09-05T00:00:00+08:00,已办。,",
        "E-2,,迟一秒,2025-09-01 00:00:00,,2025-09-05 00:00:01,已办。,",
        "E-3,,次日零点,2025-09-01T16:00:00Z,,2025-09-06 00:00:00,已办。,",
    )

    served.county.done("import", file, "--unit", "QH-LXXX")
    rows = served.get("/reporting/ledger", unit="QH-LXXX").json()

    rows = [row for row in rows if row["unit"] == "QH-LXXX"]
    verdicts = [(r["title"], r["verdict"], r["spare_seconds"], r["late_seconds"]) for r in rows]
    assert verdicts == [
        ("压线", "met", 0, None),
        ("迟一秒", "met_late", None, 1),
        ("次日零点", "met", 0, None),
    ]


BAD = {
    "B-3,,先答后问,2025-09-02 08:00,,2025-09-01 08:00,已办。,": (
        3,
        "replied_at",
        "reply.before-post",
    ),
    "B-4,,时间不明,去年九月,,,,": (4, "posted_at", "time.unreadable"),
    "B-5,, ,2025-09-02 08:00,,,,": (5, "title", "import.cell-missing"),
    "B-6,,答复没有时间,2025-09-02 08:00,,,已办。,": (6, "replied_at", "reply.incomplete"),
    "B-7,,答复没有内容,2025-09-02 08:00,,2025-09-03 08:00,,": (7, "reply", "reply.incomplete"),
    ",,没有编号,2025-09-02 08:00,,,,": (8, "message_id", "import.cell-missing"),
}
GOOD = ("B-1,,路灯不亮,2025-09-01 08:00,,,,", "B-9,,井盖松动,2025-09-01 08:00,,,,")


def test_bad_rows_are_refused_with_row_field_reason_and_remedy_and_the_others_are_imported(
    served: Served, tmp_path: Path
) -> None:
    file = messages(tmp_path / "bad.csv", GOOD[0], *BAD, GOOD[1])

    done = served.county.run("import", file, "--format", "json")

    assert done.status == 1
    assert outcomes(done.rows) == {"imported": 2, "known": 0, "refused": 6}
    refused = next(row["rows"] for row in done.rows if row["outcome"] == "refused")
    told = {(each["row"], each["field"], each["code"]) for each in refused}
    assert told == set(BAD.values())
    assert all(each["message"] and each["remedy"] for each in refused)


def test_a_row_whose_time_cannot_be_comes_in_with_a_remark(served: Served, tmp_path: Path) -> None:
    file = messages(
        tmp_path / "strange.csv",
        "T-1,,发在将来,2999-01-01 08:00,,,,",
        "T-2,,空白日期,1900-01-01,,,,",
        "T-3,,答复在将来,2025-09-02 08:00,,2999-09-03 08:00,已办。,",
        "T-4,,路灯不亮,2025-09-01 08:00,,,,",
    )

    foreseen = served.county.run("import", file, "--dry-run", "--format", "json")
    done = served.county.run("import", file, "--format", "json")

    for told in (foreseen, done):
        assert outcomes(told.rows) == {"imported": 4, "known": 0, "refused": 0}
        [imported] = [row for row in told.rows if row["outcome"] == "imported"]
        remarks = {each["remark"]: each["rows"] for each in imported["remarks"]}
        assert (remarks["before_2000"], remarks["later_than_now"]) == ([3], [2, 4])


def test_a_mended_file_can_be_imported_again_as_a_whole(served: Served, tmp_path: Path) -> None:
    bad = messages(
        tmp_path / "bad.csv", "M-1,,路灯不亮,2025-09-01 08:00,,,,", "M-2,,,2025-09-01,,,,"
    )
    mended = messages(
        tmp_path / "mended.csv",
        "M-1,,路灯不亮,2025-09-01 08:00,,,,",
        "M-2,,井盖松动,2025-09-01 08:00,,,,",
        "M-2,,井盖松动,2025-09-01 08:00,,,,",
    )

    first = served.county.run("import", bad, "--format", "json")
    second = served.county.done("import", mended)

    assert outcomes(first.rows) == {"imported": 1, "known": 0, "refused": 1}
    assert outcomes(second) == {"imported": 1, "known": 2, "refused": 0}


def test_a_person_is_told_which_rows_were_refused_and_why(served: Served, tmp_path: Path) -> None:
    file = messages(tmp_path / "bad.csv", "P-1,,时间不明,去年九月,,,,")

    done = served.county.run("import", file)

    assert done.status == 1
    for said in ("P-1", "posted_at", "去年九月", "北京时间"):
        assert said in done.out


def test_a_unit_is_imported_for_by_its_own_officers_only(served: Served) -> None:
    other = served.county.run("import", SAMPLE, "--unit", "QH-LX", by="drafter")
    absent = served.county.run("import", SAMPLE, "--unit", "QH-NO")

    assert (other.status, other.out) == (1, "")
    assert "(unit.not-yours)" in other.err
    assert (absent.status, absent.out) == (1, "")
    assert "(unit.unknown)" in absent.err


@pytest.fixture(scope="module")
def real(
    founded: County, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[County, Done]]:
    """A running county that took the 1,612 real messages, and what the import printed."""
    if not REAL.exists():
        pytest.skip(f"the real messages are not on this machine: {REAL}")
    county = founded.copy(tmp_path_factory.mktemp("real") / "data")
    with county.up():
        yield county, county.run("import", REAL, *rejected(county), "--format", "json")


def rejected(county: County) -> tuple[str | Path, ...]:
    """Nothing is written beside the real messages."""
    return "--rejected", county.data.with_suffix(".csv")


def test_the_real_messages_get_the_verdicts_of_a_plain_script(real: tuple[County, Done]) -> None:
    county, first = real
    expected = script(REAL)

    again = county.done("import", REAL, *rejected(county))
    rows = county.done("ledger")

    assert outcomes(first.rows) == {"imported": 1612, "known": 0, "refused": 0}
    assert outcomes(again) == {"imported": 0, "known": 1612, "refused": 0}
    assert sum(each.replied_at is not None for each in expected) == 933
    assert Counter(row["verdict"] for row in rows) == Counter(e.verdict for e in expected)
    assert [row["late_seconds"] for row in rows] == [each.late_seconds for each in expected]
    assert [shown(row) for row in rows] == expected


def test_the_record_of_the_real_messages_holds(real: tuple[County, Done]) -> None:
    county, _ = real

    [verified] = county.done("audit", "verify")
    compared = county.done("rebuild", "--compare")

    assert verified["events"]["intake"] == 2 * 1612
    assert verified["leaves"] == sum(verified["events"].values())
    assert all(table["holds"] for table in compared)
    live = {(table["service"], table["table"]): table["live"] for table in compared}
    assert live["deadlines", "duties"] == 1612
