"""What a request of the county's administrator may say (请求内容)."""

from datetime import date
from typing import Annotated

from pydantic import Field

from shared.acts.body import Code, Key, Name, Note, Order
from shared.contracts.catalogue import UtcTime

OfficerId = Annotated[str, Field(pattern=r"^o-[0-9a-z-]{1,40}$")]
"""Pseudonymous: a name must never slip in here, for it could not be erased."""


class UnitEntry(Order):
    """A unit (单位); without ``parent`` it stands directly under the root."""

    code: Code
    name: Name
    aliases: list[Name] = Field(default_factory=list, max_length=50)
    parent: Code | None = None


class Supervision(Order):
    """Which unit judges the root (指定监督单位); with ``name`` one from outside is entered too."""

    supervisor: Code
    name: Name | None = None


class Appointment(Order):
    """Who holds which post where, from and until when (任命).

    With ``officer``, somebody known: in the same post for a new token, in another one instead of
    the present one, or besides it (兼任) with ``besides``. ``instead_of`` is the appointment whose
    holder is away, for whom this is the substitute (代理).
    """

    name: Name
    unit: Code
    post: str = Field(max_length=60)
    officer: OfficerId | None = None
    besides: bool = False
    since: UtcTime | None = None
    until: UtcTime | None = None
    instead_of: OfficerId | None = None


class Leaving(Order):
    """Why an appointment ends, and to which one its open work is handed over (离任)."""

    reason: Note
    successor: OfficerId | None = None


class TokenLost(Order):
    """Why a token is withdrawn (收回令牌)."""

    reason: Note


class Recognition(Order):
    """Whose appointment it is besides others (同一人), and how that is known."""

    same_as: OfficerId
    reason: Note


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
