"""The table of duties from this room's events alone."""

from collections.abc import Iterable

from shared.contracts.envelope import Recorded
from shared.duties import DutyRow, project

Key = tuple[str, str]
"""Docket and duty."""


def key_of(event: Recorded) -> Key | None:
    """Which row an event changes, or none."""
    duty = getattr(event.fact, "duty", None)
    return None if duty is None else (str(event.envelope.stream_id), duty)


def fold_duties(events: Iterable[Recorded]) -> dict[Key, DutyRow]:
    """Every row, from this room's events alone: what the table must hold."""
    rows: dict[Key, DutyRow] = {}
    for event in events:
        key = key_of(event)
        row = project(rows.get(key), event) if key else None
        if key and row:
            rows[key] = row
    return rows
