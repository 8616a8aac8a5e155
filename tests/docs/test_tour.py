"""The tour is true: its commands run in order in a fresh county and print what it shows."""

import time
from pathlib import Path

import pytest

from tests.docs.console import ROOT, holds, play, steps
from tests.support.sizes import PATIENCE

TOUR = ROOT / "docs" / "tour.md"


def test_every_command_of_the_tour_prints_what_the_tour_shows(tmp_path: Path) -> None:
    told = list(steps(TOUR.read_text(encoding="utf-8")))

    printed = play([step.command for step in told], tmp_path)

    wrong = [
        f"$ {step.command}\nshown:\n{step.shown}\nprinted:\n{out}"
        for step, out in zip(told, printed, strict=False)
        if not holds(step.shown, out)
    ]
    assert not wrong, "\n\n".join(wrong)
    assert len(printed) == len(told) > 30


def test_blocks_are_read_as_commands_with_what_they_print() -> None:
    page = "```console\n$ cat <<END\n> a\n> END\na\n$ true\n```\n\n```\n$ not a console\n```\n"

    [cat, true] = steps(page)

    assert (cat.command, cat.shown) == ("cat <<END\na\nEND", "a")
    assert (true.command, true.shown) == ("true", "")


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("", ""),
        ("位置 intake:1", "位置 intake:1\n"),
        ("编号 QINGHE-…-000001", "编号 QINGHE-2026-000001\n"),
        ("a\n…\nz", "a\nb\nc\nz\n"),
        ("a\n…", "a\n"),
        (" 7 … 登记 …", " 7   2026-11-21   登记   x \n"),
    ],
)
def test_what_varies_may_differ(shown: str, printed: str) -> None:
    assert holds(shown, printed)


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("", "错误\n"),
        ("已登记", "错误\n"),
        ("已登记", ""),
        ("a\n…\nz", "a\nb\n"),
        ("编号 QINGHE-…-000001", "编号 QINGHE-2026-000002\n"),
        ("a…z", "a\nz\n"),
    ],
)
def test_anything_else_is_found(shown: str, printed: str) -> None:
    assert not holds(shown, printed)


def test_what_a_page_leaves_running_is_ended(tmp_path: Path) -> None:
    [pid] = play(["sleep 600 > /dev/null 2>&1 & echo $!"], tmp_path)

    deadline = time.monotonic() + PATIENCE
    while _lives(int(pid)) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not _lives(int(pid))


def _lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
