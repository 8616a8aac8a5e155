"""Setting up and serving: init, up, demo, serve, appoint, units, officers."""

from pathlib import Path
from typing import Annotated, Any

import typer

from huiyin.cli.door import ask, do, opened, run, where
from huiyin.cli.options import FormatOption, moment_of
from huiyin.cli.output import moment, say, show, show_one
from huiyin.host.directory import County
from shared.copies.units import check_code
from shared.errors import Unavailable
from shared.logs import configure
from shared.settings import Settings

UNIT_COLUMNS = {"code": "代码", "name": "名称", "aliases": "别名", "parent": "上级"}
OFFICER_COLUMNS = {
    "id": "标识",
    "name": "姓名",
    "unit": "单位",
    "post": "职务",
    "until": "任职到",
    "token_until": "令牌有效至",
    "active": "在任",
}


def init(
    code: Annotated[str, typer.Option(help="县域代码, 也是根单位代码, 如 QINGHE")],
    name: Annotated[str, typer.Option(help="县域（根单位）名称")],
    units: Annotated[
        Path | None, typer.Option(help="单位 CSV：code,name,aliases,parent（UTF-8）")
    ] = None,
    pack: Annotated[
        str | None,
        typer.Option(help="全县依据的规则包：id、来源编号或文件；不写则为县级基准"),
    ] = None,
) -> None:
    """在空的数据目录里建库：根单位、各单位和第一位管理员（令牌只显示一次）。"""

    async def work(settings: Settings) -> None:
        from huiyin.host.founding import found, founded_directory, read_units
        from shared.policy import find_pack, load_pack

        check_code(code, field="--code")
        rules = load_pack(find_pack(pack)) if pack else None
        county = County(code=code, name=name, root=code, demonstration=False)
        rows = read_units(units, code) if units else []
        with founded_directory(settings) as draft:
            officer, token = await found(draft, county, rows, name, rules=rules)
        say(f"已建库：{name}（{code}）, 单位 {len(rows) + 1} 个, 数据目录 {settings.data}")
        say(f"第一位管理员 {officer.id} 的令牌（只显示这一次）：{token}")
        say(f"命令行所用的副本在 {settings.data / 'admin.token'}（仅本用户可读）。")
        say("启动服务：huiyin up")

    run(work)


def up() -> None:
    """启动服务, 直到 Ctrl-C 或 SIGTERM。"""
    run(_serve_all)


def demo() -> None:
    """在演示目录里建一个虚构的县（若还没有）, 并启动服务。"""

    async def work(settings: Settings) -> None:
        from huiyin.drills.demonstration.county import provide

        await provide(settings, say)
        await _serve_all(settings)

    run(work)


def serve(
    service: Annotated[str, typer.Argument(help="intake、routing、deadlines 或 reporting")],
) -> None:
    """单独运行一个服务（分布式部署；需要 HUIYIN_DATABASE、HUIYIN_NATS_URL、HUIYIN_COUNTY）。"""

    async def work(settings: Settings) -> None:
        from huiyin.host.distributed import Distributed, RoomSettings
        from huiyin.host.serve import serve

        site = Distributed(RoomSettings.of(service, settings), settings, say)
        configure(settings.log_level, settings.log_format)
        await serve(site, settings)

    run(work)


def appoint(
    name: Annotated[str, typer.Option(help="姓名（只存于人员名册）")],
    unit: Annotated[str, typer.Option(help="单位代码")],
    post: Annotated[str, typer.Option(help="职务, 如 info_officer、principal_leader")],
    officer: Annotated[
        str | None, typer.Option(help="已有人员的标识：同一职务发放新令牌, 另一职务为改任")
    ] = None,
    besides: Annotated[
        bool, typer.Option("--besides", help="兼任：原职务保留, 与 --officer 同用")
    ] = False,
    since: Annotated[str | None, typer.Option(help="任职开始时间；不写为即时")] = None,
    until: Annotated[str | None, typer.Option(help="任职结束时间；代理和审计员须填")] = None,
    instead_of: Annotated[str | None, typer.Option(help="代理谁：其任职的标识")] = None,
    format_: FormatOption = "table",
) -> None:
    """任命人员并发放令牌（只显示一次）。"""

    def tell(done: dict[str, Any]) -> None:
        say(f"已任命 {name}：{done['officer']}, {unit} {post}")
        say(f"令牌（只显示这一次）：{done['token']}")

    term = {
        "since": since and moment_of("--since", since),
        "until": until and moment_of("--until", until),
    }
    whose = {"officer": officer, "besides": besides, "instead_of": instead_of}
    body = {"name": name, "unit": unit, "post": post, **whose, **term}
    show_one(do("/routing/officers", body), format_, tell)


