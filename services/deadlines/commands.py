"""What a docket can be told (计时、变动、已办、到期、撤销、裁定); all moments are UTC."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from shared.contracts.envelope import Standing

Because = Literal["voided", "linked", "history", "unless", "repinned", "calendar"]
"""Why nothing is owed any more: voided 作废, linked 并案, closed as unanswered history 历史, done
otherwise (``unless``), under other rules now, or of a day that is no working day after all."""

Moved = Literal["extension", "correction", "calendar", "repinned"]
"""Why a running duty has another limit: 延期, 更正, 历法公布, 改用规则."""


@dataclass(frozen=True, slots=True)
class StartDuty:
    """A duty begins (计时开始): ``party`` must do ``stop`` by ``due``, inclusive.

    ``due`` is none where it is only measured.
    """

    duty: str
    rule: str
    each: str
    title: str
    clause: str
    party: str
    stop: str
    clock: str
    start: datetime
    known_at: datetime
    due: datetime | None
    provisional: bool = False
    period: str | None = None


@dataclass(frozen=True, slots=True)
class MoveDuty:
    """A running duty counts from another start or ends at another limit (时限变动)."""

    duty: str
    start: datetime
    due: datetime
    provisional: bool
    because: Moved


@dataclass(frozen=True, slots=True)
class NoteDone:
    """A duty was done (已办): when, as claimed, and when it was put on record.

    ``standing`` is the record's: for an imported one ``recorded_at`` is the moment of import and
    says nothing.
    """

    duty: str
    done_at: datetime
    recorded_at: datetime
    standing: Standing


@dataclass(frozen=True, slots=True)
class NoteEnded:
    """What a duty stays open for has come to its end (持续义务结束)."""

    duty: str
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class Lacking:
    """What a unit's period lacks: how often of how many times it was done, or so many seconds."""

    count_wanted: int | None = None
    count_done: int | None = None
    gap_seconds: int | None = None
    leaderless_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class NoteDue:
    """The scheduler looked at the clock (到期), and at what is lacking of a unit's period."""

    now: datetime
    lacking: Lacking = Lacking()


@dataclass(frozen=True, slots=True)
class NoteGone:
    """A duty is owed no more (撤销), and when that was recorded."""

    duty: str
    because: Because
    recorded_at: datetime


DocketCommand = StartDuty | MoveDuty | NoteDone | NoteEnded | NoteDue | NoteGone
