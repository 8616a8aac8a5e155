"""A pack is read as it stands, or refused with file, place, key and what to do."""

import hashlib
from pathlib import Path

import pytest

from shared.documents import Complaint
from shared.errors import Invalid
from shared.policy import COUNTY_BASELINE, Duty, find_pack, known_packs, load_pack
from shared.policy.language.loading import examine
from tests.policy.town import HEADING

REPLY = """
[duty."Q.T01"]
zh = "回复"
clause = "三日内答复"
start = "posted"
stop = "publish"
days = 3
"""


def written(directory: Path, text: str, name: str = "qinghe-town") -> Path:
    path = directory / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return path


def complaints(directory: Path, text: str) -> list[Complaint]:
    return examine(written(directory, text))[1]


def test_the_county_baseline_has_one_duty() -> None:
    pack = load_pack(COUNTY_BASELINE)

    assert (pack.id, pack.version) == ("county-baseline", "2026.1")
    duty = pack.of(Duty)["B.T01"]
    assert (duty.start, duty.days, str(duty.stop.parts[0])) == (("posted",), 3, "publish")


def test_a_pin_names_pack_version_and_the_bytes_of_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, HEADING + REPLY)

    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert load_pack(path).pin == f"qinghe-town@2026.1#{digest[:12]}"


def test_another_byte_in_the_file_is_another_pin(tmp_path: Path) -> None:
    pin = load_pack(written(tmp_path, HEADING + REPLY)).pin

    assert load_pack(written(tmp_path, HEADING + REPLY + "# 注\n")).pin != pin


def test_every_shipped_pack_loads_and_is_named_as_its_file() -> None:
    for name, path in known_packs().items():
        assert load_pack(path).id == name


def test_a_pack_is_found_by_its_id_or_as_a_file(tmp_path: Path) -> None:
    path = written(tmp_path, HEADING)

    assert find_pack("county-baseline") == COUNTY_BASELINE
    assert find_pack(str(path)) == path
    with pytest.raises(Invalid) as told:
        find_pack("qing-he")
    assert told.value.code == "pack.unknown"


WRONG = {
    'stop = "aprove"': ("pack.unknown-act", "approve"),
    'stop = "report:unheard"': ("pack.unknown-kind", "kinds.report"),
    'stop = "report > nobody"': ("pack.unknown-party", "party.nobody"),
    'stop = "report ~pigeon"': ("pack.unknown-medium", "medium"),
    'stop = "browse"': ("pack.never-met", "schedule"),
    'stop = {count = 0, of = "report"}': ("pack.malformed", "式样"),
    'when = {gravity = "major"}': ("pack.unknown-axis", "axis.gravity"),
    'when = {severity = "grave"}': ("pack.unknown-value", "major"),
    'when = {state = "war"}': ("pack.unknown-value", "outbreak"),
    'start = "state:war"': ("pack.unknown-state", "state.war"),
    'start = "missed:Q.T99"': ("pack.unknown-rule", "编号"),
    'within = "3h"': ("pack.malformed", "PT3H"),
    "days = 0": ("pack.out-of-range", "1"),
    'days = "3"': ("pack.wrong-type", "引号"),
    "working_days = 3\ndays = 3": ("pack.malformed", "恰好"),
    'on = "02-30"': ("pack.malformed", "12-11"),
    'on = "first"': ("pack.malformed", "12-11"),
    'window = ["last", "03-01"]': ("pack.malformed", "12-11"),
    'before = "3 days"': ("pack.malformed", "P2D"),
    "before = 3": ("pack.malformed", "引号"),
    'at = "25:00"': ("pack.malformed", "24:00"),
    'clash = "Q.T99"': ("pack.unknown-rule", "编号"),
    'colour = "red"': ("pack.unknown-key", "拼写"),
    'zh = ""': ("pack.malformed", "不能为空"),
    'zh = "删帖"': ("pack.out-of-scope", "refer"),
    'zh = "返回人员隔离十四天"': ("pack.out-of-scope", "对个人"),
    'who = "$whoever"': ("pack.unknown-parameter", "params.whoever"),
}


