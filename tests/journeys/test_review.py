"""What the rules would have said: reviewed by the command line and over HTTP, and by hand."""

import csv
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from tests.journeys.county import REPOSITORY, County, Served, code

SAMPLE = REPOSITORY / "huiyin" / "drills" / "demonstration" / "samples" / "messages.csv"
REAL = REPOSITORY.parent / "shared" / "data" / "messages.csv"
BASELINE = REPOSITORY / "shared" / "policy" / "packs" / "county-baseline.toml"
BEIJING = timezone(timedelta(hours=8))
URL = "/reporting/reviews/imported"

UNNAMED = "（未写明）"
RECEIPTS = {"已收悉", "网友：您好！留言已收悉"}
"""The replies of the real file that are nothing but a receipt, word for word."""


@dataclass
class Tally:
    """What a plain script counts of a unit and year."""

    messages: int = 0
    answered: int = 0
    unanswered: int = 0
    in_time: int = 0
    late: list[int] = field(default_factory=list)

    def take(self, row: Mapping[str, str], days: int) -> None:
        """Count one row of the file."""
        self.messages += 1
        if not row["replied_at"]:
            self.unanswered += 1
            return
        self.answered += 1
        seconds = late_by(row, days)
        if seconds > 0:
            self.late.append(seconds)
        else:
            self.in_time += 1


def late_by(row: Mapping[str, str], days: int) -> int:
    """Seconds behind 24:00 of the so-many-th day after the day of posting; negative in time."""
    posted = datetime.fromisoformat(row["posted_at"]).astimezone(BEIJING)
    midnight = posted.replace(hour=0, minute=0, second=0, microsecond=0)
    replied = datetime.fromisoformat(row["replied_at"])
    return int((replied - midnight - timedelta(days=days + 1)).total_seconds())


def script(rows: Iterable[Mapping[str, str]], days: int) -> dict[tuple[str, int], Tally]:
    """The rule applied to the file by hand, by the unit that it names and the year of posting."""
    tallies: dict[tuple[str, int], Tally] = defaultdict(Tally)
    for row in rows:
        year = datetime.fromisoformat(row["posted_at"]).astimezone(BEIJING).year
        tallies[row["replying_unit"] or UNNAMED, year].take(row, days)
    return dict(tallies)


