"""What a request's body may say (请求内容); unknown fields are refused everywhere."""

from typing import Annotated, Literal

from pydantic import Field

from services.intake import acts
from services.intake.acts import MOST_ITEMS
from services.intake.commands import Corrections, Heard, Particulars
from shared.acts import body as orders
from shared.acts.body import Fields, Key, Note, Order, Sets, Text
from shared.contracts.acts import Judged
from shared.contracts.catalogue import UtcTime
from shared.contracts.intake import ImportField
from shared.policy.engine.deeds import WORSENING

LARGEST_IMPORT = 500
"""Rows in one request."""

Channel = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
Name = Annotated[str, Field(min_length=1, max_length=64)]
"""The number or id of an incident."""

Title = Annotated[str, Field(min_length=1, max_length=500)]
Words = Annotated[str, Field(max_length=100_000)]
"""Words from a file: how many of them are too many is for the rules to say, row by row."""


class Registration(Order):
    """An incident or other matter to enter (登记). Times carry an offset.

    ``unit`` is yours when left out. ``sets`` is what is judged at once on axes of the unit's pack;
    only an incident needs a ``category``, there or here. ``fields`` is the form, by key.
    """

    matter: Literal["incident", "own_release", "activity", "opening", "programme"] = "incident"
    channel: Channel
    category: str = Field("", max_length=60)
    sets: Sets = Field(default_factory=dict)
    title: Title
    body: Text | None = None
    contact: str | None = Field(
        None, max_length=500, description="仅在对方要求答复时填写, 加密保存"
    )
    link: str | None = Field(None, max_length=2000)
    unit: str | None = None
    happened_at: UtcTime | None = None
    posted_at: UtcTime | None = None
    discovered_at: UtcTime | None = None
    planned_at: UtcTime | None = None
    occurred_at: UtcTime | None = None
    fields: Fields = Field(default_factory=dict)
    state_secret: bool = False

    def heard(self) -> Heard:
        """The same for the rules."""
        told = self.model_dump(exclude={"unit", "occurred_at", "fields"})
        return Heard(**{**told, "sets": judged(self.sets)})


class ActOrder(orders.ActOrder):
    """An act in the words of a pack."""

    def particulars(self) -> Particulars:
        """What only this act says."""
        return Particulars()

    def named(self) -> list[str] | None:
        """The matters that it tells of, where they are named."""
        return None


class Noting(ActOrder):
    """What is put on record about a matter (记录), and whether it got worse."""

    worse: bool = False

    def particulars(self) -> Particulars:
        return Particulars(worse=self.worse or self.kind == WORSENING)


class DayOrder(ActOrder):
    """An act of a unit's day; ``period`` names what it is about, such as 2026-03-02 or 2026-03."""

    period: Key | None = None

    def particulars(self) -> Particulars:
        return Particulars(period=self.period)


class Browsing(DayOrder):
    """Which channels were looked through (浏览)."""

    channels: list[Channel] = Field(default_factory=list, max_length=50)

    def particulars(self) -> Particulars:
        return Particulars(period=self.period, channels=tuple(self.channels))


class Summing(DayOrder):
    """Which matters a summary tells of (汇总); without, what was registered since the last one."""

    items: list[Name] | None = Field(None, max_length=MOST_ITEMS)

    def named(self) -> list[str] | None:
        return self.items


class Shift(DayOrder):
    """From when until when somebody was on duty (值班), and in which post the leader was."""

    begins: UtcTime
    ends: UtcTime
    leader: Key | None = None

    def particulars(self) -> Particulars:
        return Particulars(
            period=self.period, begins=self.begins, ends=self.ends, leader=self.leader
        )


ON_MATTER: dict[str, type[ActOrder]] = {
    act: Noting if act == "note" else DayOrder for act in acts.ON_MATTER
}
"""What the body of each act on a matter may say, by the act's name."""

_PARTICULAR: dict[str, type[DayOrder]] = {
    "browse": Browsing,
    "summarise": Summing,
    "shift": Shift,
}

ON_DAY: dict[str, type[DayOrder]] = {act: _PARTICULAR.get(act, DayOrder) for act in acts.ON_DAY}
"""What the body of each act of a unit's day may say, by the act's name."""


class Correcting(Order):
    """What the registration should have said (更正), and why; the rest stays as it is."""

    occurred_at: UtcTime | None = None
    posted_at: UtcTime | None = None
    discovered_at: UtcTime | None = None
    planned_at: UtcTime | None = None
    sets: Sets = Field(default_factory=dict)
    grounds: Note

    def corrections(self) -> Corrections:
        """The same for the rules."""
        return Corrections(
            self.occurred_at,
            self.posted_at,
            self.discovered_at,
            self.planned_at,
            judged(self.sets),
        )


class Linking(Order):
    """Into which incident a duplicate is joined (并案)."""

    to: str
    grounds: str = Field(max_length=2000)


class Voiding(Order):
    """Why a registration was made in error (作废)."""

    reason: str = Field(max_length=2000)


class OldMessage(Order):
    """A message from before this system, with its answer if there was one.

    ``row`` is its row in the file (the heading is row 1); ``days_only`` names the times of which
    the file has only the day.
    """

    row: int = Field(ge=1)
    message_id: Words
    category: Words = ""
    title: Words
    posted_at: UtcTime
    body: Words = ""
    replied_at: UtcTime | None = None
    reply: Words = ""
    unit: str
    named: Words = ""
    days_only: tuple[Literal["posted_at", "replied_at"], ...] = ()


class ImportOrder(Order):
    """Messages to import for a unit; unanswered ones are closed unless ``left_open``.

    ``dry`` stores nothing and answers what would become of them.
    """

    unit: str
    file: str = Field(pattern=r"^sha256:[0-9a-f]{64}$", description="文件的 SHA-256")
    left_open: bool = False
    dry: bool = False
    messages: list[OldMessage] = Field(max_length=LARGEST_IMPORT)


class FieldMapOrder(Order):
    """What the headings in a unit's files mean: heading to field."""

    columns: dict[str, ImportField] = Field(max_length=100)


def judged(sets: dict[str, list[str]]) -> Judged:
    """What is judged, for the rules."""
    return {axis: tuple(values) for axis, values in sets.items()}