@pytest.mark.parametrize("line", WRONG)
def test_what_is_wrong_is_told_with_its_place_and_a_remedy(tmp_path: Path, line: str) -> None:
    code, remedy = WRONG[line]
    given = {"zh": '"回复"', "start": '"posted"', "stop": '"publish"', "days": "3"}
    names = [part.split(" = ")[0] for part in line.split("\n")]
    if {"within", "working_days", "on", "window", "at", "before"} & set(names):
        given.pop("days")
    kept = [f"{key} = {value}" for key, value in given.items() if key not in names]
    text = HEADING + '[duty."Q.T01"]\n' + "\n".join([*kept, line]) + "\n"

    [told] = complaints(tmp_path, text)

    assert told.code == code
    assert remedy in told.message + told.remedy
    if told.path and told.path[0] == "duty":
        assert told.place
        assert text.splitlines()[told.place.line - 1].startswith(("[duty", names[0]))


@pytest.mark.parametrize(
    "rules",
    [
        '[kinds.assess]\norigin = "锁定发布者IP"\n',
        '[kinds.handle]\nquarantine = "安置"\n',
        '[state.silence]\nzh = "冷处理"\non = "matter"\n',
        '[party.commentators]\nzh = "评论员队伍"\n',
        '[form."Q.F01"]\nzh = "记录"\non = "note"\nfields = {who = {zh = "造谣者姓名"}}\n',
        '[gate."Q.G01"]\nzh = "解除隔离须经批准"\nrefuse = "handle"\nneeds = "approve"\n',
    ],
)
def test_what_no_pack_may_ask_for_is_refused_wherever_it_is_named(
    tmp_path: Path, rules: str
) -> None:
    assert "pack.out-of-scope" in [told.code for told in complaints(tmp_path, HEADING + rules)]


@pytest.mark.parametrize(
    "title",
    ["因病缺勤追查与登记", "信息来源", "24小时监控", "跟踪办理情况", "答复发帖人", "不得删除原帖"],
)
def test_what_only_sounds_like_it_is_not_refused(tmp_path: Path, title: str) -> None:
    assert complaints(tmp_path, HEADING + f'[kinds.note]\nabsence_tracing = "{title}"\n') == []


def test_a_room_that_a_school_must_have_ready_is_no_measure_against_anybody(
    tmp_path: Path,
) -> None:
    text = HEADING + REPLY.replace('zh = "', 'zh = "隔离室备好, ', 1)

    assert "隔离室" in text
    assert complaints(tmp_path, text) == []


def test_everything_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    text = HEADING + REPLY.replace("posted", "state:war") + '[shift."S"]\nzh = "值"\nwho = "x"\n'

    assert [told.code for told in complaints(tmp_path, text)] == [
        "pack.unknown-state",
        "pack.unknown-party",
    ]


def test_a_syntax_error_is_told_with_line_and_column(tmp_path: Path) -> None:
    [told] = complaints(tmp_path, HEADING + "[duty.\n")

    assert (told.code, str(told.place)[:3]) == ("pack.not-toml", "第 2")


def test_a_number_used_twice_is_refused_within_and_across_sections(tmp_path: Path) -> None:
    [twice] = complaints(tmp_path, HEADING + REPLY + REPLY)
    unarmed = '[unarmed]\n"Q.T01" = {zh = "回复", why = "未给出时限"}\n'
    [across] = complaints(tmp_path, HEADING + REPLY + unarmed)

    assert (twice.code, across.code) == ("pack.declared-twice", "pack.number-twice")


def test_an_act_whose_record_says_no_kind_has_none(tmp_path: Path) -> None:
    [told] = complaints(tmp_path, HEADING + '[kinds.reject]\npress = "不举办"\n')

    assert (told.code, told.path) == ("pack.unknown-kind", ("kinds", "reject"))


