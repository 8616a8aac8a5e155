"""Live verdicts and the review of imported history are the same arithmetic: one history, fed to
the docket and to the review, is due at one moment and has one verdict.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.deadlines.docket import docket_of, observe, reconcile
from services.deadlines.tables import fold_duties
from services.reporting.history.imported import (
    JudgedMessage,
    Measure,
    Message,
    Reply,
    Replying,
    Says,
    is_for_any_reply,
    judge,
)
from shared.calendar.working import state_council
from shared.clock import to_micros
from shared.contracts.envelope import Standing
from shared.duties import DutyRow
from shared.policy import Duty, Pack
from shared.policy.engine.deeds import Deed, Matter
from shared.policy.engine.outlook import outlook
from tests.deadlines.case import INCIDENT
from tests.deadlines.case import given as given_that
from tests.deadlines.rota import written
from tests.deadlines.world import at

RULES = """
[duty."R.days"]
zh = "三日内回复"
start = "posted"
stop = "publish"
days = 3
[duty."R.counted"]
zh = "含当日三日内回复"
start = "discovered"
stop = "publish"
days = 3
reading = "from_start_day"
[duty."R.elapsed"]
zh = "满三日前回复"
start = "posted"
stop = "publish"
days = 3
reading = "elapsed"
[duty."R.within"]
zh = "发生后三十小时内回复"
start = "occurred"
stop = "publish"
within = "PT30H"
[duty."R.working"]
zh = "登记后两个工作日内回复"
start = "registered"
stop = "publish"
working_days = 2
extension = {days = 2, counted = "total"}
[duty."R.same"]
zh = "当日回复"
start = "discovered"
stop = "publish"
same_day = true
[duty."R.at"]
zh = "十七时三十分前回复"
start = "posted"
stop = ["publish", "refer"]
at = "17:30"
[duty."R.first"]
zh = "以发现或登记起算"
start = ["discovered", "registered"]
stop = "publish"
days = 2
""".replace(
    'extension = {days = 2, counted = "total"}\n',
    'extension = {days = 2, counted = "total"}\n',
)

MINUTES = st.integers(0, 10 * 24 * 60)
LATE = st.sampled_from([0, 0, 0, 1, 600, 6000, 20000])
SAYS: list[Says] = ["answer", "answer", "receipt", "unreadable", "blank"]
NOBODY = Replying("QH-YZ", "青禾县第一中学", "unnamed")
OUTCOMES = {
    "met": "in_time",
    "superseded": "in_time",
    "met_late": "late",
    "recorded_late": "recorded_late",
    "missed": "missed",
}


@dataclass(frozen=True)
class History:
    """A matter with its replies, as they were put on record, and when somebody looks."""

    matter: Matter
    replies: tuple[Reply, ...]
    now: datetime

    def message(self) -> Message:
        return Message("QH-2026-000001", NOBODY, at(2), self.matter, self.replies)

    def row(self, pack: Pack, rule: str, replies: Sequence[Reply], standing: Standing) -> DutyRow:
        """How the docket has a duty in the end that hears of the replies one after another."""
        docket, heard = given_that(standing=standing), list[Deed]()
        for deed in (None, *(reply.deed for reply in replies)):
            heard += [deed] if deed else []
            found = outlook(pack, state_council(), self.matter, heard)
            said = reconcile(
                docket_of(docket.history), found, self.matter.recorded_at, standing, pack.rules
            )
            docket = docket.and_(*(each.fact for each in said))
        seen = observe(docket_of(docket.history), self.now)
        rows = fold_duties(docket.and_(*(each.fact for each in seen)).history)
        return rows[str(INCIDENT), rule]


@st.composite
def histories(draw: st.DrawFn, standing: Standing) -> History:
    """Posted, discovered and registered in any order; replies whenever, put on record later."""
    moments = st.none() | MINUTES.map(lambda minutes: at(2) + timedelta(minutes=minutes))
    registered = at(6) + timedelta(minutes=draw(MINUTES))
    matter = Matter(
        "QH-YZ",
        registered,
        registered,
        occurred=draw(moments),
        posted=draw(moments),
        discovered=draw(moments),
    )
    count = draw(st.integers(0, 4))
    replies = [_reply(draw, number, standing) for number in range(1, count + 1)]
    replies.sort(key=lambda reply: (reply.deed.recorded_at, reply.deed.at, reply.deed.id))
    last = max((reply.deed.recorded_at for reply in replies), default=registered)
    return History(matter, tuple(replies), last + timedelta(minutes=draw(MINUTES)))


def _reply(draw: st.DrawFn, number: int, standing: Standing) -> Reply:
    done = at(2) + timedelta(minutes=draw(MINUTES), microseconds=draw(st.integers(0, 1)))
    recorded = done + timedelta(minutes=draw(LATE))
    deed = Deed(UUID(int=number), "publish", done, recorded, standing=standing)
    return Reply(deed, draw(st.sampled_from(SAYS)))


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    return written(tmp_path_factory.mktemp("same"), RULES)


NUMBERS = st.sampled_from([line.split('"')[1] for line in RULES.splitlines() if "[duty" in line])


def reviewed(pack: Pack, rule: str, history: History) -> JudgedMessage:
    found = judge(Measure(pack, rule, state_council(), history.now), history.message())
    assert found is not None
    return found


def test_every_one_of_these_rules_can_be_reviewed(pack: Pack) -> None:
    assert all(map(is_for_any_reply, pack.of(Duty).values()))


@settings(max_examples=300)
@given(NUMBERS, histories("live"))
def test_a_live_history_is_due_and_judged_as_the_review_has_it(
    pack: Pack, rule: str, history: History
) -> None:
    row = history.row(pack, rule, history.replies, "live")
    judged = reviewed(pack, rule, history)

    assert row.due == to_micros(judged.due)
    assert OUTCOMES.get(row.state, "pending") == judged.outcome
    assert row.done_at == (judged.replied_at and to_micros(judged.replied_at))
    assert row.late_seconds == (judged.late_seconds if judged.outcome == "late" else None)


@settings(max_examples=300)
@given(NUMBERS, histories("imported"))
def test_an_imported_history_is_due_and_judged_as_its_docket_has_it(
    pack: Pack, rule: str, history: History
) -> None:
    """Nobody looks at the clock for what was imported: unanswered, its duty runs on."""
    row = history.row(pack, rule, history.replies, "imported")
    judged = reviewed(pack, rule, history)

    assert row.due == to_micros(judged.due)
    answered = judged.outcome not in ("missed", "pending")
    assert OUTCOMES.get(row.state) == (judged.outcome if answered else None)
    assert row.late_seconds == (judged.late_seconds if judged.outcome == "late" else None)


@given(NUMBERS, histories("imported"))
def test_what_was_imported_has_the_verdict_that_it_would_have_had_live(
    pack: Pack, rule: str, history: History
) -> None:
    """One reply, put on record when it was given."""
    [*first] = history.replies[:1]
    live = [
        Reply(replace(each.deed, recorded_at=each.deed.at, standing="live"), each.says)
        for each in first
    ]

    row = history.row(pack, rule, live, "live")
    judged = reviewed(pack, rule, replace(history, replies=tuple(first)))

    assert (row.due, OUTCOMES.get(row.state, "pending")) == (to_micros(judged.due), judged.outcome)


@given(NUMBERS, histories("live"))
def test_in_substance_only_replies_that_answer_are_heard_of(
    pack: Pack, rule: str, history: History
) -> None:
    answers = [each for each in history.replies if each.says in ("answer", "unreadable")]

    row = history.row(pack, rule, answers, "live")

    assert OUTCOMES.get(row.state, "pending") == reviewed(pack, rule, history).in_substance
