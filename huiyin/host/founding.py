"""Makes a county in an empty data directory, all of it or nothing (建库)."""

import csv
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from huiyin.host.directory import County, DataDirectory
from huiyin.host.embedded import booted
from huiyin.host.host import Host
from services.routing.administration import Administration
from services.routing.appointments import Appointments
from services.routing.orders import Appointment
from shared.clock import Clock
from shared.contracts.routing import CountyFounded
from shared.copies.units import Unit, check_code
from shared.errors import Invalid, Refused
from shared.identity.officer import Officer
from shared.identity.officers import new_officer_id
from shared.policy import Pack
from shared.settings import Settings
from shared.words import ADMINISTRATOR

COLUMNS = ("code", "name", "aliases", "parent")


def read_units(path: Path, root: str) -> list[Unit]:
    """Read and check a UTF-8 CSV of units, parents before their children.

    A unit without ``parent`` stands directly under the root. Raises Invalid ``units.*`` naming row
    and column.
    """
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            _check_columns(reader.fieldnames)
            rows = [_unit(line, row) for line, row in enumerate(reader, 2)]
    except (OSError, UnicodeDecodeError) as problem:
        raise Invalid(
            "units.unreadable",
            f"读不了单位文件 {path}。",
            "请检查路径, 并存为 UTF-8 的 CSV。",
            "units",
        ) from problem
    _check_references(rows, root)
    return _parents_first(rows, root)


@contextmanager
def founded_directory(settings: Settings) -> Iterator[Settings]:
    """Settings of a draft directory; its contents move into place when all went well."""
    directory = DataDirectory(settings.data)
    if settings.data.exists() and any(settings.data.iterdir()):
        said = "里已有县域数据" if not directory.is_empty else "不是空目录"
        raise Refused(
            "data.not-empty",
            f"数据目录 {directory.path} {said}, 不能在其中建库。",
            "请用 HUIYIN_DATA 指定一个空目录。",
            "HUIYIN_DATA",
        )
    draft = settings.data.parent / f".{settings.data.name}.draft-{os.getpid()}"
    try:
        yield _moved(settings, draft)
        settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        for child in sorted(draft.iterdir(), key=lambda each: each.name == "county.json"):
            os.rename(child, settings.data / child.name)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


async def found(
    settings: Settings,
    county: County,
    units: Sequence[Unit],
    root_name: str,
    clock: Clock | None = None,
    rules: Pack | None = None,
) -> tuple[Officer, str]:
    """Make county, units and first administrator; returns the administrator and the token.

    Its rules are the shipped county baseline where no others are given.
    """
    directory = DataDirectory(settings.data)
    with directory.held():
        async with booted(settings, county.code, clock=clock) as host:
            first, token = await establish(host, county, root_name, units, rules=rules)
            await host.settle()
        directory.keep_token(token)
        directory.found(county)
    return first, token


async def establish(
    host: Host,
    county: County,
    root_name: str,
    units: Sequence[Unit],
    *,
    first_name: str = "系统管理员",
    rules: Pack | None = None,
) -> tuple[Officer, str]:
    """The same on a host that runs; ``first_name`` is what the first administrator is called."""
    store = host.rooms["routing"].store
    administration = Administration(store)
    first = Officer(new_officer_id(), first_name, county.root, ADMINISTRATOR)
    founded = CountyFounded(**county.model_dump())
    await administration.found_county(founded, root_name, first, rules=rules)
    order = Appointment(name=first.name, unit=first.unit, post=first.post, officer=first.id)
    _, token = await Appointments(store, host.officers, host.vault).appoint(order, first)
    for unit in units:
        parent = unit.parent or county.root
        await administration.establish_unit(unit.code, unit.name, unit.aliases, parent, first)
    return first, token


def _moved(settings: Settings, draft: Path) -> Settings:
    """The same settings for the draft; a wrapping key inside the directory moves along."""
    draft.mkdir(mode=0o700, parents=True)
    inside = settings.wrapping_key.is_relative_to(settings.data)
    key = draft / settings.wrapping_key.relative_to(settings.data) if inside else None
    return replace(settings, data=draft, wrapping_key=key or settings.wrapping_key)


def _check_columns(found: Sequence[str] | None) -> None:
    missing = [name for name in ("code", "name") if name not in (found or ())]
    if missing:
        raise Invalid(
            "units.column-missing",
            f"单位文件缺少列 {'、'.join(missing)}。",
            f"第一行应为 {','.join(COLUMNS)}（UTF-8）。",
            missing[0],
        )


def _unit(line: int, row: dict[str, str | None]) -> Unit:
    code, name = (row.get("code") or "").strip(), (row.get("name") or "").strip()
    check_code(code, field=f"第 {line} 行 code")
    if not name:
        raise Invalid(
            "units.name-missing",
            f"第 {line} 行没有单位名称。",
            "请填写 name。",
            f"第 {line} 行 name",
        )
    aliases = (row.get("aliases") or "").replace("；", ";").replace("、", ";").split(";")
    kept = tuple(alias.strip() for alias in aliases if alias.strip())
    return Unit(code, name, kept, (row.get("parent") or "").strip() or None)


def _check_references(rows: Sequence[Unit], root: str) -> None:
    codes = [root, *(row.code for row in rows)]
    for line, row in enumerate(rows, 2):
        if codes.count(row.code) > 1:
            raise _bad_row(line, "code", f"代码 {row.code} 重复", "请保证每个代码只出现一次。")
        if row.parent is not None and row.parent not in codes:
            raise _bad_row(line, "parent", f"没有代码为 {row.parent} 的单位", "请填写已有的代码。")


def _parents_first(rows: Sequence[Unit], root: str) -> list[Unit]:
    placed, waiting = {root}, list(rows)
    ordered: list[Unit] = []
    while waiting:
        ready = [row for row in waiting if (row.parent or root) in placed]
        if not ready:
            line = rows.index(waiting[0]) + 2
            raise _bad_row(line, "parent", "上级单位首尾相接", "请让每个单位最终归于根单位。")
        ordered += ready
        placed |= {row.code for row in ready}
        waiting = [row for row in waiting if row not in ready]
    return ordered


def _bad_row(line: int, column: str, message: str, remedy: str) -> Invalid:
    return Invalid("units.bad-row", f"第 {line} 行：{message}。", remedy, f"第 {line} 行 {column}")
