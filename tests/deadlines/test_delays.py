"""What people may do about a delay: given a docket, when an act is asked for, then its fact."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from services.deadlines.delays import RULES, Delay, extend, judged, meant
from services.deadlines.docket import docket_of
from shared.acts.body import DelayBody, SettleBody
from shared.acts.check import Attempt, Record
from shared.acts.decide import Rules, decide
from shared.acts.vocabulary import ACTS
from shared.calendar.working import state_council
from shared.contracts.catalogue import Fact
from shared.contracts.deadlines import (
    DutyExtended,
    DutyMet,
    DutyMetLate,
    DutyMissed,
    DutyRecordedLate,
    LateRecordSettled,
)
from shared.contracts.envelope import Recorded
from shared.contracts.sealed import Sealed
from shared.errors import Invalid, Unknown
from shared.policy.engine.deeds import Deed, Matter
from shared.policy.engine.outlook import Outlook, outlook
from shared.policy.language.pack import Pack
from tests.acts.story import AnyAsked, By, Given, deed, record, told
from tests.deadlines.case import DUE, POSTED, SECOND, STARTED
from tests.deadlines.rota import written
from tests.deadlines.world import at

HOUR = timedelta(hours=1)
MET = DutyMet(duty="B.T01", done_at=DUE - HOUR, due=DUE, spare_seconds=3600)
LATE = DutyMetLate(duty="B.T01", done_at=DUE + HOUR, due=DUE, late_seconds=3600)
MISSED = DutyMissed(duty="B.T01", due=DUE, observed_at=DUE + SECOND)
RECORDED_LATE = DutyRecordedLate(duty="B.T01", done_at=DUE - HOUR, recorded_at=DUE + HOUR, due=DUE)

EXTENSIBLE = """
[duty."B.T01"]
zh = "三日内回复"
start = "posted"
stop = "publish"
days = 3
extension = {days = 5, counted = "total"}
"""


@dataclass(frozen=True)
class Asked(AnyAsked[Delay]):
    """An act on a docket; ``outlook`` is what the rules make of its matter."""

    outlook: Sequence[Outlook] = ()

    @property
    def rules(self) -> Rules[Delay]:
        return RULES

    def meets(self, history: Sequence[Recorded]) -> Delay:
        docket = docket_of(history)
        return Delay(docket, docket.get(self.said.get("duty", "")), self.outlook)


def act(name: str, **said: Any) -> Asked:
    """An act about one duty; whatever is no part of ``Asked`` is said in its body."""
    return Asked(ACTS[name]).but(duty="B.T01", **said)


def given(*history: Fact | By) -> Given:
    """What is on record of the duty."""
    return Given(told("deadlines/docket", history))


def gate(rest: str, act: str = "settle") -> str:
    return f'[gate."G.1"]\nzh = "裁定的前提"\nrefuse = "{act}"\n{rest}\n'


OFFICE = """
[duty."B.T01"]
zh = "三日内上报"
start = "posted"
stop = "report"
who = "office"
days = 3
"""


class TestJudged:
    """Whose duty a settlement or circulation is about."""

    def of(self, tmp_path: Path, rule: str, *deeds: Deed, **said: Any) -> tuple[str, ...]:
        about = Matter("QH", POSTED, POSTED)
        body = DelayBody(**said) if said else SettleBody(duty="B.T01", in_time=True, grounds="有据")
        delay = Delay(docket_of(told("deadlines/docket", [STARTED])))
        record = Record(written(tmp_path, rule), about, deeds)
        if isinstance(body, DelayBody):
            _, duty = meant(delay.docket, record.pack, body)
            delay = replace(delay, duty=duty)
        return judged(delay, record, body)

    def test_it_is_that_of_whoever_led_at_the_limit(self, tmp_path: Path) -> None:
        leads = [assigned("QH-YZ", DUE - HOUR), assigned("QH-LX", DUE + HOUR)]
        assert self.of(tmp_path, EXTENSIBLE, *leads) == ("QH-YZ",)

    def test_before_anybody_led_it_is_that_of_who_registered(self, tmp_path: Path) -> None:
        assert self.of(tmp_path, EXTENSIBLE, assigned("QH-YZ", DUE + HOUR)) == ("QH",)

    def test_what_was_assigned_late_on_record_clears_nobody(self, tmp_path: Path) -> None:
        late = assigned("QH-YZ", DUE - HOUR, recorded_at=DUE + HOUR)
        assert self.of(tmp_path, EXTENSIBLE, late) == ("QH",)

    def test_what_an_office_owes_stays_with_its_institution(self, tmp_path: Path) -> None:
        assert self.of(tmp_path, OFFICE, assigned("QH-YZ", DUE - HOUR)) == ("QH",)

    def test_units_that_are_named_are_judged_each_once(self, tmp_path: Path) -> None:
        to = ["QH-YZ", "office", "QH", "QH-YZ"]
        assert self.of(tmp_path, OFFICE, duty="B.T01", to=to) == ("QH-YZ", "QH")

    def test_where_nothing_is_named_it_is_whoever_leads(self, tmp_path: Path) -> None:
        assert self.of(tmp_path, OFFICE, assigned("QH-YZ", DUE), text="通报") == ("QH-YZ",)

    def test_a_duty_that_is_not_there_is_nobody_s(self, tmp_path: Path) -> None:
        with pytest.raises(Unknown, match=r"duty\.unknown"):
            self.of(tmp_path, OFFICE, duty="B.T09")


def assigned(lead: str, when: datetime, recorded_at: datetime | None = None) -> Deed:
    """It was assigned."""
    return Deed(uuid4(), "assign", when, recorded_at or when, units=(lead,))


class TestSettle:
    """What was recorded late is settled by a person, once, and under the rules of its pack."""

    SETTLE = act("settle", in_time=True, grounds="查看了原站发布时间")
    SETTLED = LateRecordSettled(duty="B.T01", in_time=True, grounds="查看了原站发布时间")

    @pytest.mark.parametrize("in_time", [True, False])
    def test_a_person_decides(self, in_time: bool) -> None:
        settled = self.SETTLED.model_copy(update={"in_time": in_time})
        given(STARTED, RECORDED_LATE).when(self.SETTLE.but(in_time=in_time)).then(settled)

    @pytest.mark.parametrize("verdict", [[], [MET], [LATE], [MISSED]])
    def test_nothing_else_is_settled(self, verdict: list[Fact]) -> None:
        given(STARTED, *verdict).when(self.SETTLE).then_refused("settle.not-open", field="duty")

    def test_it_is_settled_once(self) -> None:
        history = (STARTED, RECORDED_LATE, self.SETTLED)
        given(*history).when(self.SETTLE).then_refused("settle.not-open")

    def test_it_takes_grounds(self) -> None:
        asked = self.SETTLE.but(grounds=" ")
        given(STARTED, RECORDED_LATE).when(asked).then_refused("grounds.missing", Invalid)

    def test_there_must_be_such_a_duty(self) -> None:
        given().when(self.SETTLE).then_refused("duty.unknown", Unknown)

    def test_a_gate_of_the_pack_refuses_it_until_what_it_needs_is_on_record(
        self, tmp_path: Path
    ) -> None:
        pack = written(tmp_path, gate('needs = "explain"'))
        late = given(STARTED, RECORDED_LATE)
        late.when(self.SETTLE.but(under=record(pack=pack))).then_refused("gate.closed", field="G.1")
        explained = record(deed("explain"), pack=pack)
        late.when(self.SETTLE.but(under=explained)).then(self.SETTLED)

    def test_who_may_settle_is_the_packs_to_say(self, tmp_path: Path) -> None:
        """A clerk does not clear the lateness of the own office."""
        pack = written(tmp_path, gate('only_by = "principal_leader"'))
        asked = self.SETTLE.but(under=record(pack=pack))
        late = given(STARTED, RECORDED_LATE)
        late.when(asked.but(post="info_officer")).then_refused("gate.closed", field="G.1")
        late.when(asked.but(post="principal_leader")).then(self.SETTLED)

    def test_no_form_of_the_pack_is_asked_for_as_there_is_no_place_to_fill_it_in(
        self, tmp_path: Path
    ) -> None:
        form = '[form."F.1"]\nzh = "裁定表"\non = "settle"\nfields.page = {zh = "原站网页"}\n'
        asked = self.SETTLE.but(under=record(pack=written(tmp_path, form)))
        given(STARTED, RECORDED_LATE).when(asked).then(self.SETTLED)


class TestExtend:
    """More time, up to what the rule allows; gates and forms see until when."""

    CEILING = at(8)
    """24:00 of the fifth day after the day of ``POSTED``."""

    @pytest.fixture
    def pack(self, tmp_path: Path) -> Pack:
        return written(tmp_path, EXTENSIBLE)

    @pytest.fixture
    def asked(self, pack: Pack) -> Asked:
        matter = Matter("QH-YZ", POSTED, POSTED, posted=POSTED)
        found = outlook(pack, state_council(), matter, ())
        return act("extend", text="需现场核实", under=record(pack=pack), outlook=tuple(found))

    def extended(self, until: datetime) -> DutyExtended:
        return DutyExtended(until=until, text=Sealed.of("需现场核实", subject="matter"))

    def test_all_of_it_where_no_moment_is_named(self, asked: Asked) -> None:
        given(STARTED).when(asked).then(self.extended(self.CEILING))

    def test_a_moment_within_it(self, asked: Asked) -> None:
        until = self.CEILING - HOUR
        given(STARTED).when(asked.but(until=until)).then(self.extended(until))

    def test_not_beyond_it(self, asked: Asked) -> None:
        beyond = asked.but(until=self.CEILING + SECOND)
        given(STARTED).when(beyond).then_refused("extend.beyond-ceiling", field="until")

    def test_a_gate_of_the_pack_refuses_it(self, asked: Asked, tmp_path: Path) -> None:
        pack = written(tmp_path, EXTENSIBLE + gate('needs = "report"', "extend"), "2026.2")
        closed = asked.but(under=record(pack=pack))
        given(STARTED).when(closed).then_refused("gate.closed", field="G.1")

    @pytest.mark.parametrize("until", [None, CEILING - HOUR])
    def test_it_is_judged_with_what_it_promises(self, asked: Asked, until: datetime | None) -> None:
        seen: list[datetime | None] = []

        def look(_: Delay, attempt: Attempt[Any]) -> None:
            seen.append(attempt.deed.promised)

        asked = asked.but(until=until)
        delay = asked.meets(given(STARTED).history)
        decide(Rules({DutyExtended: extend}, {DutyExtended: look}), delay, asked.attempt(delay))
        assert seen == [until or self.CEILING]