def summed_up(late: Iterable[int]) -> dict[str, Any]:
    """Nearest rank by whole numbers, and the values themselves for fewer than five."""
    values = sorted(late)
    n = len(values)
    if n < 5:
        return {"count": n, "median": None, "p90": None, "values": values}
    at = {"median": values[(n + 1) // 2 - 1], "p90": values[(9 * n + 9) // 10 - 1]}
    return {"count": n, **at, "values": []}


def counted(tally: Tally) -> dict[str, Any]:
    """A tally as the review has it."""
    return {
        "messages": tally.messages,
        "answered": tally.answered,
        "unanswered": tally.unanswered,
        "in_time": tally.in_time,
        "late": len(tally.late),
        "lateness": summed_up(tally.late),
    }


def shown(duty: Mapping[str, Any]) -> dict[tuple[str, int], dict[str, Any]]:
    """The review's figures of every unit and year, as far as the script counts them."""
    wanted = counted(Tally())
    return {
        (named(unit["unit"]), year["year"]): {key: year["figures"][key] for key in wanted}
        for unit in duty["units"]
        for year in unit["years"]
    }


def named(unit: Mapping[str, Any]) -> str:
    """A unit as the script calls it."""
    return UNNAMED if unit["known_by"] == "unnamed" else str(unit["name"])


def rows_of(file: Path) -> list[dict[str, str]]:
    """The rows of a file of messages."""
    with open(file, encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.fixture(scope="module")
def real(founded: County, tmp_path_factory: pytest.TempPathFactory) -> County:
    """A county that took the 1,612 real messages."""
    if not REAL.exists():
        pytest.skip(f"the real messages are not on this machine: {REAL}")
    county = founded.copy(tmp_path_factory.mktemp("real") / "data")
    imported = county.run("import", REAL, "--rejected", county.data.with_suffix(".csv"))
    assert imported.status == 0, imported
    return county


@pytest.mark.parametrize("days", [3, 15])
def test_every_count_of_the_real_messages_is_that_of_a_plain_script(
    real: County, tmp_path: Path, days: int
) -> None:
    pack = tmp_path / "pack.toml"
    text = BASELINE.read_text(encoding="utf-8")
    pack.write_text(text.replace("days = 3", f"days = {days}"), encoding="utf-8")
    rows = rows_of(REAL)

    [review] = real.done("review", "imported", "--pack", pack)

    expected = script(rows, days)
    [duty] = review["duties"]
    assert len(rows) == duty["total"]["messages"] == review["messages"] == 1612
    assert shown(duty) == {key: counted(tally) for key, tally in expected.items()}
    assert duty["total"]["lateness"] == summed_up(s for t in expected.values() for s in t.late)
    assert [each["total"]["messages"] for each in duty["units"]] == [
        sum(t.messages for (unit, _), t in expected.items() if unit == named(each["unit"]))
        for each in duty["units"]
    ]
    assert {each["year"]: each["figures"]["in_time"] for each in duty["years"]} == {
        year: sum(t.in_time for (_, of), t in expected.items() if of == year)
        for year in {year for _, year in expected}
    }


@pytest.fixture(scope="module")
def told(real: County) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The only duty of the county's own rules over the real messages, and the ledger."""
    [review] = real.done("review", "imported")
    [duty] = review["duties"]
    return duty, real.done("ledger")


def test_the_latest_and_the_receipts_of_the_real_messages_are_those_of_the_file(
    told: tuple[dict[str, Any], list[dict[str, Any]]],
) -> None:
    duty, ledger = told

    numbered = dict(zip((row["number"] for row in ledger), rows_of(REAL), strict=True))
    answered = {number: row for number, row in numbered.items() if row["reply"]}
    late = {number: late_by(row, 3) for number, row in answered.items()}
    latest = sorted(late, key=lambda number: (-late[number], number))[:10]
    assert [case["number"] for case in duty["latest"]] == latest
    assert [case["late_seconds"] for case in duty["latest"]] == [late[n] for n in latest]
    receipts = [n for n, row in answered.items() if row["reply"].strip() in RECEIPTS]
    found = [case["number"] for case in duty["empty"] if case["empty"] == "receipt"]
    assert found == receipts
    assert len(receipts) == 13


def test_the_review_and_the_live_verdicts_of_the_same_messages_are_the_same(
    told: tuple[dict[str, Any], list[dict[str, Any]]],
) -> None:
    duty, ledger = told

    verdicts = Counter(row["verdict"] for row in ledger)
    assert (duty["total"]["in_time"], duty["total"]["late"]) == (
        verdicts["met"],
        verdicts["met_late"],
    )
    assert duty["total"]["lateness"] == summed_up(
        row["late_seconds"] for row in ledger if row["verdict"] == "met_late"
    )


@pytest.fixture(scope="module")
def reviewed(founded: County, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A running county that took the project's own sample."""
    county = founded.copy(tmp_path_factory.mktemp("reviewed") / "data")
    assert county.run("import", SAMPLE).status == 0
    with county.up() as served:
        yield served


def test_http_reviews_under_the_countys_own_rules_or_those_sent_along(reviewed: Served) -> None:
    text = BASELINE.read_text(encoding="utf-8")
    strict = text.replace("days = 3", "days = 1").replace("2026.1", "9.9")

    own = reviewed.told(URL)
    sent = reviewed.told(URL, pack=strict)

    assert (own["pack"]["id"], own["pack"]["version"]) == ("county-baseline", "2026.1")
    assert sent["pack"]["version"] == "9.9"
    assert own["messages"] == sent["messages"] == len(rows_of(SAMPLE))
    assert sent["duties"][0]["total"]["in_time"] < own["duties"][0]["total"]["in_time"]
    verdicts = Counter(row["verdict"] for row in reviewed.get("/reporting/ledger").json())
    assert own["duties"][0]["total"]["in_time"] == verdicts["met"]
    assert own["duties"][0]["total"]["late"] == verdicts["met_late"]
    assert any(f"{own['log']['size']} 条" in sentence for sentence in own["basis"])


def test_http_gives_the_figures_as_csv_and_all_of_it_as_a_workbook(reviewed: Served) -> None:
    figures = reviewed.told(URL)["duties"][0]["total"]

    as_csv = reviewed.post(URL, format="csv")
    as_xlsx = reviewed.post(URL, format="xlsx")

    assert as_csv.headers["content-type"].startswith("text/csv")
    first = next(csv.DictReader(StringIO(as_csv.content.decode("utf-8-sig"))))
    assert first["答复单位"] == "全部"
    book = CalamineWorkbook.from_filelike(BytesIO(as_xlsx.content))
    assert len(book.sheet_names) == 4
    heading, *rows = book.get_sheet_by_index(0).to_python()
    whole = next(row for row in rows if row[1:4] == ["全部", "", "合计"])
    assert whole[heading.index("留言")] == figures["messages"]
    assert whole[heading.index("按时且有实质")] == figures["in_time_in_substance"]
    latest = book.get_sheet_by_index(1).to_python()
    assert str(latest[1][latest[0].index("编号")]).startswith("QINGHE-")


def test_what_cannot_be_reviewed_is_refused_with_place_and_remedy(reviewed: Served) -> None:
    text = BASELINE.read_text(encoding="utf-8")

    assert code(reviewed.post(URL, pack="x = ")) == (422, "pack.not-toml")
    wrong = reviewed.post(URL, pack=text.replace("days = 3", "days = 0"))
    assert code(wrong) == (422, "pack.out-of-range")
    assert wrong.json()["field"] == 'duty."B.T01".days'
    none = text[: text.index("[duty")] + "[duty]\n"
    assert code(reviewed.post(URL, pack=none)) == (422, "pack.no-reply-duty")
    assert code(reviewed.post(URL, as_of="去年")) == (422, "time.unreadable")
    assert code(reviewed.post(URL, unit="QH-NO")) == (404, "review.unit-unknown")
    assert reviewed.client.post(URL, json={}).status_code == 401


def test_a_person_sees_the_rules_the_table_the_latest_and_a_sentence_each(reviewed: Served) -> None:
    done = reviewed.county.run("review", "imported", "--pack", "county-baseline")

    assert done.status == 0, done
    for expected in ("county-baseline 2026.1", "自发帖之日起三日内公开回复", "24:00", "树根"):
        assert expected in done.out
    for expected in ("答复单位", "按时且", "青禾县第一中学", "2025", "答复最迟的", "有答复"):
        assert expected in done.out


def test_as_of_a_time_before_the_import_there_is_nothing_and_that_is_no_error(
    reviewed: Served,
) -> None:
    done = reviewed.county.run("review", "imported", "--as-of", "2020-01-01")

    assert (done.status, done.err) == (0, "")
    assert "没有导入的历史留言" in done.out
    assert "huiyin import" in done.out


def test_one_unit_is_reviewed_for_itself(reviewed: Served) -> None:
    [review] = reviewed.county.done("review", "imported", "--unit", "QH-YZ")

    units = review["duties"][0]["units"]
    assert [unit["unit"]["name"] for unit in units] == ["青禾县第一中学"]
    assert review["messages"] == units[0]["total"]["messages"] > 0


def test_a_file_is_written_where_it_is_wanted_or_the_reason_told(
    reviewed: Served, tmp_path: Path
) -> None:
    county, written = reviewed.county, tmp_path / "review.json"

    done = county.run("review", "imported", "--format", "json", "--output", written)
    nowhere = county.run("review", "imported", "--format", "csv", "--output", tmp_path / "no" / "x")
    again = county.run("review", "imported", "--format", "csv", "--output", written)
    table = county.run("review", "imported", "--output", tmp_path / "table")

    assert (done.status, done.out) == (0, "")
    assert json.loads(written.read_text(encoding="utf-8"))[0]["messages"] == len(rows_of(SAMPLE))
    assert nowhere.status == 1
    assert "(output.unwritable)" in nowhere.err
    assert again.status == 1
    assert "(output.exists)" in again.err
    assert table.status == 2


def test_a_pack_is_named_by_its_file_or_its_id(reviewed: Served, tmp_path: Path) -> None:
    broken = tmp_path / "示例.toml"
    broken.write_text("days = ", encoding="utf-8")

    in_file = reviewed.county.run("review", "imported", "--pack", broken)
    unknown = reviewed.county.run("review", "imported", "--pack", "no-such-pack")

    assert (in_file.status, in_file.out) == (1, "")
    assert str(broken) in in_file.err
    assert "(pack.not-toml)" in in_file.err
    assert (unknown.status, unknown.out) == (1, "")
    assert "huiyin pack list" in unknown.err
