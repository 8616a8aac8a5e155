"""``huiyin``: one program for setting up, serving, acting and checking.

Exit status 0 = done or holds, 1 = does not hold or refused, 2 = wrong usage.
"""

import typer

from huiyin.cli import (
    accounting,
    acts,
    checkup,
    county,
    drilling,
    duties,
    importing,
    operating,
    packs,
    records,
    reviewing,
    subscribing,
)
from huiyin.cli.running import collect_seldom

HELP = """回音：舆情事件的登记、交办、时限、台账与审计。

HUIYIN_DATA 指定数据目录（默认 ./data）。
HUIYIN_HTTP_PORT 指定端口（默认 8080）。
HUIYIN_TOKEN 指定身份令牌（默认用数据目录里的管理员令牌）。

退出状态：0 办成或成立, 1 不成立或被拒绝, 2 用法不对。
"""

app = typer.Typer(
    name="huiyin",
    help=HELP,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

ROOMS = (
    county,
    acts,
    importing,
    records,
    duties,
    reviewing,
    accounting,
    drilling,
    packs,
    checkup,
    operating,
    subscribing,
)

for room in ROOMS:
    room.add_to(app)


def main() -> None:
    """Entry point of the program."""
    collect_seldom()
    app()
