"""The rules that matters and duties are under (规则), as far as they have been heard of here."""

from shared.errors import Untrusted
from shared.packs import pack_by_pin
from shared.policy.pack import Pack
from shared.store.sql import Sql
from shared.words import GRADES


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
    if grade is None:
        return None
    axis = pack.axes.get("severity") if pack else None
    return (axis.values.get(grade) if axis else None) or GRADES.get(grade, grade)


def party_name(pack: Pack | None, party: str) -> str:
    """What a party or post is called, or its key where the pack names none."""
    return pack.parties.get(party, party) if pack else party


def _looked_up(sql: Sql, pin: str | None) -> Pack | None:
    try:
        return pack_by_pin(sql, pin)
    except Untrusted:
        return None  # rules of an earlier release, never adopted: events say what they need
