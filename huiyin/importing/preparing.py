"""Before an import: the units, the unit's field map, and what the columns of the file mean."""

from collections.abc import Mapping
from typing import Any, Protocol

from huiyin.importing.columns import Columns, known, understood
from huiyin.importing.encoding import guess
from huiyin.importing.rejected import ADDED, is_ours
from huiyin.importing.source import SourceFile
from huiyin.importing.transfer import Order
from shared.contracts.intake import ImportField
from shared.copies.units import Unit
from shared.errors import Invalid, Unknown


class Door(Protocol):
    """How the rooms are asked."""

    async def get(self, path: str, **params: str | None) -> Any:
        """Ask; raises the error that the system answers with."""

    async def put(self, path: str, body: dict[str, Any]) -> Any:
        """Replace; raises the error that the system answers with."""


async def prepare(
    door: Door,
    source: SourceFile,
    unit: str | None,
    given: Mapping[str, ImportField],
    *,
    left_open: bool = False,
    dry: bool = False,
) -> Order:
    """Everything an import of the file needs; the unit is the root where none is named.

    Raises Invalid ``import.column-missing`` and others of ``columns``, ``unit.unknown``, and
    Refused ``unit.not-yours``.
    """
    units = {each["code"]: _unit(each) for each in await door.get("/routing/units")}
    code = unit or _root(units)
    kept = (await door.get(f"/intake/field-maps/{code}"))["columns"]
    ours = is_ours(source.headings)
    columns = _understood(source, given, kept, ours=ours)
    return Order(source, columns, code, units, left_open, dry, ours)


async def save_map(door: Door, unit: str, given: Mapping[str, ImportField]) -> bool:
    """Keep what was said of the columns for the unit's next files; tells whether it was new."""
    kept: dict[str, ImportField] = (await door.get(f"/intake/field-maps/{unit}"))["columns"]
    changed = {**kept, **given}
    if changed == kept:
        return False
    await door.put(f"/intake/field-maps/{unit}", {"columns": changed})
    return True


def _understood(
    source: SourceFile,
    given: Mapping[str, ImportField],
    kept: Mapping[str, ImportField],
    *,
    ours: bool,
) -> Columns:
    headings = source.headings[len(ADDED) :] if ours else source.headings
    try:
        return understood(headings, given, kept)
    except Invalid as problem:
        if source.encoding == "gb18030" and not known(headings):
            problem.remedy += _perhaps_another_encoding(source)
        raise


def _perhaps_another_encoding(source: SourceFile) -> str:
    with open(source.path, "rb") as file:
        other = guess(file)
    if other in (None, "gb18030", "gbk", "gb2312"):
        return ""
    return f"列名若是乱码, 这个文件也可能是 {other}, 请加 --encoding {other} 再试。"


def _root(units: Mapping[str, Unit]) -> str:
    roots = [unit.code for unit in units.values() if unit.parent is None]
    if len(roots) != 1:
        raise Unknown("unit.root-unknown", "还没有根单位。", "请用 --unit 指明归哪个单位。", "unit")
    return roots[0]


def _unit(entry: Mapping[str, Any]) -> Unit:
    return Unit(entry["code"], entry["name"], tuple(entry["aliases"]), entry["parent"])
