"""A room's own copy of the packs (规则包) that units adopted, kept from routing's events."""

import json
from functools import lru_cache

from shared.contracts.routing import PackAdopted, PackWithdrawn
from shared.copies.units import upwards
from shared.errors import Untrusted
from shared.policy.language.loading import COUNTY_BASELINE, build, load_pack
from shared.policy.language.pack import Pack
from shared.store.readmodel import ReadModel, each
from shared.store.sql import Sql


def learn_pack(sql: Sql, fact: PackAdopted | PackWithdrawn) -> None:
    """Keep what an event says of a unit's pack. A pack is kept for ever: old cases are under it."""
    if isinstance(fact, PackWithdrawn):
        sql.execute("DELETE FROM adoptions WHERE unit = ? AND pin = ?", (fact.unit, fact.pin))
        return
    sql.execute(
        "INSERT INTO packs VALUES (?, ?, ?) ON CONFLICT (pin) DO NOTHING",
        (fact.pin, json.dumps(fact.texts), json.dumps(fact.params)),
    )
    sql.execute(
        "INSERT INTO adoptions VALUES (?, ?) ON CONFLICT (unit) DO UPDATE SET pin = excluded.pin",
        (fact.unit, fact.pin),
    )


MODEL = ReadModel(
    {"packs": ("pin",), "adoptions": ("unit",)},
    (
        "CREATE TABLE IF NOT EXISTS packs (pin TEXT PRIMARY KEY, texts TEXT, params TEXT)",
        "CREATE TABLE IF NOT EXISTS adoptions (unit TEXT PRIMARY KEY, pin TEXT)",
    ),
    (PackAdopted, PackWithdrawn),
    each(learn_pack),
)


def pack_by_pin(sql: Sql, pin: str | None) -> Pack:
    """The pack of that pin; without one, the baseline that this release ships.

    Raises Untrusted ``pack.not-heard`` for a pin that no adoption heard here has named.
    """
    if pin is None or pin == baseline().pin:
        return baseline()
    row = sql.one("SELECT texts, params FROM packs WHERE pin = ?", (pin,))
    if row is None:
        said = f"还没有收到规则包 {pin} 的采用记录。"
        remedy = "请等本服务追上 routing；长时间不消失的, 请看 huiyin doctor。"
        raise Untrusted("pack.not-heard", said, remedy, "policy")
    return _built(row["texts"], row["params"])


def adopted_by(sql: Sql, unit: str) -> str | None:
    """The pin of the pack that a unit itself adopted, or none."""
    row = sql.one("SELECT pin FROM adoptions WHERE unit = ?", (unit,))
    return row["pin"] if row else None


def pack_in_force(sql: Sql, unit: str) -> Pack:
    """The pack that binds a unit now: its own, or that of the nearest unit above it."""
    return pack_by_pin(sql, pin_in_force(sql, unit))


def pin_in_force(sql: Sql, unit: str) -> str | None:
    """The pin of the pack that binds a unit now, or none as long as no adoption was heard of.

    A supervising unit from outside goes by the rules of the root that it judges.
    """
    supervised = sql.one("SELECT unit FROM supervisors WHERE supervisor = ?", (unit,))
    units = (*upwards(sql, unit), *((supervised["unit"],) if supervised else ()))
    adopted = (adopted_by(sql, each) for each in units)
    return next((pin for pin in adopted if pin is not None), None)


@lru_cache(1)
def baseline() -> Pack:
    """The county baseline that this release ships."""
    return load_pack(COUNTY_BASELINE)


@lru_cache(256)
def _built(texts: str, params: str) -> Pack:
    pack, complaints = build(json.loads(texts), json.loads(params))
    if pack is None:
        told = "；".join(each.message for each in complaints)
        said = f"已采用的规则包在本版本中读不出来：{told}"
        raise Untrusted("pack.no-longer-readable", said, "请把本服务升级到能读它的版本。", "pack")
    return pack
