"""The rules that matters and duties are under (规则), as far as they have been heard of here, and
which packs bound which units when.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import cache

from shared.clock import to_micros
from shared.contracts.routing import PackAdopted, PackWithdrawn
from shared.copies.packs import baseline, pack_by_pin
from shared.copies.units import upwards
from shared.errors import Untrusted
from shared.policy.language.pack import Pack
from shared.store.readmodel import Placed, ReadModel
from shared.store.sql import Sql
from shared.words import CATEGORIES, CHANNELS, GRADES

_COMMON: Mapping[str, Mapping[str, str]] = {"severity": GRADES, "category": CATEGORIES}
"""What values are called where no pack says so."""


Rulings = Callable[[str | None], Pack | None]
"""The pack of a pin, or none where no adoption heard of here has named it."""


def rulings(sql: Sql) -> Rulings:
    """The packs by pin, each looked up once for a question."""

    @cache
    def ruling(pin: str | None) -> Pack | None:
        with suppress(Untrusted):  # of an earlier release, never adopted: events say enough
            return pack_by_pin(sql, pin)
        return None

    return ruling


def axis_value(pack: Pack | None, axis: str, value: str) -> str:
    """What a value of an axis is called by the pack, else by the common word, if there is one."""
    declared = pack.axes.get(axis) if pack else None
    named = declared.values.get(value) if declared else None
    return named or _COMMON.get(axis, {}).get(value, value)


def channel_name(pack: Pack | None, channel: str) -> str:
    """What a channel is called by the pack, else by the common word."""
    return (pack.channels.get(channel) if pack else None) or CHANNELS.get(channel, channel)


def party_name(pack: Pack | None, party: str) -> str:
    """What a party or post is called, or its key where the pack names none."""
    return pack.parties.get(party, party) if pack else party


def pack_as_of(sql: Sql, unit: str, size: int, ends: datetime | None) -> Pack:
    """The pack that bound a unit before a moment, as the first ``size`` leaves tell it.

    It is the unit's own, or that of the nearest unit above it.
    """
    before = 2**62 if ends is None else to_micros(ends)
    for each in upwards(sql, unit):
        row = sql.one(
            "SELECT pin FROM bindings WHERE unit = ? AND leaf < ? AND at < ?"
            " ORDER BY leaf DESC LIMIT 1",
            (each, size, before),
        )
        if row is not None and row["pin"] is not None:
            return pack_by_pin(sql, row["pin"])
    return baseline()


def _bind(sql: Sql, batch: Sequence[Placed]) -> None:
    for position, event in batch:
        fact = event.fact
        assert isinstance(fact, PackAdopted | PackWithdrawn)
        pin = fact.pin if isinstance(fact, PackAdopted) else None
        row = (fact.unit, position - 1, to_micros(event.envelope.recorded_at), pin)
        sql.execute("INSERT INTO bindings VALUES (?, ?, ?, ?)", row)


MODEL = ReadModel(
    {"bindings": ("unit", "leaf")},
    (
        "CREATE TABLE IF NOT EXISTS bindings (unit TEXT, leaf BIGINT, at BIGINT, pin TEXT,"
        " PRIMARY KEY (unit, leaf))",
    ),
    (PackAdopted, PackWithdrawn),
    _bind,
)
