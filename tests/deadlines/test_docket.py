"""The rules of the docket: a duty starts once, and its verdict is what happened."""

from dataclasses import replace
from datetime import timedelta
from typing import Literal

import pytest

from services.deadlines.docket import docket_of, own_deeds, reconcile
from shared.calendar.working import Limit
from shared.contracts.catalogue import Fact
from shared.contracts.deadlines import (
    DutyCancelled,
    DutyEnded,
    DutyMeasured,
    DutyMet,
    DutyMetLate,
    DutyMissed,
    DutyMoved,
    DutyRecordedLate,
    DutyResumed,
    DutySuperseded,
    LateRecordSettled,
)
from shared.contracts.envelope import Standing
from shared.policy.engine.deeds import Gone
from shared.policy.engine.limits import DutyKey
from tests.deadlines.case import (
    DUE,
    MICROSECOND,
    OWED,
    POSTED,
    SECOND,
    STARTED,
    done,
    given,
    gone,
)

HOUR = timedelta(hours=1)
MET = DutyMet(duty="B.T01", done_at=DUE - HOUR, due=DUE, spare_seconds=3600)
MISSED = DutyMissed(duty="B.T01", due=DUE, observed_at=DUE + SECOND)
LATE = DutyMetLate(duty="B.T01", done_at=DUE + HOUR, due=DUE, late_seconds=3600)
SUPERSEDED = DutySuperseded(duty="B.T01", done_at=DUE - HOUR, due=DUE, spare_seconds=3600)
RECORDED_LATE = DutyRecordedLate(duty="B.T01", done_at=DUE - HOUR, recorded_at=DUE + HOUR, due=DUE)
VOIDED = DutyCancelled(duty="B.T01", because="voided")
RESUMED = DutyResumed(duty="B.T01", due=DUE)

BY_A_REPLY: list[list[Fact]] = [[MET], [LATE], [RECORDED_LATE], [MISSED, SUPERSEDED]]


class TestStart:
    def test_a_duty_starts(self) -> None:
        assert given().when(OWED) == [STARTED]

    def test_a_duty_starts_once(self) -> None:
        assert given(STARTED).when(OWED) == []

    def test_hearing_of_it_again_with_other_times_does_not_restart_the_clock(self) -> None:
        later = replace(OWED, start=POSTED + HOUR, limit=Limit(DUE + timedelta(days=1)))

        assert given(STARTED, MISSED).when(later) == []

    def test_another_duty_of_the_same_incident_starts_beside_it(self) -> None:
        assert given(STARTED).when(replace(OWED, key=DutyKey("B.T02"))) == [
            STARTED.model_copy(update={"duty": "B.T02", "rule": "B.T02"})
        ]