@pytest.mark.parametrize(
    "days",
    [
        'every = "month"\non = "12-11"',
        'every = "day"\non = "last"',
        'every = "month"\non = "friday"',
        'every = "week"\non = "freitag"',
        'every = "month"\non = 0',
        'every = "month"\non = true',
    ],
)
def test_a_schedule_whose_day_does_not_fit_its_period_is_not_loaded(
    tmp_path: Path, days: str
) -> None:
    schedule = f'[schedule."Q.S01"]\nzh = "月报"\nstop = "summarise"\n{days}\n'

    [told] = complaints(tmp_path, HEADING + schedule)

    assert (told.code, told.path) == ("pack.malformed", ("schedule", "Q.S01", "on"))


def test_an_item_is_stated_by_the_rules_of_its_number_and_those_that_name_it(
    tmp_path: Path,
) -> None:
    parts = REPLY.replace("Q.T01", "Q.T01/city") + REPLY + 'also = ["Q.R01"]\n'
    pack = load_pack(written(tmp_path, HEADING + parts))

    assert pack.stated_by("Q.T01") == {"Q.T01", "Q.T01/city"}
    assert pack.stated_by("Q.R01") == {"Q.T01"}
    assert pack.stated_by("Q.R02") == frozenset()


def test_a_rule_states_the_item_by_which_its_limit_can_be_extended(tmp_path: Path) -> None:
    pack = load_pack(written(tmp_path, HEADING + REPLY + 'extension = {id = "Q.T09", days = 5}\n'))

    assert pack.stated_by("Q.T09") == {"Q.T01"}


def test_gates_that_wait_for_each_other_never_open(tmp_path: Path) -> None:
    gates = """
[gate."G.1"]
zh = "先审后发"
refuse = "publish"
needs = "approve by principal_leader"
[gate."G.2"]
zh = "先发后审"
refuse = "approve"
needs = {all = ["publish", "report"]}
"""
    told = complaints(tmp_path, HEADING + gates)

    assert {each.code for each in told} == {"pack.never-open"}
    assert "G.1 → G.2 → G.1" in told[0].message


def test_a_duty_that_a_gate_gives_to_others_alone_is_never_met(tmp_path: Path) -> None:
    gate = '[gate."G.1"]\nzh = "统一发布"\nrefuse = "publish"\nonly_by = "spokesperson"\n'
    duty = REPLY.replace('stop = "publish"', 'stop = "publish by info_officer"')

    [told] = complaints(tmp_path, HEADING + gate + duty)

    assert told.code == "pack.never-met"


@pytest.mark.parametrize("zone", ["Asia/Urumqi", "Mars/Base"])
def test_another_time_zone_is_refused(tmp_path: Path, zone: str) -> None:
    text = HEADING.replace('zh = "青禾镇"', f'zh = "青禾镇"\ntimezone = "{zone}"')

    [told] = complaints(tmp_path, text)

    assert (told.code, told.key) == ("pack.unknown-value", "pack.timezone")


def test_a_parameter_takes_only_what_it_may(tmp_path: Path) -> None:
    text = (
        HEADING
        + '[params.days]\nzh = "天数"\ndefault = 3\nof = [2, 3]\n'
        + REPLY.replace("days = 3", 'days = "$days"')
    )
    path = written(tmp_path, text)

    assert load_pack(path).of(Duty)["Q.T01"].days == 3
    assert load_pack(path, {"days": 2}).of(Duty)["Q.T01"].days == 2
    with pytest.raises(Invalid) as told:
        load_pack(path, {"days": 5})
    assert told.value.code == "pack.parameter-value"


def test_a_file_that_is_away_is_told(tmp_path: Path) -> None:
    with pytest.raises(Invalid) as told:
        load_pack(tmp_path / "away.toml")

    assert told.value.code == "pack.unreadable"
