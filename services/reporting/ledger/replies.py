"""Which reply of a matter is owed first (应先答复的时限), as each event of its duties has it; pure.

A matter can owe several replies: an interim one and the result, or a shorter one since it was
graded. The ledger shows the one that is owed first; when none is owed any more, the worst.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from shared.contracts.deadlines import (
    DutyCancelled,
    DutyMet,
    DutyMetLate,
    DutyMissed,
    DutyMoved,
    DutyRecordedLate,
    DutyStarted,
    DutySuperseded,
    LateRecordSettled,
)
from shared.contracts.envelope import Recorded
from shared.store.micros import to_micros

_FIRST = (
    ("missed", "running"),
    ("recorded_late",),
    ("met_late", "settled_late"),
    ("met", "superseded", "settled_in_time"),
    ("cancelled",),
)
"""What is owed still, what waits for a person, what was late, what was in time, what fell away."""

_PLACE = {verdict: place for place, verdicts in enumerate(_FIRST) for verdict in verdicts}


@dataclass(frozen=True, slots=True)
class Owing:
    """One reply owed, and how it stands; ``due`` in microseconds since 1970 (UTC)."""

    duty: str | None
    due: int | None
    verdict: str | None
    spare_seconds: int | None = None
    late_seconds: int | None = None

    def __str__(self) -> str:
        """As a row keeps it; the duty comes last, for it may hold any sign but a semicolon."""
        numbers = (self.due, self.spare_seconds, self.late_seconds)
        told = ",".join("" if number is None else str(number) for number in numbers)
        return f"{self.verdict},{told},{self.duty}"


def owing_of(text: str) -> list[Owing]:
    """What a row keeps."""
    return [_read(each) for each in text.split(";") if each]


def follow(replies: Sequence[Owing], event: Recorded) -> list[Owing]:
    """The replies after one more event of a matter's duties, the one owed first in front."""
    if isinstance(event.fact, DutyStarted):
        return _sorted([*replies, *_started(replies, event.fact)])
    return _sorted([_after(each, event) for each in replies])


def _started(replies: Sequence[Owing], fact: DutyStarted) -> list[Owing]:
    """A reply that can be late; what is only measured stands with the other duties."""
    known = any(each.duty == fact.duty for each in replies)
    if known or fact.due is None or fact.period is not None or "publish" not in fact.stop:
        return []
    return [Owing(fact.duty, to_micros(fact.due), "running")]


def _after(reply: Owing, event: Recorded) -> Owing:
    if getattr(event.fact, "duty", None) != reply.duty:
        return reply
    match event.fact:
        case DutyMet() as fact:
            return _judged(reply, "met", spare=fact.spare_seconds)
        case DutySuperseded() as fact:
            return _judged(reply, "superseded", spare=fact.spare_seconds)
        case DutyMissed():
            return _judged(reply, "missed")
        case DutyMetLate() as fact:
            return _judged(reply, "met_late", late=fact.late_seconds)
        case DutyRecordedLate():
            return _judged(reply, "recorded_late")
        case LateRecordSettled() as fact:
            return _judged(reply, "settled_in_time" if fact.in_time else "settled_late")
        case DutyMoved() as fact:
            return replace(reply, due=to_micros(fact.due))
        case DutyCancelled():
            return _judged(reply, "cancelled")
        case _:
            return reply


def _judged(reply: Owing, verdict: str, spare: int | None = None, late: int | None = None) -> Owing:
    return replace(reply, verdict=verdict, spare_seconds=spare, late_seconds=late)


def _sorted(replies: Sequence[Owing]) -> list[Owing]:
    if len(replies) < 2:
        return list(replies)
    return sorted(replies, key=lambda e: (_PLACE[e.verdict or ""], e.due or 0, e.duty or ""))


def _read(text: str) -> Owing:
    verdict, due, spare, late, duty = text.split(",", 4)
    return Owing(duty, _number(due), verdict, _number(spare), _number(late))


def _number(text: str) -> int | None:
    return int(text) if text else None
