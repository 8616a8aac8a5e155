"""``huiyin drill``: play scripts in simulated time, and see whether what they expect holds."""

from collections import Counter
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from rich.cells import cell_len
from rich.text import Text

from huiyin.cli.door import run
from huiyin.cli.options import FormatOption
from huiyin.cli.output import Format, complain, console, grid, say, show
from shared.clock import from_micros, shown_limit
from shared.errors import HuiyinError
from shared.policy.language.pack import COMMON
from shared.settings import Settings

if TYPE_CHECKING:
    from huiyin.drills.comparing import Pair, Side
    from huiyin.drills.playing import Comparison, Played
    from huiyin.drills.script import Drill

T = TypeVar("T")

WIDTH = 120
"""Columns of a protocol that does not go to a terminal."""

NARROW = 16
"""Columns for who and what, so that what came of it has room."""

LONG = 60
"""Columns from which an effect is told on two lines."""


def drill(
    files: Annotated[list[Path], typer.Argument(help="演练脚本（YAML, 写法见 docs/drills.md）")],
    pack: Annotated[
        str | None, typer.Option("--pack", help="另一规则包：同样的经过按它会怎样, 并列比较")
    ] = None,
    format_: FormatOption = "table",
) -> None:
    """在模拟时间里演练脚本, 核对其期望；有一条不成立, 退出状态为 1。"""
    from huiyin.drills import playing, protocol

    drills = _read(files)
    if pack is None:
        outcomes = _each(drills, playing.run)
        _tell(outcomes, format_, protocol.as_json, _show)
    else:
        with_steps = [each for each in drills if each.steps]
        compared = _each(with_steps, lambda each: playing.compare(each, pack))
        tell = partial(_show_compared, pack=pack)
        _tell(compared, format_, protocol.comparison_as_json, tell)
        outcomes = [each.here for each in compared]
    if not all(outcome.holds for outcome in outcomes):
        raise typer.Exit(1)


def _read(files: list[Path]) -> "list[Drill]":
    """Every drill of the files; ends with every complaint if one cannot be read."""
    from huiyin.drills.checking import check_all
    from huiyin.drills.reading import read_drills
    from shared.documents import Unreadable

    drills: list[Drill] = []
    complaints: list[HuiyinError] = []
    for file in files:
        try:
            read = read_drills(file)
            check_all(read)
            drills += read
        except Unreadable as problem:
            complaints += problem.complaints
        except HuiyinError as problem:
            complaints.append(problem)
    for each in complaints:
        complain(each)
    if complaints:
        raise typer.Exit(1)
    return drills


def _each(drills: "list[Drill]", play: "Callable[[Drill], Awaitable[T]]") -> list[T]:
    """What came of the drills, played one after the other."""

    async def work(_: Settings) -> list[T]:
        return [await play(each) for each in drills]

    return run(work)


def _tell(
    outcomes: list[T],
    format_: Format,
    as_json: Callable[[T], dict[str, Any]],
    tell: Callable[[T], None],
) -> None:
    if format_ == "json":
        show([as_json(each) for each in outcomes], {}, format_)
        return
    for outcome in outcomes:
        tell(outcome)


def _show(outcome: "Played") -> None:
    from huiyin.drills.protocol import lines

    drill = outcome.drill
    say(f"演练 {drill.name}（{outcome.pack or drill.rules.name or '自带规则'}）")
    steps = grid("时间", "谁", "办什么", "结果")
    steps.columns[1].max_width = steps.columns[2].max_width = NARROW
    for line in lines(outcome):
        came = "\n".join(map(_in_two, line.came_of_it))
        steps.add_row(*(Text(cell) for cell in (line.at, line.who, line.what, came)))
    if steps.row_count:
        console(WIDTH).print(steps)
    expected = grid("", "期望", "应为", "实际")
    for each in outcome.checked:
        mark = "成立" if each.holds else "不成立"
        expected.add_row(*(Text(cell) for cell in (mark, each.said, each.expected, each.actual)))
    console(WIDTH).print(expected)
    for failure in outcome.failures:
        say(f"× {failure}")
    told = "全部成立" if outcome.holds else f"{len(outcome.failures)} 处不成立"
    say(f"{drill.name}：{told}（{outcome.seconds:.1f} 秒）\n")


def _in_two(effect: str) -> str:
    """A long effect on two lines, so that no moment is torn apart."""
    about, colon, told = effect.partition("：")
    return f"{about}{colon}\n  {told}" if cell_len(effect) > LONG else effect


def _show_compared(compared: "Comparison", pack: str) -> None:
    from huiyin.drills.comparing import FATES

    drill = compared.here.drill
    say(f"演练 {drill.name}：{compared.here.pack} 与 {compared.there.pack}")
    table = grid("事项", "责任方", "本规则包", "按另一规则包")
    # What is only measured costs nothing: there has to be a limit under one of the packs.
    timed = [
        pair
        for pair in compared.pairs
        if any(side is not None and side.due is not None for side in (pair.here, pair.there))
    ]
    for cells, often in Counter(map(_cells, timed)).items():
        times = f"（{often} 次）" if often > 1 else ""
        table.add_row(*(Text(cell) for cell in (cells[0] + times, *cells[1:])))
    console(WIDTH).print(table)
    for name, counted in compared.totals().items():
        whose = drill.rules.name or "本规则包" if name == "here" else pack
        say(f"{whose}：" + "、".join(f"{FATES[fate]} {n}" for fate, n in counted.items()))
    for taken in compared.there.taken:
        if taken.problem and not taken.step.refused:
            say(f"按 {pack} 会被拒绝：{taken.step.place} {taken.problem.message}")
    say("")


def _cells(pair: "Pair") -> tuple[str, str, str, str]:
    recurring = bool(pair.period)
    sides = (_side(each, recurring=recurring) for each in (pair.here, pair.there))
    parties = "、".join(COMMON.get(each, each) for each in pair.party.split(","))
    return (pair.matter, parties, *sides)  # type: ignore[return-value]  # two sides


def _side(side: "Side | None", *, recurring: bool) -> str:
    """A duty and what became of it; those of a unit's periods are counted, not dated."""
    from huiyin.drills.comparing import FATES
    from huiyin.drills.verdicts import worded_span

    if side is None:
        return "（无此义务）"
    told = f"{side.rule} {side.title}：{FATES[side.fate]}"
    if recurring:
        return told
    late = f" {worded_span(side.late_seconds)}" if side.late_seconds else ""
    due = f"，{shown_limit(from_micros(side.due))} 到期" if side.due is not None else ""
    return told + late + due
