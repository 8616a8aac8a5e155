"""Whatever is said of a matter in whatever order, and whenever anybody looks: one outcome."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.deadlines.docket import Concluded, docket_of, observe, own_deeds, reconcile
from services.deadlines.tables import fold_duties
from shared.calendar.working import state_council
from shared.contracts.deadlines import DutyMissed, DutyMoved, DutyStarted
from shared.contracts.envelope import Recorded, Standing
from shared.policy.engine.deeds import Deed, Matter
from shared.policy.engine.outlook import outlook
from shared.policy.language.pack import Pack
from tests.deadlines.case import recorded
from tests.deadlines.rota import written
from tests.deadlines.world import at
from tests.support.sizes import sized

RULES = """
[kinds.publish]
interim = "阶段性答复"
[duty."A.1"]
zh = "三日内回复"
start = "posted"
stop = "publish"
days = 3
extension = {days = 5, counted = "total"}
[duty."A.2"]
zh = "重大的两小时内报告"
when = {severity = "major"}
start = "posted"
stop = "report"
within = "PT2H"
[duty."A.3"]
zh = "逾期催办"
start = "missed:A.1"
stop = "urge"
soon = "prompt"
[duty."A.4"]
zh = "逾期通报"
start = "missed:A.1"
stop = "circulate"
unless = "explain"
soon = "prompt"
[duty."A.5"]
zh = "疫情期间每有情况即续报"
start = "note"
stop = "report"
within = "PT1H"
again = true
[duty."A.6"]
zh = "两个工作日内记录或报告"
start = "registered"
stop = ["note", "report"]
working_days = 2
[duty."A.7"]
zh = "三日内既报告又记录"
start = "posted"
stop = {all = ["note", "report"]}
days = 3
[duty."A.8"]
zh = "当日17:30前上报"
start = "registered"
stop = "report"
at = "17:30"
[duty."A.9"]
zh = "第一时间记录"
start = "registered"
stop = "note"
soon = "immediate"
[duty."A.10"]
zh = "催办后一日内说明"
start = "missed:A.6"
stop = "report"
within = "PT24H"
"""

MATTER = Matter("QH-YZ", at(2, 9), at(2, 9), posted=at(2, 8))
END = at(28)
SAME = {"superseded": "met"}
"""Whether anybody looked in between makes no difference."""

LADDERS = {"A.3": "A.1", "A.4": "A.1", "A.10": "A.6"}
"""What follows on which miss."""

LATE = ("missed", "met_late", "recorded_late")

NOTES, ANSWERS = ("note",), ("publish", "report", "grade")
"""What intake says, and what routing says: each is heard in the order it was put on record."""

MINUTES = st.integers(0, 20 * 24 * 60)


@st.composite
def deeds(draw: st.DrawFn, acts: Sequence[str] = ("publish", "report", "grade", "note")) -> Deed:
    """Something done from the registration on, and put on record then or later."""
    act = draw(st.sampled_from(acts))
    done = at(2, 9) + timedelta(minutes=draw(MINUTES))
    late = timedelta(minutes=draw(st.sampled_from([0, 0, 0, 5, 600, 6000])))
    severity = draw(st.sampled_from(["major", "ordinary"]))
    sets = {"severity": (severity,)} if act == "grade" else {}
    return Deed(UUID(int=draw(st.integers(1, 2**64))), act, done, done + late, sets=sets)


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    return written(tmp_path_factory.mktemp("any"), RULES)


@pytest.fixture(scope="module")
def longer(tmp_path_factory: pytest.TempPathFactory) -> list[Pack]:
    """The same rules with ever larger numbers."""
    return [_longer(tmp_path_factory.mktemp(f"longer{by}"), by) for by in range(1, 6)]


def _longer(directory: Path, by: int) -> Pack:
    rules = re.sub(r"(days) = (\d)", lambda found: f"{found[1]} = {int(found[2]) + by}", RULES)
    rules = re.sub(r"PT(\d+)H", lambda found: f"PT{int(found[1]) + by}H", rules)
    return written(directory, rules.replace("17:30", f"{17 + by}:30"))


class Room:
    """The docket of one matter, told things one after another."""

    def __init__(self, pack: Pack, standing: Standing = "live") -> None:
        self.pack, self.standing = pack, standing
        self.heard: list[Deed] = []
        self.history: list[Recorded] = []

    def hear(self, deed: Deed | None, matter: Matter = MATTER) -> None:
        """Something is said, or the matter is registered."""
        self.heard += [deed] if deed else []
        while True:
            found = outlook(
                self.pack, state_council(), matter, [*self.heard, *own_deeds(self.history)]
            )
            docket = docket_of(self.history)
            if not self._say(reconcile(docket, found, at(2, 9), self.standing, self.pack.rules)):
                return

    def look(self, now: datetime) -> None:
        """Somebody looks at the clock."""
        while self._say(observe(docket_of(self.history), now)):
            self.hear(None)

    def states(self, *rules: str) -> dict[str, str]:
        """How the duties of some rules stand."""
        rows = fold_duties(self.history).values()
        return {r.duty: SAME.get(r.state, r.state) for r in rows if not rules or r.rule in rules}

    def owed(self) -> dict[str, str]:
        """How everything stands that is owed: nothing follows on a miss that was none."""
        states = self.states()
        needless = {duty for duty, missed in LADDERS.items() if states[missed] not in LATE}
        assert not {states.get(duty) for duty in needless} & {"running", "missed"}
        return {duty: state for duty, state in states.items() if duty not in needless}

    def _say(self, facts: Sequence[Concluded]) -> bool:
        self.history += [recorded(each.fact, self.standing) for each in facts]
        return bool(facts)


def ends(pack: Pack, told: Sequence[Deed], looks: Sequence[datetime] = ()) -> Room:
    """The room after all was said in that order, with a look behind each of the first."""
    room = Room(pack)
    room.hear(None)
    for number, deed in enumerate(told):
        room.hear(deed)
        if number < len(looks):
            room.look(looks[number])
    room.look(END)
    return room


LOOKS = st.lists(MINUTES.map(lambda minutes: at(2, 9) + timedelta(minutes=minutes)), max_size=5)


def on_record(told: Sequence[Deed]) -> list[Deed]:
    return sorted(told, key=lambda deed: (deed.recorded_at, deed.at, deed.id))


@st.composite
def interleaved(draw: st.DrawFn, told: Sequence[Deed]) -> list[Deed]:
    """Each room's acts in the order they were put on record, the rooms in any order."""
    rooms = [on_record([deed for deed in told if deed.act in acts]) for acts in (NOTES, ANSWERS)]
    turns = draw(st.permutations([0] * len(rooms[0]) + [1] * len(rooms[1])))
    return [rooms[turn].pop(0) for turn in turns]