class TestDone:
    def test_in_time_leaves_time_to_spare(self) -> None:
        assert given(STARTED).when(done(DUE - HOUR)) == [MET]

    def test_at_exactly_the_limit_is_in_time(self) -> None:
        assert given(STARTED).when(done(DUE)) == [
            DutyMet(duty="B.T01", done_at=DUE, due=DUE, spare_seconds=0)
        ]

    def test_spare_seconds_are_rounded_down(self) -> None:
        at = DUE - 2 * SECOND + MICROSECOND

        assert given(STARTED).when(done(at)) == [
            DutyMet(duty="B.T01", done_at=at, due=DUE, spare_seconds=1)
        ]

    def test_after_the_limit_is_late(self) -> None:
        *_, verdict = given(STARTED).when(done(DUE + HOUR))

        assert verdict == LATE

    def test_what_was_put_on_record_after_the_limit_was_missed_whether_anybody_looked(self) -> None:
        """What follows on a miss does not depend on who looked when."""
        for command in (done(DUE + HOUR), done(DUE - HOUR, recorded=DUE + HOUR)):
            missed, _ = given(STARTED).when(command)
            assert missed == MISSED.model_copy(update={"observed_at": DUE + HOUR})

    def test_of_a_period_only_who_looked_says_that_it_was_missed(self) -> None:
        """What it lacked then nobody else can tell."""
        period = STARTED.model_copy(update={"period": "2026-03"})

        assert given(period).when(done(DUE + HOUR)) == [LATE]

    def test_late_seconds_are_rounded_up(self) -> None:
        at = DUE + MICROSECOND

        assert given(STARTED, MISSED).when(done(at)) == [
            DutyMetLate(duty="B.T01", done_at=at, due=DUE, late_seconds=1)
        ]

    def test_late_is_late_also_when_it_was_seen_missed(self) -> None:
        assert given(STARTED, MISSED).when(done(DUE + HOUR)) == [LATE]

    def test_in_time_and_recorded_in_time_corrects_a_miss(self) -> None:
        assert given(STARTED, MISSED).when(done(DUE - HOUR)) == [SUPERSEDED]

    def test_recorded_at_exactly_the_limit_is_recorded_in_time(self) -> None:
        assert given(STARTED).when(done(DUE - HOUR, recorded=DUE)) == [MET]

    @pytest.mark.parametrize("before", [[], [MISSED], [VOIDED]])
    def test_in_time_but_recorded_too_late_is_for_a_person_to_settle(
        self, before: list[Fact]
    ) -> None:
        command = done(DUE - HOUR, recorded=DUE + HOUR)

        assert given(STARTED, *before).when(command)[-1] == RECORDED_LATE

    def test_when_an_imported_reply_was_recorded_does_not_matter(self) -> None:
        command = done(DUE - HOUR, recorded=DUE + 1000 * HOUR, standing="imported")

        assert given(STARTED, standing="imported").when(command) == [MET]

    def test_an_imported_reply_after_the_limit_is_late_all_the_same(self) -> None:
        command = done(DUE + HOUR, recorded=DUE + 1000 * HOUR, standing="imported")

        assert given(STARTED, standing="imported").when(command) == [LATE]

    def test_an_import_answered_here_cannot_claim_an_earlier_time_unnoticed(self) -> None:
        command = done(DUE - HOUR, recorded=DUE + HOUR, standing="live")

        assert given(STARTED, standing="imported").when(command) == [RECORDED_LATE]

    @pytest.mark.parametrize("verdict", BY_A_REPLY)
    def test_only_the_first_reply_counts(self, verdict: list[Fact]) -> None:
        assert given(STARTED, *verdict).when(done(DUE + 2 * HOUR)) == []

    @pytest.mark.parametrize("verdict", [LATE, RECORDED_LATE])
    def test_what_was_on_record_before_a_late_act_and_heard_of_after_it_corrects_it(
        self, verdict: Fact
    ) -> None:
        assert given(STARTED, MISSED, verdict).when(done(DUE - HOUR)) == [SUPERSEDED]

    @pytest.mark.parametrize("verdict", [LATE, RECORDED_LATE])
    def test_what_counts_by_a_later_correction_alone_changes_no_verdict(
        self, verdict: Fact
    ) -> None:
        assert given(STARTED, MISSED, verdict).when(done(POSTED - HOUR)) == []

    def test_what_a_person_settled_stays(self) -> None:
        settled = LateRecordSettled(duty="B.T01", in_time=False, grounds="查无其事")

        assert given(STARTED, RECORDED_LATE, settled).when(done(DUE - HOUR)) == []

    def test_what_fulfils_another_duty_does_not_fulfil_it(self) -> None:
        other = replace(done(DUE - HOUR), key=DutyKey("B.T02"))
        said = reconcile(docket_of(given(STARTED).history), [other, OWED], DUE, "live")

        assert [each.fact.model_dump()["duty"] for each in said] == ["B.T02", "B.T02"]

    def test_what_was_done_before_anybody_heard_of_the_matter_counts_at_once(self) -> None:
        assert given().when(done(DUE - HOUR)) == [STARTED, MET]


class TestDue:
    def test_a_limit_that_passed_is_missed(self) -> None:
        assert given(STARTED).when(DUE + MICROSECOND) == [
            DutyMissed(duty="B.T01", due=DUE, observed_at=DUE + MICROSECOND)
        ]

    @pytest.mark.parametrize("early", [HOUR, MICROSECOND, timedelta()])
    def test_up_to_the_limit_and_at_it_nothing_is_missed(self, early: timedelta) -> None:
        assert given(STARTED).when(DUE - early) == []

    @pytest.mark.parametrize("verdict", [*BY_A_REPLY, [MISSED], [VOIDED]])
    def test_after_a_verdict_nothing_is_missed(self, verdict: list[Fact]) -> None:
        assert given(STARTED, *verdict).when(DUE + HOUR) == []

    def test_imported_history_is_never_observed(self) -> None:
        assert given(STARTED, standing="imported").when(DUE + HOUR) == []


