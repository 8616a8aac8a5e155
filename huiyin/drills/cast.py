"""The drill's people (角色): one officer for each post of each unit that acts, and their tokens."""

from collections.abc import Iterator
from dataclasses import dataclass

from huiyin.drills.script import Drill, Step, Who
from shared.documents import Complaints, Place
from shared.identity.officers import Officer
from shared.identity.posts import ADMINISTRATOR, POSTS
from shared.policy.language.pack import Pack

Post = tuple[str, str]
"""A unit's key and a post in it."""


@dataclass(frozen=True, slots=True)
class Acting:
    """Somebody who acts: the officer and the token that says so."""

    officer: Officer
    token: str


def resolve(drill: Drill, who: Who) -> Post:
    """Unit and post of somebody named in a step: a role, role@unit, or a name of the cast."""
    known = drill.cast.get(who.role, who)
    return known.unit or who.unit or drill.institution.key, known.role


def actor(drill: Drill, step: Step) -> Post:
    """Who takes a step; the administrator where nobody is named."""
    return resolve(drill, step.by or Who(ADMINISTRATOR))


def posts(drill: Drill) -> list[Post]:
    """Every post that acts in a drill, each once, in the order in which they appear."""
    return list(dict.fromkeys(actor(drill, step) for step in drill.steps if step.act))


def check_cast(drill: Drill, pack: Pack, complaints: Complaints) -> None:
    """Complain of every post and unit that nobody can hold."""
    units = {unit.key for unit in drill.units}
    for who, place in _named(drill):
        unit, role = resolve(drill, who)
        if unit not in units:
            said, remedy = f"没有代称为“{unit}”的单位。", f"已列出：{'、'.join(units)}。"
            complaints.add("unknown-unit", place, said, remedy)
        if role not in pack.parties and role not in POSTS:
            said = f"没有“{role}”这一职务。"
            complaints.add("unknown-role", place, said, f"可用：{'、'.join(pack.parties)}。")


def _named(drill: Drill) -> Iterator[tuple[Who, Place]]:
    for step in drill.steps:
        if step.by is not None and step.turn <= 1:
            yield step.by, step.place
