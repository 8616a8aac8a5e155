"""The rules of notes, corrections and a unit's day: it happens, it is refused, it stays quiet."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from shared.acts.body import MOST_ITEMS
from shared.acts.vocabulary import taken
from shared.contracts.intake import (
    ChannelsBrowsed,
    MatterNoted,
    RegistrationCorrected,
    ShiftWorked,
    SummaryMade,
)
from shared.contracts.sealed import Sealed
from shared.errors import Invalid
from shared.policy.engine.deeds import Deed
from shared.policy.language.loading import build
from shared.policy.language.pack import Pack
from tests.intake.story import NOW, act, given, judged, record
from tests.intake.test_incident import LINKED, REGISTER, REGISTERED, VOIDED

EARLIER, TOMORROW = NOW - timedelta(days=1), NOW + timedelta(days=1)


def pack(text: str) -> Pack:
    made, complaints = build((f'[pack]\nid = "p"\nversion = "1"\nzh = "规则"\n{text}',), {})
    assert made is not None, complaints
    return made


RULES = pack("""
[axis.severity]
zh = "级别"
values = {major = "重大", ordinary = "一般"}
scale = {major = 2, ordinary = 4}
[axis.category]
zh = "类别"
values = {water = "涉水", fire = "涉火"}
several = true
[channel.forum]
zh = "论坛"
[kinds.note]
development = "进展"
[gate.G1]
zh = "进展须先报告"
refuse = "note:development"
needs = "report > group_head"
[gate.G2]
zh = "登记由信息员办"
refuse = "register"
only_by = "info_officer"
[form.F1]
zh = "值班报告"
on = "shift"
fields.period = {zh = "起止"}
fields.adverse = {zh = "不良评论", nil = true}
[form.F2]
zh = "登记表"
on = "register"
when = {channel = "forum"}
fields.url = {zh = "网址"}
fields.floor = {zh = "楼层"}
""")


UNDER = record(pack=RULES, sets=judged().matter.sets)
REPORTED = Deed(uuid4(), "report", EARLIER, EARLIER, to=("group_head",))


def after(*deeds: Deed) -> Any:
    """Those rules, and what is on record."""
    return record(*deeds, pack=RULES, sets=UNDER.matter.sets)


def sealed(text: str) -> Sealed:
    """Words of the matter, as a fact has them before it is stored."""
    return Sealed.of(text, subject="matter")


class TestRegister:
    ASKED = REGISTER.but(under=UNDER)

    def test_what_is_judged_at_once_is_kept_with_what_kind_of_matter_it_is(self) -> None:
        asked = self.ASKED.but(
            matter="activity", category="", sets={"severity": ["major"]}, planned_at=TOMORROW
        )
        entered: dict[str, Any] = {
            "matter": "activity",
            "category": "",
            "sets": {"severity": ("major",)},
            "planned_at": TOMORROW,
        }
        given().when(asked).then(REGISTERED.model_copy(update=entered))

    def test_one_of_several_categories_is_the_category_and_all_are_kept(self) -> None:
        asked = self.ASKED.but(sets={"category": ["water", "fire"]})
        entered = {"category": "water", "sets": {"category": ("water", "fire")}}
        given().when(asked).then(REGISTERED.model_copy(update=entered))

    @pytest.mark.parametrize("category", ["water", "inquiry_demand"])
    def test_a_category_of_the_pack_or_one_that_all_know_is_taken(self, category: str) -> None:
        entered = REGISTERED.model_copy(update={"category": category, "sets": {}})
        given().when(self.ASKED.but(category=category)).then(entered)

    def test_a_category_is_free_where_no_pack_declares_any(self) -> None:
        entered = REGISTERED.model_copy(update={"category": "其他"})
        given().when(REGISTER.but(category="其他")).then(entered)

    @pytest.mark.parametrize(
        ("changes", "code", "field"),
        [
            ({"category": "air"}, "act.unknown-sets", "sets.category"),
            ({"category": ""}, "category.missing", "category"),
            ({"channel": "radio"}, "act.unknown-channel", "channel"),
            ({"channel": "import"}, "act.unknown-channel", "channel"),
            ({"sets": {"severity": ["huge"]}}, "act.unknown-sets", "sets.severity"),
            ({"sets": {"colour": ["red"]}}, "act.unknown-sets", "sets"),
            ({"sets": {"severity": ["major", "ordinary"]}}, "act.several-values", "sets.severity"),
            ({"sets": {"severity": []}}, "act.several-values", "sets.severity"),
        ],
    )
    def test_words_that_nobody_knows_are_refused(
        self, changes: dict[str, Any], code: str, field: str
    ) -> None:
        given().when(self.ASKED.but(**changes)).then_refused(code, Invalid, field=field)

    def test_a_closed_gate_refuses_it(self) -> None:
        given().when(self.ASKED.but(post="teacher")).then_refused("gate.closed", field="G2")

    def test_its_form_is_asked_for_and_kept_sealed(self) -> None:
        asked = self.ASKED.but(channel="forum")
        fields = {"url": "https://qinghe.example", "floor": "3"}
        entered: dict[str, Any] = {
            "channel": "forum",
            "fields": sealed('{"url": "https://qinghe.example", "floor": "3"}'),
            "filled": ("url", "floor"),
        }
        given().when(asked.but(fields=fields)).then(REGISTERED.model_copy(update=entered))
        given().when(asked).then_refused("form.field-missing", Invalid, field="fields.url")


class TestNote:
    NOTE = act("note", under=UNDER)

    def test_something_is_put_on_record(self) -> None:
        noted = MatterNoted(kind="tracking", text=sealed("又有三条"))
        given(REGISTERED).when(self.NOTE.but(kind="tracking", text="又有三条")).then(noted)

    def test_rules_see_that_it_got_worse(self) -> None:
        assert self.NOTE.but(worse=True).deed.worse
        assert not self.NOTE.but(kind="tracking").deed.worse

    def test_that_it_got_worse_is_enough_to_note(self) -> None:
        given(REGISTERED).when(self.NOTE.but(worse=True)).then(MatterNoted(worse=True))

    def test_nothing_at_all_is_no_note(self) -> None:
        given(REGISTERED).when(self.NOTE).then_refused("note.empty", Invalid)

    def test_a_kind_that_the_pack_does_not_know_is_refused(self) -> None:
        given(REGISTERED).when(self.NOTE.but(kind="x")).then_refused("act.unknown-kind", Invalid)

    def test_a_gate_refuses_what_is_to_happen_and_marks_what_has_happened(self) -> None:
        development = self.NOTE.but(kind="development")
        marked = MatterNoted(kind="development", breaches=("G1",))
        given(REGISTERED).when(development).then_refused("gate.closed", field="G1")
        given(REGISTERED).when(development.but(happened=True)).then(marked)
        told_first = development.but(under=after(REPORTED))
        given(REGISTERED).when(told_first).then(MatterNoted(kind="development"))

    def test_said_twice_of_the_same_moment_it_changes_nothing(self) -> None:
        note = self.NOTE.but(kind="tracking")
        given(REGISTERED).when(note.but(under=after(note.deed))).then_nothing()

    def test_not_of_what_is_voided_or_linked(self) -> None:
        note = self.NOTE.but(text="情况")
        given(REGISTERED, VOIDED).when(note).then_refused("incident.voided")
        given(REGISTERED, LINKED).when(note).then_refused("incident.linked")


class TestCorrect:
    CORRECT = act("correct", grounds="看错", under=UNDER)

    def test_moments_and_axes_are_put_right(self) -> None:
        new: dict[str, Any] = {"posted_at": EARLIER, "planned_at": TOMORROW}
        put_right = RegistrationCorrected(**new, sets={"category": ("fire",)}, grounds="看错")
        asked = self.CORRECT.but(**new, sets={"category": ["fire"]})
        given(REGISTERED).when(asked).then(put_right)

    def test_what_is_so_already_is_left_out_or_stays_quiet(self) -> None:
        """The registration says that it was discovered now."""
        same = self.CORRECT.but(discovered_at=NOW, sets={"category": ["inquiry_demand"]})
        again = RegistrationCorrected(posted_at=EARLIER, grounds="看错")
        given(REGISTERED).when(same).then_nothing()
        given(REGISTERED).when(same.but(posted_at=EARLIER)).then(again)
        given(REGISTERED, again).when(self.CORRECT.but(posted_at=EARLIER)).then_nothing()

    @pytest.mark.parametrize(
        ("said", "code"),
        [
            ({}, "correct.nothing"),
            ({"grounds": " ", "posted_at": EARLIER}, "grounds.missing"),
            ({"sets": {"severity": ["huge"]}}, "act.unknown-sets"),
        ],
    )
    def test_what_cannot_be_is_refused(self, said: dict[str, Any], code: str) -> None:
        given(REGISTERED).when(self.CORRECT.but(**said)).then_refused(code, Invalid)

    def test_not_of_what_is_voided_or_linked(self) -> None:
        asked = self.CORRECT.but(posted_at=EARLIER)
        given(REGISTERED, VOIDED).when(asked).then_refused("incident.voided")
        given(REGISTERED, LINKED).when(asked).then_refused("incident.linked")


class TestShift:
    SHIFT = act(
        "shift",
        begins=EARLIER,
        ends=NOW,
        fields={"adverse": "无"},
        known={"period": "昨日至今日"},
        under=UNDER,
    )

    def test_it_is_reported_with_explicit_nil_entries(self) -> None:
        worked = ShiftWorked(
            begins=EARLIER,
            ends=NOW,
            leader="group_head",
            fields=sealed('{"adverse": "无"}'),
            filled=("adverse",),
        )
        given().when(self.SHIFT.but(leader="group_head")).then(worked)

    @pytest.mark.parametrize("fields", [{}, {"adverse": " "}])
    def test_a_missing_field_is_refused(self, fields: dict[str, str]) -> None:
        asked = self.SHIFT.but(fields=fields)
        given().when(asked).then_refused("form.field-missing", Invalid, field="fields.adverse")

    @pytest.mark.parametrize(
        ("said", "code"),
        [
            ({"ends": EARLIER}, "shift.ends-before-begins"),
            ({"begins": NOW - timedelta(days=32)}, "shift.too-long"),
            ({"leader": "nobody"}, "act.unknown-leader"),
        ],
    )
    def test_a_spell_that_cannot_be_is_refused(self, said: dict[str, Any], code: str) -> None:
        given().when(self.SHIFT.but(**said)).then_refused(code, Invalid)

    def test_another_spell_told_at_the_same_moment_is_news(self) -> None:
        plain = self.SHIFT.but(under=judged(), fields={})
        before = record(plain.deed)
        shorter = NOW - timedelta(hours=1)
        given().when(plain.but(under=before)).then_nothing()
        worked = ShiftWorked(begins=EARLIER, ends=shorter)
        given().when(plain.but(under=before, ends=shorter)).then(worked)


ON_DAY = [each.name for each in taken() if each.room == "intake" and each.on in ("unit", "either")]


class TestDays:
    @pytest.mark.parametrize("name", [name for name in ON_DAY if name != "shift"])
    def test_each_is_put_on_record_and_once(self, name: str) -> None:
        made = {"items": ()} if name == "summarise" else {}
        asked = act(name, period="2026-03-02", under=UNDER, made=made)
        fact = given().when(asked).decided()
        assert getattr(fact, "ACT", None) == name
        assert getattr(fact, "period", None) == "2026-03-02"
        given().when(asked.but(under=after(asked.deed))).then_nothing()

    def test_channels_are_those_of_the_pack_or_of_everybody(self) -> None:
        browse = act("browse", channels=["forum", "call"], under=UNDER)
        given().when(browse).then(ChannelsBrowsed(channels=("forum", "call")))
        strange = browse.but(channels=["radio"])
        given().when(strange).then_refused("act.unknown-channel", Invalid, field="channels")

    def test_a_summary_tells_of_so_many_and_no_more(self) -> None:
        items = tuple(uuid4() for _ in range(MOST_ITEMS))
        summary = act("summarise", made={"items": items})
        given().when(summary).then(SummaryMade(items=items))
        longer = summary.but(made={"items": (*items, uuid4())})
        given().when(longer).then_refused("items.too-many", Invalid, field="items")

    def test_of_a_matter_that_does_not_stand_nothing_is_told(self) -> None:
        for name in ("inspect", "drill", "conduct", "file_return"):
            given(REGISTERED, VOIDED).when(act(name)).then_refused("incident.voided")
            given(REGISTERED, LINKED).when(act(name)).then_refused("incident.linked")
