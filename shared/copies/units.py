"""A room's own copy of the county (县) and its units (单位), kept from routing's events."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID, uuid5

from shared.contracts.envelope import UNIT_CODE
from shared.contracts.routing import CountyFounded, SupervisorNamed, UnitEstablished
from shared.errors import Invalid, Refused
from shared.store.readmodel import ReadModel, each
from shared.store.sql import Row, Sql


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: code, name, other names and the code of the unit above it."""

    code: str
    name: str
    aliases: tuple[str, ...]
    parent: str | None


UNITS = UUID("2f1b6c38-6a0e-5b7f-9d43-8c5a4e7d9b10")
"""Namespace from which units get the id under which their own days are kept, by their code."""


def unit_id(code: str) -> UUID:
    """What acts of a unit's own day belong to: itself."""
    return uuid5(UNITS, code)


def learn_unit(sql: Sql, fact: UnitEstablished) -> None:
    """Keep what an event says of a unit."""
    sql.execute(
        "INSERT INTO units VALUES (?, ?, ?, ?) ON CONFLICT (code) DO UPDATE SET"
        " name = excluded.name, aliases = excluded.aliases, parent = excluded.parent",
        (fact.code, fact.name, ";".join(fact.aliases), fact.parent),
    )


def learn_supervisor(sql: Sql, fact: SupervisorNamed) -> None:
    """Keep who judges the root."""
    sql.execute(
        "INSERT INTO supervisors VALUES (?, ?) ON CONFLICT (unit) DO UPDATE SET"
        " supervisor = excluded.supervisor",
        (fact.unit, fact.supervisor),
    )


def _learn(sql: Sql, fact: UnitEstablished | SupervisorNamed) -> None:
    if isinstance(fact, SupervisorNamed):
        learn_supervisor(sql, fact)
    else:
        learn_unit(sql, fact)


MODEL = ReadModel(
    {"units": ("code",), "supervisors": ("unit",)},
    (
        "CREATE TABLE IF NOT EXISTS units (code TEXT PRIMARY KEY, name TEXT, aliases TEXT,"
        " parent TEXT)",
        "CREATE TABLE IF NOT EXISTS supervisors (unit TEXT PRIMARY KEY, supervisor TEXT)",
    ),
    (UnitEstablished, SupervisorNamed),
    each(_learn),
)


def _learn_county(sql: Sql, fact: CountyFounded) -> None:
    sql.execute(
        "INSERT INTO county VALUES (?, ?, ?, ?) ON CONFLICT (code) DO UPDATE SET"
        " name = excluded.name, root = excluded.root, demonstration = excluded.demonstration",
        (fact.code, fact.name, fact.root, int(fact.demonstration)),
    )


COUNTY = ReadModel(
    {"county": ("code",)},
    (
        "CREATE TABLE IF NOT EXISTS county (code TEXT PRIMARY KEY, name TEXT, root TEXT,"
        " demonstration BIGINT)",
    ),
    (CountyFounded,),
    each(_learn_county),
)
"""Whose county it is: only some rooms ask for that."""


def founded_county(sql: Sql) -> CountyFounded | None:
    """What was said when the county was founded, or none before that is heard."""
    row = sql.one("SELECT code, name, root, demonstration FROM county")
    if row is None:
        return None
    return CountyFounded(**{**dict(row), "demonstration": bool(row["demonstration"])})


def all_units(sql: Sql) -> dict[str, Unit]:
    """Every unit by code."""
    return {row["code"]: _unit(row) for row in sql.all("SELECT * FROM units ORDER BY code")}


def known_unit(sql: Sql, code: str, *, field: str = "unit") -> Unit:
    """The unit with that code; raises Invalid ``unit.unknown``."""
    row = sql.one("SELECT * FROM units WHERE code = ?", (code,))
    if row is None:
        raise unknown_unit(code, field)
    return _unit(row)


def unit_by_name(units: dict[str, Unit], name: str) -> Unit | None:
    """The unit that a name or other name means, or none when it is unknown or not clear."""
    found = [unit for unit in units.values() if name in (unit.code, unit.name, *unit.aliases)]
    return found[0] if len(found) == 1 else None


def upwards(sql: Sql, code: str) -> Iterator[str]:
    """A unit and those above it, nearest first."""
    at: str | None = code
    while at is not None:
        yield at
        row = sql.one("SELECT parent FROM units WHERE code = ?", (at,))
        at = row["parent"] if row else None


def above(sql: Sql, code: str) -> list[str]:
    """The units that may judge one (回避): those above it, and who supervises the topmost."""
    chain = list(upwards(sql, code))
    row = sql.one("SELECT supervisor FROM supervisors WHERE unit = ?", (chain[-1],))
    named = [row["supervisor"]] if row else []
    return [each for each in dict.fromkeys((*chain[1:], *named)) if each != code]


def is_within(sql: Sql, code: str, above: str) -> bool:
    """Whether a unit is ``above`` itself or under it."""
    return above in upwards(sql, code)


def check_within(sql: Sql, code: str, above: str) -> None:
    """Refuse unless the unit is ``above`` itself or under it: officers act for their own."""
    if not is_within(sql, code, above):
        said = f"您任职于 {above}, 不能代 {code} 办理。"
        raise Refused("unit.not-yours", said, "请由该单位或其上级单位的人员办理。", "unit")


def check_code(code: str, *, field: str) -> None:
    """Raises Invalid ``unit.code-malformed`` for a code that cannot stand in a subject."""
    if not UNIT_CODE.fullmatch(code):
        remedy = "请用大写字母、数字和连字符, 最长 32 个字符, 例如 QH-YZ。"
        raise Invalid("unit.code-malformed", f"单位代码“{code}”不合规定。", remedy, field)


def unknown_unit(code: str, field: str) -> Invalid:
    """The error for a unit that is not in the directory."""
    remedy = "请用 huiyin units 查看单位代码；新单位由管理员登记。"
    return Invalid("unit.unknown", f"没有代码为“{code}”的单位。", remedy, field)


def _unit(row: Row) -> Unit:
    aliases = tuple(filter(None, row["aliases"].split(";")))
    return Unit(row["code"], row["name"], aliases, row["parent"])
