"""Given facts, when a command, then facts: how the rules of the docket are told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import reduce
from uuid import UUID

from services.deadlines.commands import DocketCommand, NoteDone, StartDuty
from services.deadlines.docket import DOCKET, Docket, decide
from shared.clock import SHANGHAI
from shared.contracts.catalogue import Fact
from shared.contracts.deadlines import DutyStarted
from shared.contracts.envelope import Actor, Envelope, Recorded, Standing

INCIDENT = UUID("00000000-0000-4000-8000-000000000001")
POSTED = datetime(2026, 3, 2, 14, 10, tzinfo=SHANGHAI).astimezone(UTC)
DUE = datetime(2026, 3, 6, tzinfo=SHANGHAI).astimezone(UTC)
"""24:00 of the third day after the day of ``POSTED``."""

SECOND = timedelta(seconds=1)
MICROSECOND = timedelta(microseconds=1)

START = StartDuty(
    duty="B.T01",
    rule="B.T01",
    each="",
    title="回复",
    clause="自发帖之日起三日内公开回复",
    party="handling_unit",
    stop="publish",
    clock="days",
    start=POSTED,
    known_at=POSTED,
    due=DUE,
)
STARTED = DutyStarted(
    duty="B.T01",
    rule="B.T01",
    each="",
    title="回复",
    clause="自发帖之日起三日内公开回复",
    party="handling_unit",
    stop="publish",
    clock="days",
    start=POSTED,
    known_at=POSTED,
    due=DUE,
    provisional=False,
    period=None,
)


def done(
    at: datetime, *, recorded: datetime | None = None, standing: Standing = "live"
) -> NoteDone:
    """A reply published at a moment, and put on record then unless told otherwise."""
    return NoteDone("B.T01", at, recorded or at, standing)


def recorded(fact: Fact, standing: Standing = "live") -> Recorded:
    """A fact as an event of the docket; its bytes do not matter to rules."""
    envelope = Envelope(
        id=INCIDENT,
        type=fact.TYPE,
        source="deadlines@QH",
        epoch="0",
        stream=f"deadlines/docket/{INCIDENT}",
        seq=1,
        prev=None,
        unit="QH-YZ",
        actor=Actor(officer="system", post="deadlines"),
        occurred_at=POSTED,
        recorded_at=POSTED,
        cause=None,
        correlation=INCIDENT,
        policy="county-baseline@2026.1#000000000000",
        salt="",
        standing=standing,
    )
    return Recorded(envelope, fact, b"")


@dataclass(frozen=True)
class Given:
    """A history, to which something is told."""

    history: Sequence[Recorded]

    def when(self, command: DocketCommand) -> Sequence[Fact]:
        """What it leads to."""
        return decide(DOCKET.fold(self.history), command)


def given(*facts: Fact, standing: Standing = "live") -> Given:
    """These facts are on record."""
    return Given([recorded(fact, standing) for fact in facts])


def live(
    commands: Sequence[DocketCommand], standing: Standing = "live"
) -> tuple[Docket, list[Recorded]]:
    """A docket told one thing after another: its state, carried along, and all its events."""
    docket, history = DOCKET.initial, list[Recorded]()
    for command in commands:
        new = [recorded(fact, standing) for fact in decide(docket, command)]
        docket = reduce(DOCKET.evolve, new, docket)
        history += new
    return docket, history