def unique_deeds(acts: Sequence[str], most: int) -> st.SearchStrategy[list[Deed]]:
    return st.lists(deeds(acts), max_size=most, unique_by=lambda deed: deed.id)


@settings(max_examples=sized(200, 2000))
@given(unique_deeds((*NOTES, *ANSWERS), 7), LOOKS, st.data())
def test_order_of_arrival_of_independent_events_does_not_matter(
    pack: Pack, told: list[Deed], looks: list[datetime], data: st.DataObject
) -> None:
    """Two rooms are heard in any order, and whoever looks in between: every duty ends the same.

    What followed on a miss that was none after all falls away, as if it had never begun.
    """
    mixed = data.draw(interleaved(told))

    assert ends(pack, mixed, sorted(looks)).owed() == ends(pack, on_record(told)).owed()


@given(unique_deeds((*NOTES, *ANSWERS), 8), LOOKS)
def test_no_clock_is_started_twice(pack: Pack, told: list[Deed], looks: list[datetime]) -> None:
    room = ends(pack, [*told, *told], sorted(looks))

    started = [e.fact.duty for e in room.history if isinstance(e.fact, DutyStarted)]
    assert len(started) == len(set(started))


EDITS = st.builds(
    lambda number, minutes, severity: Deed(
        UUID(int=number),
        "correct",
        at(2, 9) + timedelta(minutes=minutes),
        at(2, 9) + timedelta(minutes=minutes),
        sets={"severity": (severity,)},
    ),
    st.integers(2**65, 2**66),
    MINUTES,
    st.sampled_from(["major", "ordinary"]),
)


