"""The rules that matters and duties are under (规则), as far as they have been heard of here."""

from collections.abc import Mapping

from shared.copies.packs import pack_by_pin
from shared.errors import Untrusted
from shared.policy.language.pack import Pack
from shared.store.sql import Sql
from shared.words import CATEGORIES, CHANNELS, GRADES


class Rulings:
    """The packs by pin, each looked up once for a question."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql
        self._known: dict[str | None, Pack | None] = {}

    def of(self, pin: str | None) -> Pack | None:
        """The pack of that pin, or none where no adoption heard of here has named it."""
        if pin not in self._known:
            self._known[pin] = _looked_up(self._sql, pin)
        return self._known[pin]


def grade_name(pack: Pack | None, grade: str | None) -> str | None:
    """What a grade is called: a value of the pack's axis of severity, else the common word."""
    return None if grade is None else _value(pack, "severity", grade, GRADES)


def category_name(pack: Pack | None, category: str) -> str:
    """What a category is called: a value of the pack's axis, else the common word."""
    return _value(pack, "category", category, CATEGORIES)


def channel_name(pack: Pack | None, channel: str) -> str:
    """What a channel is called by the pack, else by the common word."""
    return (pack.channels.get(channel) if pack else None) or CHANNELS.get(channel, channel)


def _value(pack: Pack | None, axis: str, value: str, common: Mapping[str, str]) -> str:
    declared = pack.axes.get(axis) if pack else None
    return (declared.values.get(value) if declared else None) or common.get(value, value)


def party_name(pack: Pack | None, party: str) -> str:
    """What a party or post is called, or its key where the pack names none."""
    return pack.parties.get(party, party) if pack else party


def _looked_up(sql: Sql, pin: str | None) -> Pack | None:
    try:
        return pack_by_pin(sql, pin)
    except Untrusted:
        return None  # rules of an earlier release, never adopted: events say what they need
