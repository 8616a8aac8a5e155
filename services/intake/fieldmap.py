"""A unit's field map (列名对照): what the headings in its files mean. Its rules; pure."""

from collections.abc import Sequence

from shared.contracts.catalogue import Fact
from shared.contracts.intake import Column, FieldMapSaved
from shared.errors import Invalid

LONGEST_HEADING = 100
"""Characters."""

Columns = tuple[Column, ...]


def save(kept: Columns, wanted: Columns) -> Sequence[Fact]:
    """Keep a map instead of the one before; the same again adds nothing.

    Raises Invalid ``field-map.*``.
    """
    _check_headings(wanted)
    _check_once(wanted)
    return [] if wanted == kept else [FieldMapSaved(columns=wanted)]


def _check_headings(columns: Sequence[Column]) -> None:
    for column in columns:
        if not 0 < len(column.heading.strip()) <= LONGEST_HEADING:
            raise Invalid(
                "field-map.heading-malformed",
                f"列名“{column.heading[:LONGEST_HEADING]}”为空或太长。",
                f"列名为文件第一行里的文字, 最长 {LONGEST_HEADING} 字。",
                "columns",
            )


def _check_once(columns: Sequence[Column]) -> None:
    headings = [column.heading for column in columns]
    twice = {heading for heading in headings if headings.count(heading) > 1}
    if twice:
        raise Invalid(
            "field-map.heading-twice",
            f"列名“{min(twice)}”对照了两次。",
            "一个列名只能对应一个字段, 请只留一个。",
            "columns",
        )