class TestGone:
    @pytest.mark.parametrize("because", ["voided", "linked", "history"])
    def test_what_runs_falls_away(self, because: Gone) -> None:
        assert given(STARTED).when(gone(because, DUE)) == [
            DutyCancelled(duty="B.T01", because=because)
        ]

    @pytest.mark.parametrize("standing", ["live", "imported"])
    def test_it_falls_away_once(self, standing: Standing) -> None:
        assert given(STARTED, VOIDED, standing=standing).when(gone("history", DUE)) == []

    @pytest.mark.parametrize("verdict", BY_A_REPLY)
    def test_a_verdict_stays(self, verdict: list[Fact]) -> None:
        assert given(STARTED, *verdict).when(gone("linked", DUE)) == []

    def test_a_miss_gives_way_to_what_was_recorded_as_gone_in_time(self) -> None:
        assert given(STARTED, MISSED).when(gone("voided", DUE)) == [VOIDED]

    def test_gone_after_the_limit_it_was_missed_whether_seen_or_not(self) -> None:
        later = gone("voided", DUE + HOUR)

        assert given(STARTED, MISSED).when(later) == []
        assert given(STARTED).when(later) == [
            DutyMissed(duty="B.T01", due=DUE, observed_at=DUE + HOUR)
        ]

    def test_imported_history_falls_away_whenever_it_was_recorded(self) -> None:
        later = gone("history", DUE + HOUR)

        assert given(STARTED, standing="imported").when(later) == [
            DutyCancelled(duty="B.T01", because="history")
        ]

    def test_a_reply_that_was_published_all_the_same_has_its_verdict(self) -> None:
        published = replace(gone("voided", DUE), done=done(DUE - HOUR).done)

        assert given(STARTED, VOIDED).when(published) == [MET]

    @pytest.mark.parametrize("because", ["returned", "reassigned"])
    def test_a_unit_that_left_by_the_limit_was_not_late(
        self, because: Literal["returned", "reassigned"]
    ) -> None:
        """Another room was heard first of what it did later."""
        late = DutyMetLate(duty="B.T01", done_at=DUE + HOUR, due=DUE, late_seconds=3600)

        assert given(STARTED, late).when(gone(because, DUE)) == [
            DutyCancelled(duty="B.T01", because=because)
        ]
        assert given(STARTED, late).when(gone(because, DUE + HOUR)) == []


class TestResumed:
    """What fell away with its matter is owed again where the matter turns out not to have ended."""

    def test_a_void_that_did_not_know_enough_is_taken_back(self) -> None:
        assert given(STARTED).when(gone("voided", POSTED)) == [VOIDED]
        assert given(STARTED, VOIDED).when(OWED) == [RESUMED]

    def test_a_link_as_well(self) -> None:
        linked = DutyCancelled(duty="B.T01", because="linked")

        assert given(STARTED, linked).when(OWED) == [RESUMED]

    @pytest.mark.parametrize("because", ["unless", "history", "repinned", "calendar"])
    def test_what_fell_away_for_any_other_reason_stays_away(
        self, because: Gone | Literal["repinned", "calendar"]
    ) -> None:
        otherwise = DutyCancelled(duty="B.T01", because=because)

        assert given(STARTED, otherwise).when(OWED) == []

    def test_as_long_as_the_matter_is_ended_nothing_is_owed(self) -> None:
        assert given(STARTED, VOIDED).when(gone("voided", POSTED)) == []

    def test_a_unit_that_had_left_meanwhile_owes_nothing_all_the_same(self) -> None:
        left = DutyCancelled(duty="B.T01", because="returned")

        assert given(STARTED, VOIDED).when(gone("returned", POSTED)) == [RESUMED, left]

    def test_it_is_resumed_once(self) -> None:
        assert given(STARTED, VOIDED, RESUMED).when(OWED) == []

    def test_what_never_fell_away_is_not_resumed(self) -> None:
        assert given(STARTED, MISSED).when(OWED) == []

    def test_what_was_done_meanwhile_has_its_verdict_at_once(self) -> None:
        assert given(STARTED, VOIDED).when(done(DUE - HOUR)) == [RESUMED, MET]

    def test_it_is_missed_like_any_other_and_that_counts(self) -> None:
        resumed = given(STARTED, VOIDED, RESUMED)

        assert resumed.when(DUE + SECOND) == [MISSED]
        assert [deed.act for deed in own_deeds(resumed.and_(MISSED).history)] == ["missed"]

    def test_it_can_fall_away_again(self) -> None:
        assert given(STARTED, VOIDED, RESUMED).when(gone("linked", POSTED)) == [
            DutyCancelled(duty="B.T01", because="linked")
        ]


