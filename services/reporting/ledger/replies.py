"""Which reply of a matter is owed first (应先答复的时限), as each event of its duties has it; pure.

A matter can owe several replies: an interim one and the result, or a shorter one since it was
graded. The ledger shows the one that is owed first; when none is owed any more, the worst.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from shared import duties
from shared.clock import to_micros
from shared.contracts.catalogue import Fact
from shared.contracts.deadlines import DutyEnded, DutyMeasured, DutyStarted

_FIRST = (
    ("missed", "running"),
    ("recorded_late",),
    ("met_late", "settled_late"),
    ("met", "superseded", "settled_in_time"),
    ("cancelled",),
)
"""What is owed still, what waits for a person, what was late, what was in time, what fell away."""

_PLACE = {verdict: place for place, verdicts in enumerate(_FIRST) for verdict in verdicts}

CHANGED_BY = tuple(fact for fact in duties.CHANGED_BY if fact not in (DutyMeasured, DutyEnded))
"""The facts that tell of replies owed; what is only measured is none."""


@dataclass(frozen=True, slots=True)
class ReplyOwed:
    """One reply owed, and how it stands; ``due`` in microseconds since 1970 (UTC)."""

    duty: str | None
    due: int | None
    verdict: str | None
    spare_seconds: int | None = None
    late_seconds: int | None = None

    def __str__(self) -> str:
        """As a row keeps it; the duty comes last, for it may hold any sign but a semicolon."""
        numbers = (self.due, self.spare_seconds, self.late_seconds)
        written = ",".join("" if number is None else str(number) for number in numbers)
        return f"{self.verdict},{written},{self.duty}"


def read_replies(text: str) -> list[ReplyOwed]:
    """What a row keeps."""
    return [_read(each) for each in text.split(";") if each]


def follow(replies: Sequence[ReplyOwed], fact: Fact) -> list[ReplyOwed]:
    """The replies after one more fact of a matter's duties, the one owed first in front."""
    if isinstance(fact, DutyStarted):
        return _sorted([*replies, *_started(replies, fact)])
    return _sorted([_after(each, fact) for each in replies])


def _started(replies: Sequence[ReplyOwed], fact: DutyStarted) -> list[ReplyOwed]:
    """A reply that can be late; what is only measured stands with the other duties."""
    known = any(each.duty == fact.duty for each in replies)
    if known or fact.due is None or fact.period is not None or "publish" not in fact.stop:
        return []
    return [ReplyOwed(fact.duty, to_micros(fact.due), "running")]


def _after(reply: ReplyOwed, fact: Fact) -> ReplyOwed:
    if getattr(fact, "duty", None) != reply.duty:
        return reply
    changed = duties.changes(fact)
    if "state" not in changed:
        return replace(reply, due=changed.get("due", reply.due))
    return replace(
        reply,
        verdict=changed["state"],
        spare_seconds=changed.get("spare_seconds"),
        late_seconds=changed.get("late_seconds"),
    )


def _sorted(replies: Sequence[ReplyOwed]) -> list[ReplyOwed]:
    if len(replies) < 2:
        return list(replies)
    return sorted(replies, key=lambda e: (_PLACE[e.verdict or ""], e.due or 0, e.duty or ""))


def _read(text: str) -> ReplyOwed:
    verdict, due, spare, late, duty = text.split(",", 4)
    return ReplyOwed(duty, _number(due), verdict, _number(spare), _number(late))


def _number(text: str) -> int | None:
    return int(text) if text else None
