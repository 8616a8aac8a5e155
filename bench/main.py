"""Runs the measurements and tells what came out, to people and to programs."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import typer

from bench import append, importing, latency, rebuild, start
from bench.effort import Effort
from bench.figures import Figure
from bench.machine import machine
from bench.measured import Measure
from bench.probe import Probe, Spent
from huiyin.cli.door import run
from huiyin.cli.output import say, show

MEASUREMENTS: Mapping[str, Measure] = {
    "append": append.measure,
    "latency": latency.measure,
    "rebuild": rebuild.measure,
    "import": importing.measure,
    "start": start.measure,
}

ALSO_IN = {"yardstick": "append"}
"""What is measured beside something else, in turns with it."""

FIGURE_COLUMNS = {
    "title": "测量",
    "median": "中位数",
    "min": "最小",
    "max": "最大",
    "unit": "单位",
    "floor": "下限",
    "aim": "目标",
    "holds": "达到下限",
    "reaches_aim": "达到目标",
    "name": "名称",
}
SPENT_COLUMNS = {"seconds": "自身秒数", "share": "占比", "calls": "调用", "function": "函数"}


@dataclass(slots=True)
class Report:
    """Everything a run found out."""

    machine: dict[str, Any]
    figures: list[Figure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    profiles: dict[str, dict[str, list[Spent]]] = field(default_factory=dict)

    def as_json(self) -> str:
        """The report as one JSON object."""
        whole = {
            "machine": self.machine,
            "figures": [figure.as_row() for figure in self.figures],
            "notes": self.notes,
            "profiles": {
                name: {thread: [asdict(spent) for spent in most] for thread, most in each.items()}
                for name, each in self.profiles.items()
            },
        }
        return json.dumps(whole, ensure_ascii=False, indent=2) + "\n"


def bench(name: str | None, json_: Path | None, effort: Effort | None = None) -> None:
    """Measure one thing or all; what falls short is looked at once more under a profile.

    Raises typer.BadParameter for an unknown name; exits with 1 when measuring is not possible.
    """
    chosen = _chosen(name)
    report = Report(machine())
    for each in chosen:
        say(f"测量 {each} ……")
        _measure(each, effort or Effort(), report)
    _tell(report)
    if json_ is not None:
        json_.write_text(report.as_json(), encoding="utf-8")


def _chosen(name: str | None) -> Sequence[str]:
    if name is None:
        return tuple(MEASUREMENTS)
    if ALSO_IN.get(name, name) not in MEASUREMENTS:
        known = "、".join((*MEASUREMENTS, *ALSO_IN))
        raise typer.BadParameter(f"没有“{name}”这一项；可用：{known}", param_hint="NAME")
    return (ALSO_IN.get(name, name),)


def _measure(name: str, effort: Effort, report: Report) -> None:
    measure = MEASUREMENTS[name]
    measured = run(lambda _: measure(effort, Probe()))
    report.figures += measured.figures
    report.notes += measured.notes
    if any(figure.holds is False for figure in measured.figures):
        say(f"{name} 未达下限, 再测一次以查明时间用在何处 ……")
        probe = Probe(on=True)
        run(lambda _: measure(effort.once(), probe))
        report.profiles[name] = probe.profiles


def _tell(report: Report) -> None:
    show([_shown(figure) for figure in report.figures], FIGURE_COLUMNS, "table")
    for note in report.notes:
        say(f"注：{note}")
    for name, threads in report.profiles.items():
        for thread, most in threads.items():
            say(f"{name} 未达下限, {thread}里自身耗时最多的：")
            show([_spent(each) for each in most], SPENT_COLUMNS, "table")
    say("机器：" + "；".join(f"{key} {value}" for key, value in report.machine.items()))


def _shown(figure: Figure) -> dict[str, Any]:
    row = figure.as_row()
    numbers = {key: _number(row[key]) for key in ("median", "min", "max", "floor", "aim")}
    return row | numbers


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _spent(spent: Spent) -> dict[str, Any]:
    return asdict(spent) | {"seconds": f"{spent.seconds:.3f}", "share": f"{spent.share:.1%}"}
