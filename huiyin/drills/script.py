"""A drill as it was read (演练脚本): frozen, with the place of every line that can go wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from huiyin.drills.kinds import KINDS, value_of
from shared.acts.vocabulary import ACTS
from shared.calendar.days import day_of, start_of
from shared.documents import Node, Spot
from shared.words import ADMINISTRATOR


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody who acts: a post, and the unit if it is not the institution itself."""

    role: str
    unit: str | None = None


def read_who(text: str) -> Who:
    """``role`` or ``role@unit``."""
    role, _, unit = text.partition("@")
    return Who(role.strip(), unit.strip() or None)


@dataclass(frozen=True, slots=True)
class DrillStep:
    """Who does what when; without an act, time passes.

    ``at`` is when it happens, ``recorded`` when it is put on record, if that is later (UTC).
    ``turn`` counts a repeated step from 1, and is 0 otherwise.
    """

    place: Spot
    at: datetime
    recorded: datetime | None = None
    act: str | None = None
    by: Who | None = None
    incident: str | None = None
    unit: str | None = None
    given: Mapping[str, Node] = field(default_factory=dict)
    label: str | None = None
    of: str | None = None
    refused: str | None = None
    happened: bool = False
    turn: int = 0

    @property
    def moment(self) -> datetime:
        """When the clock stands as it is taken."""
        return self.recorded or self.at


@dataclass(frozen=True, slots=True)
class Expectation:
    """What must hold: of which kind, about what, and what is asked of it."""

    place: Spot
    kind: str
    about: str
    asked: Mapping[str, Node]
    said: str

    def __contains__(self, key: str) -> bool:
        return key in self.asked

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a key, or the default."""
        node = self.asked.get(key)
        return default if node is None else value_of(KINDS[self.kind][key], node)


@dataclass(frozen=True, slots=True)
class Ruleset:
    """Which pack: a name, a path, or a table that extends or patches one."""

    place: Spot
    name: str | None = None
    table: Node | None = None


@dataclass(frozen=True, slots=True)
class UnitPlanned:
    """A unit of the drill; the first one is the institution, and stands above the others."""

    key: str
    name: str
    parent: str | None
    place: Spot

    @property
    def code(self) -> str:
        """Its code in the county."""
        return self.key.upper().replace("_", "-")


@dataclass(frozen=True, slots=True)
class LoadRefusal:
    """The pack must not load: the code of a complaint and what its sentence contains."""

    place: Spot
    code: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Drill:
    """One drill, or one variant of it.

    A ``lenient`` one is played under rules that it was not written for: what they refuse is told,
    and is no failure. ``stand_ins`` are the posts held there by roles that those rules do not know.
    """

    file: Path
    name: str
    title: str
    proves: Sequence[str]
    rules: Ruleset
    params: Mapping[str, str | int]
    units: Sequence[UnitPlanned]
    cast: Mapping[str, Who]
    steps: Sequence[DrillStep]
    expectations: Sequence[Expectation]
    load_refused: LoadRefusal | None = None
    lenient: bool = False
    stand_ins: Mapping[str, str] = field(default_factory=dict)

    @property
    def institution(self) -> UnitPlanned:
        """The unit whose rules these are."""
        return self.units[0]

    @property
    def founded(self) -> datetime:
        """When its county is founded (UTC): nothing of the day before is owed by anybody."""
        begins = self.steps[0].moment
        return max(begins - LEAD, start_of(day_of(begins)))


LEAD = timedelta(hours=1)
"""So long before the first step the county is founded, but on the same day."""


Post = tuple[str, str]
"""A unit's key and a post in it."""


def resolve(drill: Drill, who: Who) -> Post:
    """Unit and post of somebody named in a step: a role, role@unit, or a name of the cast."""
    known = drill.cast.get(who.role, who)
    return known.unit or who.unit or drill.institution.key, known.role


def actor(drill: Drill, step: DrillStep) -> Post:
    """Who takes a step; the administrator where nobody is named."""
    return resolve(drill, step.by or Who(ADMINISTRATOR))


def posts(drill: Drill) -> list[Post]:
    """Every post that acts in a drill, each once, in the order in which they appear."""
    return list(dict.fromkeys(actor(drill, step) for step in drill.steps if step.act))


SUPERVISING = "supervising_unit"
"""The key of the unit that judges a drill's institution in its stead (监督单位)."""


def judges(drill: Drill) -> list[Post]:
    """Every post that judges in a drill, in the supervising unit: nobody does in the own cause."""
    acting = (actor(drill, step) for step in drill.steps if step.act and judging(step.act))
    return [(SUPERVISING, role) for role in dict.fromkeys(role for _, role in acting)]


def judging(act: str) -> bool:
    """Whether an act is for those above whom it judges (裁定、认定、通报、排名)."""
    return act in ACTS and ACTS[act].who == "above"
