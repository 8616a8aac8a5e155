"""What somebody may read of the record (可见范围): a matter in which a unit within reach takes
part, and ever after what it was until that unit left.
"""

from collections.abc import Collection

from services.reporting.ledger.row import LedgerRow
from services.reporting.versions import NOW
from shared.copies.matters import unknown_incident
from shared.copies.reach import Reach, not_your_matter
from shared.store.sql import Sql

AT_ONCE = 5_000
"""Matters named in one statement: databases take no more than some ten thousand parameters."""


def seen(sql: Sql, reach: Reach, matters: Collection[str]) -> dict[str, int]:
    """Of these matters those that may be read, each with how many leaves of the log may be; the
    whole log (``NOW``) while a unit within reach takes part.
    """
    if reach.units is None:
        return dict.fromkeys(matters, NOW)
    condition, params = reach.takes_part()
    found: dict[str, int] = {}
    for start in range(0, len(matters), AT_ONCE):
        some = tuple(matters)[start : start + AT_ONCE]
        rows = sql.all(
            "SELECT incident, MAX(to_leaf) AS upto FROM ledger"
            f" WHERE incident IN ({', '.join('?' * len(some))}) AND {condition} GROUP BY incident",
            (*some, *params),
        )
        found |= {row["incident"]: row["upto"] for row in rows}
    return found


def check_seen(sql: Sql, reach: Reach, row: LedgerRow, name: str) -> int:
    """How many leaves of the log may be read of a matter, at most.

    Raises Refused ``matter.not-yours``, or Unknown ``incident.unknown`` before it is known whose
    it is.
    """
    upto = seen(sql, reach, [row.incident]).get(row.incident)
    if upto is not None:
        return upto
    raise unknown_incident(sql, name) if row.number is None else not_your_matter()
