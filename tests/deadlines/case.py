"""Given facts, when a command, then facts: how the rules of the docket are told."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from services.deadlines.docket import docket_of, observe, reconcile
from shared.calendar.working import Limit
from shared.clock import SHANGHAI
from shared.contracts.catalogue import Fact
from shared.contracts.deadlines import DutyStarted
from shared.contracts.envelope import Actor, Envelope, Recorded, Standing
from shared.policy.engine.deeds import Done, Gone
from shared.policy.engine.limits import DutyKey
from shared.policy.engine.outlook import Outlook
from shared.policy.language.patterns import read_demand
from shared.policy.language.rules import Duty

INCIDENT = UUID("00000000-0000-4000-8000-000000000001")
POSTED = datetime(2026, 3, 2, 14, 10, tzinfo=SHANGHAI).astimezone(UTC)
DUE = datetime(2026, 3, 6, tzinfo=SHANGHAI).astimezone(UTC)
"""24:00 of the third day after the day of ``POSTED``."""

SECOND = timedelta(seconds=1)
MICROSECOND = timedelta(microseconds=1)

OWED = Outlook(
    key=DutyKey("B.T01"),
    rule=Duty(
        zh="回复",
        clause="自发帖之日起三日内公开回复",
        start=("posted",),
        stop=read_demand("publish"),
        days=3,
    ),
    start=POSTED,
    known_at=POSTED,
    limit=Limit(DUE),
    done=None,
)
"""What rules make of a matter by which nothing was done yet."""

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


def done(at: datetime, *, recorded: datetime | None = None, standing: Standing = "live") -> Outlook:
    """A reply published at a moment, and put on record then unless told otherwise."""
    return replace(OWED, done=Done(at, recorded or at, (INCIDENT,), standing))


def gone(because: Gone, recorded_at: datetime) -> Outlook:
    """Nothing is owed any more, and when that was put on record."""
    return replace(OWED, gone=(because, recorded_at))


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


Told = Outlook | datetime
"""What rules make of a matter, or that somebody looks at the clock."""


@dataclass(frozen=True)
class Given:
    """A history, to which something is told."""

    history: Sequence[Recorded]
    standing: Standing

    def when(self, told: Told) -> list[Fact]:
        """What it leads to."""
        docket = docket_of(self.history)
        if isinstance(told, datetime):
            return [each.fact for each in observe(docket, told)]
        others = [replace(OWED, key=DutyKey(name)) for name in docket if name != str(told.key)]
        said = reconcile(docket, [told, *others], POSTED, self.standing, ("B.T01",))
        return [each.fact for each in said if getattr(each.fact, "duty", "") == str(told.key)]

    def and_(self, *facts: Fact) -> "Given":
        """These facts came after it."""
        new = [recorded(fact, self.standing) for fact in facts]
        return Given([*self.history, *new], self.standing)


def given(*facts: Fact, standing: Standing = "live") -> Given:
    """These facts are on record."""
    return Given([], standing).and_(*facts)


def live(told: Sequence[Told], standing: Standing = "live") -> list[Recorded]:
    """All events of a docket that is told one thing after another."""
    said = given(standing=standing)
    for each in told:
        said = said.and_(*said.when(each))
    return list(said.history)
