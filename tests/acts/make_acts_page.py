"""``python -m tests.acts.make_acts_page``: write docs/acts.md, the map of all acts."""

from collections.abc import Iterator
from pathlib import Path

from shared.acts.vocabulary import ACTS, AGREE, WHO, Act, path_of, ways
from shared.policy import known_packs, load_pack
from shared.policy.language.pack import Pack
from shared.policy.language.patterns import Pattern
from shared.policy.language.rules import Form, Gate

PAGE = Path(__file__).parents[2] / "docs" / "acts.md"

ROOMS = ("intake", "routing", "deadlines", "reporting")

TOP = """\
# The map of acts 行为一览

Written by `python -m tests.acts.make_acts_page` from `shared/acts/vocabulary.py`; a test sees to it
that it is up to date. Acts are a closed list: packs add kinds of acts, never acts. Each is one body
(what is asked), one fact (what is stored) and one deed (what rules see), and all are taken in
`shared/acts/take.py`; [the tour](tour.md) walks one through.

*World* marks what happens outside: a closed gate marks a breach where it has happened already.
*Gates* and *forms* are how many of the shipped packs have one on the act, and the first of them.
"""

COLUMNS = ("act", "行为", "body", "fact", "command", "route", "who may 谁可办", "gates", "forms")


def page() -> str:
    """The page as it should be."""
    packs = [load_pack(path) for path in known_packs().values()]
    return TOP + "".join(f"\n## {room}\n\n{_table(room, packs)}" for room in ROOMS) + _rest()


def _table(room: str, packs: list[Pack]) -> str:
    rows = [COLUMNS, ("---",) * len(COLUMNS), *(_row(act, packs) for act in _acts(room))]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _acts(room: str) -> Iterator[Act]:
    for act in ACTS.values():
        if act.room == room and act.on != "county":
            yield act
            if act.name == AGREE.name:
                yield AGREE


def _row(act: Act, packs: list[Pack]) -> tuple[str, ...]:
    word = f"huiyin {act.word}" + (" --act" if act is AGREE else "")
    return (
        f"`{act.name}`" + (" (world)" if act.worldly else ""),
        act.title,
        f"`{act.body.__name__}`",
        f"`{act.fact.TYPE}`",
        f"`{word}`",
        "<br>".join(f"`/{act.room}{path_of(way)}`" for way in _ways(act)),
        WHO[act.who],
        _named(act, packs, Gate),
        _named(act, packs, Form),
    )


def _ways(act: Act) -> Iterator[Act]:
    return (way for way in ways(act.room) if way.fact is act.fact)


def _named(act: Act, packs: list[Pack], kind: type[Gate] | type[Form]) -> str:
    """In how many packs such a rule is on the act, and the first."""
    found = [
        number
        for pack in packs
        for number, rule in pack.of(kind).items()
        if any(pattern.act == act.name for pattern in _patterns(rule))
    ]
    return f"{len(found)} ({found[0]} …)" if found else "–"


def _patterns(rule: Gate | Form) -> Iterator[Pattern]:
    yield from rule.refuse if isinstance(rule, Gate) else rule.on


def _rest() -> str:
    county = "、".join(f"`{a.name}` {a.title}" for a in ACTS.values() if a.on == "county")
    return (
        f"\n## The county's administrator\n\n{county}: no acts on matters, and no rule of a pack"
        " stands in their way; see `services/routing/administration.py` and `rulebook.py`.\n"
    )


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(PAGE)