class TestMeasured:
    """What has no limit is measured and never missed."""

    OPEN = STARTED.model_copy(update={"due": None, "clock": "soon"})
    FOUND = replace(OWED, limit=None)

    def test_how_long_it_took_is_its_verdict(self) -> None:
        assert given(self.OPEN).when(replace(self.FOUND, done=done(POSTED + HOUR).done)) == [
            DutyMeasured(duty="B.T01", done_at=POSTED + HOUR, took_seconds=3600)
        ]

    def test_it_is_never_missed(self) -> None:
        assert given(self.OPEN).when(DUE + 1000 * HOUR) == []

    def test_it_falls_away_whenever_that_was_recorded(self) -> None:
        assert given(self.OPEN).when(replace(self.FOUND, gone=("voided", DUE + HOUR))) == [VOIDED]

    def test_what_stays_open_ends_when_its_end_has_come(self) -> None:
        assert given(self.OPEN).when(replace(self.FOUND, ended_at=DUE)) == [
            DutyEnded(duty="B.T01", ended_at=DUE)
        ]

    def test_it_ends_once(self) -> None:
        ended = DutyEnded(duty="B.T01", ended_at=DUE)

        assert given(self.OPEN, ended).when(replace(self.FOUND, ended_at=DUE + HOUR)) == []


class TestMoved:
    """Only what still runs moves."""

    LATER = replace(OWED, limit=Limit(DUE + HOUR), extended=True)

    def test_a_running_duty_has_another_limit(self) -> None:
        assert given(STARTED).when(self.LATER) == [
            DutyMoved(
                duty="B.T01",
                start=POSTED,
                due=DUE + HOUR,
                provisional=False,
                because="extension",
            )
        ]

    @pytest.mark.parametrize("verdict", [*BY_A_REPLY, [MISSED]])
    def test_a_verdict_does_not_move(self, verdict: list[Fact]) -> None:
        assert given(STARTED, *verdict).when(self.LATER) == []

    def test_what_fell_away_does_not_move(self) -> None:
        later = replace(self.LATER, gone=("voided", DUE))

        assert given(STARTED, VOIDED).when(later) == []

    def test_the_same_limit_is_no_move(self) -> None:
        assert given(STARTED).when(OWED) == []

    def test_what_is_done_by_the_new_limit_is_in_time(self) -> None:
        moved = DutyMoved(
            duty="B.T01", start=POSTED, due=DUE + HOUR, provisional=False, because="extension"
        )

        assert given(STARTED, moved).when(replace(self.LATER, done=done(DUE + HOUR).done)) == [
            DutyMet(duty="B.T01", done_at=DUE + HOUR, due=DUE + HOUR, spare_seconds=0)
        ]


def test_a_settlement_stays() -> None:
    settled = LateRecordSettled(duty="B.T01", in_time=True, grounds="依据")

    assert given(STARTED, RECORDED_LATE, settled).when(done(DUE - 2 * HOUR)) == []


def test_each_duty_of_a_docket_has_a_verdict_of_its_own() -> None:
    sooner = STARTED.model_copy(update={"duty": "B.T02", "due": DUE - 2 * HOUR})
    docket = given(STARTED, sooner)

    assert docket.when(done(DUE - HOUR)) == [MET]
    other = replace(OWED, key=DutyKey("B.T02"), limit=Limit(DUE - 2 * HOUR))
    _, verdict = docket.when(replace(other, done=done(DUE - HOUR).done))
    assert verdict == DutyMetLate(
        duty="B.T02", done_at=DUE - HOUR, due=DUE - 2 * HOUR, late_seconds=3600
    )
