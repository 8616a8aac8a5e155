"""Replies that answer nothing, and above all replies that do."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.reporting.history.receipts import LONGEST, emptiness

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
LABELS = {
    "reply_is_receipt_only": "receipt",
    "reply_is_transfer_only": "transfer",
    "reply_has_no_content": "blank",
}

NAMING_SOMEBODY = 5
"""Labelled as passed on only, but each says whom to ask: no answer is denied to them here."""

UNLABELLED = 15
"""Not labelled, yet read as empty. Each was looked at: all only receive, pass on or sign."""


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        ("已收悉", "receipt"),
        ("网友：您好！留言已收悉", "receipt"),
        ("“UU0081234”你好！你的建议我局已收到，感谢你对教育工作的关心与支持！", "receipt"),
        ("您的留言已收悉，正在办理，有结果将及时回复。2026年3月2日", "receipt"),
        ("您好，您反映的问题已转交青禾县教育局核实处理。", "transfer"),
        ("您的留言已收悉。关于您反映的问题，已转市教育体育局调查处理。", "transfer"),
        ("网友：你好！你的帖文已收悉并转至相关单位。2026-3-2", "transfer"),
        ("尊敬的网友：我办已将您反映的情况转交相关科室，敬请留意后续回复。谢谢！", "transfer"),
        ("已转办至青禾县教育局 柳溪镇教育办 2026年3月2日", "transfer"),
        ("网友：您好！2026年3月5日", "blank"),
        ("感谢您对青禾县教育的关注与支持。", "blank"),
        ("青禾县教育局办公室 2026年3月5日", "blank"),
    ],
)
def test_a_reply_that_only_receives_passes_on_or_greets_answers_nothing(
    reply: str, kind: str
) -> None:
    assert emptiness(reply) == kind


@pytest.mark.parametrize(
    "reply",
    [
        "可以。",
        "市教育局",  # the answer to: who is in charge?
        "“已解决”",
        "您反映的问题已解决，谢谢！",
        "您反映的问题已转交学校，学校已停用该食堂。",
        "您反映的问题已转交教育局并已解决",
        "您反映的问题已转交教育局处理完毕",
        "您反映的问题已交公安局拘留处理",
        "您反映的问题已收悉，经查不属实。",
        "留言已收悉，请补充学校名称以便处理。",
        "您的建议已收悉，我们会在九月采纳。",
        "已转至青禾县第一中学。",  # the pupil
        "您好！已转正。谢谢！",  # the teacher
        "您的学籍已转青禾县第一中学",
        "您反映的情况已转相关部门，请拨打[电话]咨询。",
        "您反映的问题教育局已经答复。链接：",
        "感谢您对学校食堂停业整顿",
        "正在处理",
        "您的留言已收悉。" + "您反映的问题已转交教育局处理。" * 12,
    ],
)
def test_a_reply_that_may_say_anything_else_is_an_answer(reply: str) -> None:
    assert emptiness(reply) is None


def test_the_longest_reply_is_read_in_no_time() -> None:
    hostile = ["您" * LONGEST, "已转市" * 53, "感谢您对" + "的" * 150, "“" * LONGEST, "、并" * 80]

    assert [emptiness(reply) for reply in hostile] == [None] * len(hostile)


def rows(name: str) -> Iterator[dict[str, str]]:
    """A file of the project's samples; its absence is told."""
    file = DATA / name
    if not file.exists():
        pytest.skip(f"the samples are not on this machine: {file}")
    csv.field_size_limit(10 * 1024 * 1024)
    with open(file, encoding="utf-8-sig", newline="") as lines:
        yield from csv.DictReader(lines)


def test_on_the_labelled_samples_nearly_all_are_found() -> None:
    labelled = [row for row in rows("bad-rows.csv") if row["kind"] in LABELS]

    found = [emptiness(row["reply"]) for row in labelled]

    assert len(labelled) == 185
    assert found.count(None) == NAMING_SOMEBODY
    kinds = {(kind, LABELS[row["kind"]]) for kind, row in zip(found, labelled, strict=True) if kind}
    assert kinds == {(kind, kind) for kind in LABELS.values()}


def test_on_everything_else_next_to_nothing_is_found() -> None:
    bad = list(rows("bad-rows.csv"))
    labelled = {row["source_id"] for row in bad if row["kind"] in LABELS}
    replies = {row["source_id"]: row["reply"] for row in bad}
    replies |= {row["message_id"].partition("-")[2]: row["reply"] for row in rows("messages.csv")}
    others = {name: said for name, said in replies.items() if said and name not in labelled}

    found = [name for name, said in others.items() if emptiness(said)]

    assert len(others) == 977
    assert len(found) == UNLABELLED