@given(unique_deeds((*NOTES, *ANSWERS), 4), st.lists(EDITS, min_size=1, max_size=4), LOOKS)
def test_no_edit_restarts_a_clock(
    pack: Pack, told: list[Deed], edits: list[Deed], looks: list[datetime]
) -> None:
    """Whatever is put right of a matter, save the moment that a clock counts from."""
    told = on_record(told)
    room = ends(pack, told, sorted(looks))
    edited = ends(pack, on_record([*told, *edits]), sorted(looks))
    edited.hear(None, replace(MATTER, channel="forum", sets={"severity": ("ordinary",)}))

    before, after = docket_of(room.history), docket_of(edited.history)
    assert not [event for event in edited.history if isinstance(event.fact, DutyMoved)]
    assert {name: (after[name].start, after[name].due) for name in before if name in after} == {
        name: (duty.start, duty.due) for name, duty in before.items() if name in after
    }
    assert {"A.1", "A.6", "A.7", "A.8", "A.9"} <= set(before) & set(after)


@pytest.mark.parametrize("hours", range(0, 96, 4))
@pytest.mark.parametrize("severity", ["major", "ordinary"])
def test_an_edit_at_any_hour_restarts_no_clock(pack: Pack, hours: int, severity: str) -> None:
    """One edit alone, also while everything runs: chance need not find it."""
    moment = at(2, 9) + timedelta(hours=hours)
    edit = Deed(UUID(int=1), "correct", moment, moment, sets={"severity": (severity,)})

    before, after = (docket_of(ends(pack, told).history) for told in ([], [edit]))

    limits = {name: (duty.start, duty.due) for name, duty in before.items()}
    assert {name: (after[name].start, after[name].due) for name in limits} == limits


@given(unique_deeds((*NOTES, *ANSWERS), 6), st.integers(0, 4))
def test_more_time_allowed_never_makes_a_met_duty_missed(
    pack: Pack, longer: Sequence[Pack], told: list[Deed], by: int
) -> None:
    """The same acts under larger numbers, whatever kind of limit they are of.

    What follows on a miss counts from another moment then: it is another clock.
    """
    told = on_record(told)

    before, after = (ends(rules, told).states() for rules in (pack, longer[by]))

    met = {duty for duty, state in before.items() if state == "met"} - set(LADDERS)
    assert {duty: after[duty] for duty in met} == dict.fromkeys(met, "met")


@given(unique_deeds(("publish", "report", "grade", "note"), 6), MINUTES)
def test_more_time_granted_never_makes_what_was_in_time_late(
    pack: Pack, told: list[Deed], minutes: int
) -> None:
    given_at = at(2, 9)
    until = given_at + timedelta(minutes=minutes)
    more = Deed(UUID(int=7), "extend", given_at, given_at, of="A.1", promised=until)

    before = ends(pack, told).states("A.1")["A.1"]
    after = ends(pack, [more, *told]).states("A.1")["A.1"]

    if before == "met":
        assert after == "met"


@given(unique_deeds((*NOTES, *ANSWERS), 6), LOOKS)
def test_replay_equals_live(pack: Pack, told: list[Deed], looks: list[datetime]) -> None:
    room = ends(pack, told, sorted(looks))

    docket = docket_of(room.history)

    assert room.states() == {
        name: SAME.get(duty.state, duty.state) for name, duty in docket.items()
    }


@given(LOOKS)
def test_imported_history_is_never_observed(pack: Pack, looks: list[datetime]) -> None:
    room = Room(pack, "imported")
    room.hear(None)
    for look in [*looks, END]:
        room.look(look)

    assert not [event for event in room.history if isinstance(event.fact, DutyMissed)]
    assert room.states("A.1") == {"A.1": "running"}


def test_what_followed_on_a_miss_ends_with_it(pack: Pack) -> None:
    """The reply was on its way: nobody is to be urged any more."""
    room = Room(pack)
    room.hear(None)
    room.look(at(6, 0, 1))
    assert room.states("A.3", "A.4") == {"A.3": "running", "A.4": "running"}

    room.hear(Deed(UUID(int=1), "publish", at(5, 9), at(5, 9)))

    assert room.states("A.1", "A.3", "A.4") == {
        "A.1": "met",
        "A.3": "cancelled",
        "A.4": "cancelled",
    }


def test_a_correction_moves_what_runs_and_no_verdict(pack: Pack) -> None:
    later = Matter("QH-YZ", at(2, 9), at(2, 9), posted=at(4, 8))
    running, missed = Room(pack), Room(pack)
    for room in (running, missed):
        room.hear(None)
    missed.look(at(6, 0, 1))

    for room in (running, missed):
        room.hear(None, later)

    assert docket_of(running.history)["A.1"].due == at(8)
    assert docket_of(missed.history)["A.1"].due == at(6)
