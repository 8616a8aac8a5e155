"""Read models: tables that are nothing but a fold of events, and can be made afresh."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from shared.contracts.catalogue import Fact, newest
from shared.contracts.envelope import Recorded
from shared.store.sql import Sql


class Placed(NamedTuple):
    """An event and its position in the upstream it was read from."""

    position: int
    event: Recorded


@dataclass(frozen=True, slots=True)
class ReadModel:
    """Tables, how to make them, which facts matter to them, and how those change them.

    ``apply`` must give the same rows whatever the order of events from different services, for
    that order is not the same here and in the audit log. ``tables`` maps each table to the columns
    that identify its rows.
    """

    tables: dict[str, tuple[str, ...]]
    schema: Sequence[str]
    facts: Sequence[type[Fact]]
    apply: Callable[[Sql, Sequence[Placed]], None]

    def wants(self, name: str) -> bool:
        """Whether events of that name change these tables."""
        return newest(name) in _names(tuple(self.facts))

    def note(self, sql: Sql, events: Sequence[Recorded]) -> None:
        """Fold events whose position does not matter to these tables."""
        self.apply(sql, [Placed(0, event) for event in events])


@cache
def _names(facts: tuple[type[Fact], ...]) -> frozenset[str]:
    return frozenset(fact.TYPE for fact in facts)