def leave(
    officer: Annotated[str, typer.Argument(help="任职的标识（huiyin officers 可查）")],
    reason: Annotated[str, typer.Option(help="离任原因")],
    successor: Annotated[str | None, typer.Option(help="接手未办结事件的同单位人员的标识")] = None,
    format_: FormatOption = "table",
) -> None:
    """离任：任职、令牌和登录即时终止, 未办结的事件列明并移交。"""

    def tell(done: dict[str, Any]) -> None:
        say(f"已离任：{officer}, 令牌和登录已失效。")
        work = "、".join(done["open_work"])
        say(f"经手而未办结的事件：{work or '没有'}")
        if work and successor is None:
            say("没有写明接手的人；请核对这些事件由谁继续办理。")

    body = {"reason": reason, "successor": successor}
    show_one(do(f"/routing/officers/{officer}/leave", body), format_, tell)


def withdraw_token(
    officer: Annotated[str, typer.Argument(help="任职的标识（huiyin officers 可查）")],
    reason: Annotated[str, typer.Option(help="收回原因")],
    format_: FormatOption = "table",
) -> None:
    """收回令牌：令牌和登录即时失效, 职务保留。"""
    done = do(f"/routing/officers/{officer}/withdraw-token", {"reason": reason})
    show_one(done, format_, lambda _: say(f"{officer} 的令牌和登录已失效, 职务保留。"))


def recognise(
    officer: Annotated[str, typer.Argument(help="任职的标识（huiyin officers 可查）")],
    same_as: Annotated[str, typer.Option(help="同一人另一任职的标识")],
    reason: Annotated[str, typer.Option(help="依据")],
    format_: FormatOption = "table",
) -> None:
    """认定两项任职属同一人：审定与拟稿须由不同的人办理。"""
    body = {"same_as": same_as, "reason": reason}
    done = do(f"/routing/officers/{officer}/recognise", body)
    show_one(done, format_, lambda _: say(f"已认定 {officer} 与 {same_as} 为同一人。"))


def name_supervisor(
    unit: Annotated[str, typer.Argument(help="监督单位的代码, 如督查室、纪检、市局")],
    name: Annotated[
        str | None, typer.Option(help="单位名称；本县以外、尚未登记的单位填写, 一并登记")
    ] = None,
    format_: FormatOption = "table",
) -> None:
    """指定监督单位：对根单位的裁定、认定、通报和排名由其人员办理（仅管理员）。"""
    done = do("/routing/supervisor", {"supervisor": unit, "name": name})
    show_one(done, format_, lambda _: say(f"已指定监督单位：{unit}"))


def units(format_: FormatOption = "table") -> None:
    """列出单位。"""
    show(ask("/routing/units"), UNIT_COLUMNS, format_)


def officers(format_: FormatOption = "table") -> None:
    """列出人员（仅管理员）。"""

    def row(entry: dict[str, Any]) -> dict[str, Any]:
        return entry | {name: moment(entry.get(name)) for name in ("until", "token_until")}

    show(ask("/routing/officers"), OFFICER_COLUMNS, format_, row)


def sign_in() -> None:
    """取得网页的一次性登录链接（15 分钟内有效；系统须在运行）。"""

    async def work(settings: Settings) -> None:
        serving = where(settings)
        if serving is None or serving.url is None:
            remedy = "请先用 huiyin up 启动, 再另开一个终端运行本命令。"
            raise Unavailable("http.not-serving", "系统没有在运行。", remedy)
        async with opened(settings) as door:
            link = await door.post("/reporting/sign-in-links")
        say(f"{serving.url}{link['path']}")
        say("请在浏览器中打开；只能用一次, 15 分钟内有效。")

    run(work)


async def _serve_all(settings: Settings) -> None:
    from huiyin.host.embedded import Embedded
    from huiyin.host.serve import serve

    configure(settings.log_level, settings.log_format)

    def ready(url: str, county: County) -> None:
        say(f"回音 · {county.name} 已启动：{url}")
        if county.demonstration:
            say("这是演示数据, 单位、人员与留言均为虚构。")
            say("在本机用浏览器打开上面的地址即可阅览, 不用登录。")
            say(f"各虚构人员的令牌在 {settings.data / 'officers.csv'}")
        else:
            say("网页登录：另开一个终端运行 huiyin sign-in, 打开它给出的一次性链接。")
        say(f"身份：Authorization: Bearer <令牌>；管理员令牌在 {settings.data / 'admin.token'}")
        say("另开一个终端可用 .venv/bin/huiyin ledger、huiyin doctor 等命令。按 Ctrl-C 停止。")

    await serve(Embedded(settings, ready), settings)
