"""Whatever is said of a matter in whatever order, and whenever anybody looks: one outcome."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import reduce
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.deadlines import policies
from services.deadlines.application import own_deeds
from services.deadlines.commands import NoteDue
from services.deadlines.docket import DOCKET
from services.deadlines.policies import Told
from services.deadlines.projections import fold_duties
from shared.calendar.published import state_council
from shared.contracts.deadlines import DutyMissed, DutyStarted
from shared.contracts.envelope import Recorded, Standing
from shared.policy.deeds import Deed
from shared.policy.outlook import Matter, outlook
from shared.policy.pack import Pack
from tests.deadlines.case import recorded
from tests.deadlines.rota import written
from tests.deadlines.world import at

RULES = """
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
"""

MATTER = Matter("QH-YZ", at(2, 9), at(2, 9), posted=at(2, 8))
END = at(28)
SAME = {"superseded": "met"}
"""Whether anybody looked in between makes no difference."""

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
            docket = DOCKET.fold(self.history)
            before = len(self.history)
            self._tell(policies.follow(docket, self.pack, found, at(2, 9)))
            if len(self.history) == before:
                return

    def look(self, now: datetime) -> None:
        """Somebody looks at the clock."""
        self._tell([Told(NoteDue(now))])
        self.hear(None)

    def states(self, *rules: str) -> dict[str, str]:
        """How the duties of some rules stand."""
        rows = fold_duties(self.history).values()
        return {r.duty: SAME.get(r.state, r.state) for r in rows if not rules or r.rule in rules}

    def _tell(self, told: object) -> None:
        docket = DOCKET.fold(self.history)
        for each in told:  # type: ignore[attr-defined]
            new = [recorded(fact, self.standing) for fact in DOCKET.decide(docket, each.command)]
            docket = reduce(DOCKET.evolve, new, docket)
            self.history += new


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


@given(st.lists(deeds(), max_size=6, unique_by=lambda deed: deed.id), st.data())
def test_the_order_of_arrival_changes_no_verdict_of_a_single_start(
    pack: Pack, told: list[Deed], data: st.DataObject
) -> None:
    """The first on record fulfils; heard in the order of record, whoever looked and when."""
    told = sorted(told, key=lambda deed: (deed.recorded_at, deed.at, deed.id))
    looks = sorted(data.draw(LOOKS))
    conditions = [deed for deed in told if deed.act == "grade"]
    others = [deed for deed in told if deed.act != "grade"]
    mixed = data.draw(st.sampled_from([told, [*conditions, *others], [*others, *conditions]]))

    assert ends(pack, mixed, looks).states("A.1", "A.2") == ends(pack, told).states("A.1", "A.2")


@given(st.lists(deeds(), max_size=8, unique_by=lambda deed: deed.id), LOOKS)
def test_no_clock_is_started_twice(pack: Pack, told: list[Deed], looks: list[datetime]) -> None:
    room = ends(pack, [*told, *told], sorted(looks))

    started = [e.fact.duty for e in room.history if isinstance(e.fact, DutyStarted)]
    assert len(started) == len(set(started))


@given(st.lists(deeds(), max_size=6, unique_by=lambda deed: deed.id), MINUTES)
def test_more_time_never_makes_what_was_in_time_late(
    pack: Pack, told: list[Deed], minutes: int
) -> None:
    given_at = at(2, 9)
    until = given_at + timedelta(minutes=minutes)
    more = Deed(UUID(int=7), "extend", given_at, given_at, of="A.1", promised=until)

    before = ends(pack, told).states("A.1")["A.1"]
    after = ends(pack, [more, *told]).states("A.1")["A.1"]

    if before == "met":
        assert after == "met"


@given(st.lists(deeds(("publish", "report")), max_size=4, unique_by=lambda d: d.id), LOOKS)
def test_replayed_it_stands_as_it_did_live(
    pack: Pack, told: list[Deed], looks: list[datetime]
) -> None:
    room = ends(pack, told, sorted(looks))

    docket = DOCKET.fold(room.history)

    states = {duty.id: SAME.get(duty.state, duty.state) for duty in docket.duties.values()}
    assert states == room.states()


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

    assert DOCKET.fold(running.history).duties["A.1"].due == at(8)
    assert DOCKET.fold(missed.history).duties["A.1"].due == at(6)
