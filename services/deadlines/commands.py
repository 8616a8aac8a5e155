"""What a docket can be told (计时、已办、到期、撤销); all moments are UTC."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from shared.contracts.envelope import Standing

Because = Literal["voided", "linked", "history"]
"""Why nothing is owed any more: voided 作废, linked 并案, closed as unanswered history 历史."""


@dataclass(frozen=True, slots=True)
class StartDuty:
    """A duty begins (计时开始): ``party`` must do ``stop`` by ``due``, inclusive."""

    duty: str
    title: str
    clause: str
    party: str
    stop: str
    start: datetime
    due: datetime


@dataclass(frozen=True, slots=True)
class NoteDone:
    """An act was done (已办): when, as claimed, and when it was put on record.

    ``standing`` is the record's: for an imported one ``recorded_at`` is the moment of import and
    says nothing.
    """

    act: str
    done_at: datetime
    recorded_at: datetime
    standing: Standing


@dataclass(frozen=True, slots=True)
class NoteDue:
    """The scheduler looked at the clock (到期)."""

    now: datetime


@dataclass(frozen=True, slots=True)
class NoteGone:
    """The incident needs no handling of its own any more (撤销), and when that was recorded."""

    because: Because
    recorded_at: datetime


DocketCommand = StartDuty | NoteDone | NoteDue | NoteGone
