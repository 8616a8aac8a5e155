"""``huiyin``: one program for setting up, serving, acting and checking.

Exit status 0 = done or holds, 1 = does not hold or refused, 2 = wrong usage.
"""

from collections.abc import Callable, Mapping

import typer

from huiyin.cli import case, county, drilling, importing, operating, packs, records, subscribing
from huiyin.cli.acts import commands
from huiyin.cli.door import collect_seldom
from huiyin.cli.records import review_imported

HELP = """回音：舆情事件的登记、交办、时限、台账与审计。

HUIYIN_DATA 指定数据目录（默认 ./data）。
HUIYIN_HTTP_PORT 指定端口（默认 8080）。
HUIYIN_TOKEN 指定身份令牌（默认用数据目录里的管理员令牌）。

退出状态：0 办成或成立, 1 不成立或被拒绝, 2 用法不对。
"""

Command = Callable[..., None]

COMMANDS: Mapping[str, Command] = {
    "init": county.init,
    "up": county.up,
    "demo": county.demo,
    "serve": county.serve,
    "appoint": county.appoint,
    "name-supervisor": county.name_supervisor,
    "leave": county.leave,
    "withdraw-token": county.withdraw_token,
    "recognise": county.recognise,
    "units": county.units,
    "officers": county.officers,
    "sign-in": county.sign_in,
    **commands(),
    "case": case.case,
    "repin": case.repin,
    "adopt": case.adopt,
    "term": case.set_term,
    "import": importing.import_messages,
    "ledger": records.ledger,
    "rebuild": operating.rebuild,
    "duties": records.duties,
    "findings": records.findings,
    "statistics": records.statistics,
    "drill": drilling.drill,
    "doctor": operating.doctor,
    "release": operating.release,
    "erase": operating.erase,
    "events": subscribing.events,
    "contracts": subscribing.contracts,
}
"""Every command of one word, in the order in which they are listed."""

GROUPS: Mapping[str, tuple[str, Mapping[str, Command]]] = {
    "calendar": ("历法：公布放假与调休。", {"publish": case.publish_calendar}),
    "audit": (
        "审计轨迹与核验。",
        {"show": records.audit_show, "verify": operating.audit_verify},
    ),
    "review": ("回看：规则会怎么说。", {"imported": review_imported}),
    "pack": (
        "规则包：列出、查看、检查、比较、采用。",
        {
            "list": packs.list_packs,
            "show": packs.show_pack,
            "check": packs.check_pack,
            "diff": packs.diff_packs,
            "adopt": case.adopt,
            "withdraw": case.withdraw,
            "in-force": case.in_force,
        },
    ),
}
"""Commands of two words: what the first is about, and the second."""

app = typer.Typer(
    name="huiyin",
    help=HELP,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _add(to: typer.Typer, commands: Mapping[str, Command]) -> typer.Typer:
    for word, command in commands.items():
        to.command(word)(command)
    return to


_add(app, COMMANDS)
for word, (about, among) in GROUPS.items():
    app.add_typer(_add(typer.Typer(help=about, no_args_is_help=True), among), name=word)


def main() -> None:
    """Entry point of the program."""
    collect_seldom()
    app()
