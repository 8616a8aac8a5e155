"""For other programs: ``huiyin events`` and ``huiyin contracts``."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Annotated

import typer

from huiyin.cli.door import Door, opened, run, where
from huiyin.cli.output import put, say
from shared.errors import Unavailable
from shared.settings import Settings

FOLLOWED_WITHIN = 20
"""Seconds for which the server may hold an answer back until there is news."""

INTERRUPTED = 130
"""Exit status after Ctrl-C."""

PAUSE = 0.5
"""Seconds between looks for a system that is not there just now."""

AWAY = ("http.no-answer", "http.failed", "data.in-use")
"""Errors of a system that is stopping or starting; whoever follows asks again."""


EventQuery = Mapping[str, str | None]
"""Which events, as the server is asked for them."""


def events(
    follow: Annotated[bool, typer.Option("--follow", help="等待并继续输出新的事件")] = False,
    unit: Annotated[str | None, typer.Option(help="只要这个单位（代码）的事件")] = None,
    type_: Annotated[
        str | None,
        typer.Option("--type", help="只要这种事件, 可不写版本, 如 routing.reply-published"),
    ] = None,
    from_: Annotated[int, typer.Option("--from", min=0, help="从这个册号起")] = 0,
    incident: Annotated[str | None, typer.Option(help="只要这个事件（编号或标识）")] = None,
) -> None:
    """按册号顺序输出事件, 每行一个 JSON（leaf、sequenced_at、hash、event）, 密封的文字保持密封。"""
    query = {"unit": unit, "type": type_, "incident": incident}

    async def work(settings: Settings) -> None:
        if follow:
            # At once: whoever only reads has nothing to put in order, and may be waiting anywhere.
            asyncio.get_running_loop().add_signal_handler(signal.SIGINT, os._exit, INTERRUPTED)
            await _follow(settings, query, from_)
        else:
            async with opened(settings, to_read=True) as door:
                await _print_all(door, query, from_)

    try:
        run(work)
    except BrokenPipeError:  # whoever read has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def contracts(
    output: Annotated[Path, typer.Option(help="写入这个目录")],
) -> None:
    """把约定写成文件：asyncapi.json 与每种事件的 JSON Schema。"""
    from huiyin.host.contracts import write_contracts

    say(f"已写入 {len(write_contracts(output))} 个文件：{output}")


async def _print_all(door: Door, query: EventQuery, start: int) -> None:
    """Print what there is."""
    before = None
    while start != before:
        before, start = start, await _print_page(door, query, start, 0)


async def _print_page(door: Door, query: EventQuery, start: int, wait: int) -> int:
    """Print the next lines; returns the leaf to go on from."""
    asked = {"from": str(start), "wait": str(wait), **query}
    lines, following = await door.lines("/reporting/events", **asked)
    put(lines)
    return following


async def _follow(settings: Settings, query: EventQuery, start: int) -> None:
    """Print what comes, until interrupted; a system that goes away is waited for."""
    async for door in _doors(settings):
        while True:
            try:
                start = await _print_page(door, query, start, FOLLOWED_WITHIN)
            except Unavailable as problem:
                if problem.code not in AWAY and not problem.code.startswith("store."):
                    raise
                break
        await asyncio.sleep(PAUSE)


async def _doors(settings: Settings) -> AsyncIterator[Door]:
    """A door to the running system, and another whenever it was begun anew."""
    said = False
    while True:
        serving = where(settings)
        if serving is not None and serving.url is not None:
            async with opened(settings) as door:
                yield door
        elif not said:
            print("系统没有在运行, 等它启动（huiyin up）……", file=sys.stderr)
            said = True
        await asyncio.sleep(PAUSE)
