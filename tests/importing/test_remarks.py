"""The oddities of real files: each kind comes in, and is remarked on."""

import csv
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from huiyin.importing.columns import read_map, understood
from huiyin.importing.message import MessageReader
from huiyin.importing.remarks import REMARKS, SeenMessages, remarks
from huiyin.importing.rows import Row
from huiyin.importing.source import look_through

BAD = Path(__file__).resolve().parents[3] / "shared" / "data" / "bad-rows.csv"
MAP = read_map(["source_id=编号", "posted_raw=留言时间", "replied_raw=答复时间", "note=类别"])
EMPTY = ["reply_has_no_content", "reply_is_receipt_only", "reply_is_transfer_only"]
BY_ITSELF = [
    "date_signed_in_reply_before_post",
    "date_signed_in_reply_after_recorded_reply_time",
    "replied_within_2_hours",
    "reply_later_than_180_days",
]

needs_bad_rows = pytest.mark.skipif(
    not BAD.exists(), reason=f"the odd rows are not on this machine: {BAD}"
)


@cache
def of_kind() -> dict[str, list[dict[str, Any]]]:
    """The odd rows as messages, by kind; all of them can be read."""
    source = look_through(BAD)
    reader = MessageReader(understood(source.headings, MAP), source.separator, {}, "QINGHE")
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in source.rows():
        found[str(row.cells[0])].append(reader.read(row))
    return found


@needs_bad_rows
@pytest.mark.parametrize("kind", BY_ITSELF)
def test_every_row_of_a_kind_is_remarked_on(kind: str) -> None:
    messages = of_kind()[kind]

    assert messages
    assert all(kind in remarks(message) for message in messages)


@needs_bad_rows
@pytest.mark.parametrize("kind", EMPTY)
def test_nearly_every_reply_that_answers_nothing_is_remarked_on(kind: str) -> None:
    """The rule is a cautious one: see ``services/reporting/history/receipts.py``."""
    messages = of_kind()[kind]

    found = [message for message in messages if not set(EMPTY).isdisjoint(remarks(message))]

    assert len(found) >= 0.9 * len(messages) > 0


@needs_bad_rows
def test_a_body_that_comes_again_under_another_id_is_remarked_on() -> None:
    seen, messages = SeenMessages(), of_kind()["same_body_resubmitted"]

    again = [seen.resubmitted(message) for message in messages]

    bodies = {"".join(message["body"].split()) for message in messages}
    assert again.count(True) == len(messages) - len(bodies) > 10


@needs_bad_rows
def test_an_id_with_another_category_says_otherwise_than_before() -> None:
    one, other = of_kind()["duplicate_id_conflicting_category"]
    seen = SeenMessages()
    seen.note(one)

    before, same = seen.again(other), seen.again(one)

    assert before == (one["row"], "category")
    assert same == (one["row"], None)


def test_the_file_has_no_other_kinds() -> None:
    if not BAD.exists():
        pytest.skip(f"the odd rows are not on this machine: {BAD}")
    with open(BAD, encoding="utf-8-sig", newline="") as lines:
        kinds = {row["kind"] for row in csv.DictReader(lines)}

    assert kinds == {
        *EMPTY,
        *BY_ITSELF,
        "same_body_resubmitted",
        "duplicate_id_conflicting_category",
    }


READER = MessageReader(
    understood(["编号", "标题", "留言时间", "答复时间", "答复内容"]), ",", {}, "QINGHE"
)


def remarked(posted: str, replied: str, reply: str) -> set[str]:
    return set(remarks(READER.read(Row(2, ["M-1", "路灯不亮", posted, replied, reply]))))


def test_an_ordinary_answer_is_not_remarked_on() -> None:
    said = "网友您好：经核实, 路灯线路已于昨日修复。感谢您的监督。2025年9月3日"

    assert remarked("2025/9/1 8:00", "2025/9/3 9:00", said) == set()


def test_a_message_without_an_answer_is_not_remarked_on() -> None:
    assert remarked("2025/9/1 8:00", "", "") == set()


def test_no_haste_or_delay_is_read_into_a_day_without_a_time() -> None:
    said = "经核实, 路灯线路已经修复完毕。"

    assert remarked("2025/9/1", "2025/9/1", said) == {"day_only"}


def test_every_remark_has_a_name() -> None:
    others = {"same_body_resubmitted", "day_only", "before_2000", "later_than_now"}
    assert {*EMPTY, *BY_ITSELF, *others} == set(REMARKS)
