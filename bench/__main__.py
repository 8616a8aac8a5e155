"""``python -m bench [NAME] [--json FILE]``: how fast the product is on this machine."""

from pathlib import Path
from typing import Annotated

import typer

from bench.main import bench
from huiyin.cli.door import collect_seldom

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def measure(
    name: Annotated[
        str | None, typer.Argument(help="只测一项：append、latency、rebuild、import、start")
    ] = None,
    json_: Annotated[Path | None, typer.Option("--json", help="把结果写入此文件")] = None,
) -> None:
    """性能测量（中位数与比值）, 在临时目录里进行。"""
    bench(name, json_)


if __name__ == "__main__":
    collect_seldom()
    app(prog_name="python -m bench")
