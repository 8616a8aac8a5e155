"""What a request's body may say (请求内容); unknown fields are refused everywhere."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.routing.application import Particulars
from shared.acts import body as orders
from shared.acts.body import Code, Fields, Formal, Key, Name, Note, Order, Sets, Text
from shared.acts.check import Told
from shared.contracts.catalogue import UtcTime

OfficerId = Annotated[str, Field(pattern=r"^o-[0-9a-z-]{1,40}$")]
"""Pseudonymous: a name must never slip in here, for it could not be erased."""


class Act(Order):
    """Something done to a matter, now or at ``occurred_at`` (with an offset)."""

    occurred_at: UtcTime | None = None


class Grading(Act):
    """How severe the matter is and what else is judged of it, and why (定级)."""

    grade: Key | None = None
    sets: Sets = Field(default_factory=dict)
    grounds: Note


class Assignment(Act):
    """Which units must handle the matter, by code, and on which paper (交办)."""

    lead: Annotated[str, Field(max_length=32)]
    co_handling: list[Code] = Field(default_factory=list, max_length=100)
    instruction: Note = ""
    kind: Key | None = None
    fields: Fields = Field(default_factory=dict)


class Drafting(Act):
    """A reply or other paper (拟稿)."""

    kind: Key
    text: Text
    fields: Fields = Field(default_factory=dict)


class Approval(Act):
    """Which draft is approved (审定), the latest when left out, and what of it (``kind``)."""

    draft: UUID | None = None
    kind: Key | None = None


class Rejection(Act):
    """Which draft goes back to its writer, the latest when left out, and why (驳回)."""

    draft: UUID | None = None
    reason: Note


class Publication(Formal):
    """What was given to the public where (发布); the draft approved last, and its own text.

    ``kind`` is the draft's unless it is published as something else; ``promised`` is when the
    public was told to expect the rest.
    """

    channel: str = Field(max_length=60)
    draft: UUID | None = None
    text: Text | None = None
    kind: Key | None = None
    promised: UtcTime | None = None

    def told(self) -> Told:
        """What is said of it in the words of the pack."""
        return Told(kind=self.kind, fields=self.fields, happened=self.happened)


class Closing(Formal):
    """With what remark the handling ends (办结)."""

    note: Note = ""

    def told(self) -> Told:
        """What is said of it in the words of the pack."""
        return Told(fields=self.fields, happened=self.happened)


class Reopening(Act):
    """What is new, so that the handling goes on (重启)."""

    grounds: Note


class ActOrder(orders.ActOrder):
    """Any act in the words of the matter's pack."""

    def particulars(self) -> Particulars:
        """What only this act says."""
        return Particulars()


class Assessing(ActOrder):
    """What was judged, and which units were named (研判会商)."""

    sets: Sets = Field(default_factory=dict)
    units: list[Code] = Field(default_factory=list, max_length=100)

    def particulars(self) -> Particulars:
        return Particulars(sets=_judged(self.sets), units=tuple(self.units))


class Escalating(ActOrder):
    """What the escalation changes, such as the tier (提级)."""

    sets: Sets = Field(default_factory=dict)

    def particulars(self) -> Particulars:
        return Particulars(sets=_judged(self.sets))


class UnitsAct(ActOrder):
    """An act that a unit does for itself (签收、退回、核实、处置); the officer's if left out."""

    unit: Code | None = None

    def particulars(self) -> Particulars:
        return Particulars(unit=self.unit)


class Referring(ActOrder):
    """On which legal ground the matter is handed over (移送)."""

    ground: Note = ""

    def particulars(self) -> Particulars:
        return Particulars(ground=self.ground)


class Declaring(ActOrder):
    """Which state begins or ends (宣布)."""

    state: Key
    on: bool

    def particulars(self) -> Particulars:
        return Particulars(state=self.state, on=self.on)


class GivingFeedback(ActOrder):
    """Whether the public is satisfied (群众评价)."""

    satisfied: bool

    def particulars(self) -> Particulars:
        return Particulars(satisfied=self.satisfied)


ACTS: dict[str, type[ActOrder]] = {
    "assess": Assessing,
    "report": ActOrder,
    "instruct": ActOrder,
    "accept": UnitsAct,
    "return": UnitsAct,
    "escalate": Escalating,
    "refer": Referring,
    "verify": UnitsAct,
    "handle": UnitsAct,
    "approve": ActOrder,
    "declare": Declaring,
    "calm": ActOrder,
    "feedback": GivingFeedback,
    "review": ActOrder,
}
"""What the body of each act may say, by the act's name."""


class UnitEntry(Order):
    """A unit (单位); without ``parent`` it stands directly under the root."""

    code: Code
    name: Name
    aliases: list[Name] = Field(default_factory=list, max_length=50)
    parent: Code | None = None


class Appointment(Order):
    """Who holds which post where (任命); with ``officer`` somebody known gets another one."""

    name: Name
    unit: Code
    post: str = Field(max_length=60)
    officer: OfficerId | None = None


class Adoption(Order):
    """Which pack binds a unit, by name or whole (采用规则), with the readings chosen."""

    unit: Code
    pack: Key | None = None
    text: Annotated[str, Field(max_length=60_000)] | None = None
    params: dict[Annotated[str, Field(max_length=120)], str | int] = Field(default_factory=dict)
    reason: Note


class Withdrawal(Order):
    """Which unit's pack binds no new matter any more, and why (停用规则)."""

    unit: Code
    reason: Note


class Repinning(Order):
    """Which rules a matter is put under, those in force now when left out, and why (改用规则)."""

    pack: Key | None = None
    reason: Note


class YearOrder(Order):
    """Which days of a year are off and which rest days are worked (公布历法)."""

    year: Annotated[int, Field(ge=1950, le=2200)]
    notice: Annotated[str, Field(max_length=200)] = ""
    off_days: list[date] = Field(max_length=366)
    makeup_days: list[date] = Field(default_factory=list, max_length=366)


class TermOrder(Order):
    """When a school term begins and ends (学期), both days included."""

    name: Name
    begins: date
    ends: date


def _judged(sets: dict[str, list[str]]) -> dict[str, tuple[str, ...]]:
    return {axis: tuple(values) for axis, values in sets.items()}
