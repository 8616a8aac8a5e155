"""Setting up and serving: init, up, demo, serve, appoint, units, officers."""

from pathlib import Path
from typing import Annotated, Any

import typer

from huiyin.cli.door import not_serving, opened, where
from huiyin.cli.options import FormatOption
from huiyin.cli.output import say, show, show_one
from huiyin.cli.running import ask, do, run
from huiyin.host.directory import County
from shared.copies.units import check_code
from shared.logs import configure
from shared.settings import Settings

UNIT_COLUMNS = {"code": "代码", "name": "名称", "aliases": "别名", "parent": "上级"}
OFFICER_COLUMNS = {"id": "标识", "name": "姓名", "unit": "单位", "post": "职务"}


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
    officer: Annotated[str | None, typer.Option(help="已有人员的标识, 改任时填写")] = None,
    format_: FormatOption = "table",
) -> None:
    """任命人员并发放令牌（只显示一次）。"""

    def tell(done: dict[str, Any]) -> None:
        say(f"已任命 {name}：{done['officer']}, {unit} {post}")
        say(f"令牌（只显示这一次）：{done['token']}")

    body = {"name": name, "unit": unit, "post": post, "officer": officer}
    show_one(do("/routing/officers", body), format_, tell)


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
    show(ask("/routing/officers"), OFFICER_COLUMNS, format_)


def sign_in() -> None:
    """取得网页的一次性登录链接（15 分钟内有效；系统须在运行）。"""

    async def work(settings: Settings) -> None:
        serving = where(settings)
        if serving is None or serving.url is None:
            raise not_serving()
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
