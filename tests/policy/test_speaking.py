"""A pack's rules in Chinese, as an office clerk reads them."""

from pathlib import Path

import pytest

from shared.policy import known_packs, load_pack
from shared.policy.language.speaking import limit, sentence
from tests.policy.town import pack_of

MORE = """
[channel.hotline]
zh = "热线"
[medium]
phone = "电话"
forum = "小区论坛"
"""


def said(directory: Path, section: str, rules: str) -> str:
    pack = pack_of(directory, f'{MORE}[{section}."A.1"]\nzh = "事项"\n{rules}\n')
    return sentence(pack, pack.rules["A.1"])


DUTIES = {
    "发现后 3小时内，新闻发言人须发布": (
        'who = "spokesperson"\nstart = "discovered"\nwithin = "PT3H"'
    ),
    "发帖后 3日内，承办单位须发布": 'start = "posted"\ndays = 3',
    "发帖后 3日内（起始日计入），承办单位须发布": (
        'start = "posted"\ndays = 3\nreading = "from_start_day"'
    ),
    "发帖后 1日内（每日按 24 小时计），承办单位须发布": (
        'start = "posted"\ndays = 1\nreading = "elapsed"'
    ),
    "登记后 5个工作日内，承办单位须发布": 'start = "registered"\nworking_days = 5',
    "发现当日，承办单位须发布": 'start = "discovered"\nsame_day = true',
    "发现后、17:30 前，承办单位须发布": 'start = "discovered"\nat = "17:30"',
    "登记后、12月11日前，承办单位须发布": 'start = "registered"\non = "12-11"',
    "登记后、当月最后一日前，承办单位须发布": 'start = "registered"\non = "last"',
    "登记后、2月26日至3月10日间，承办单位须发布": (
        'start = "registered"\nwindow = ["02-26", "03-10"]'
    ),
    "每次发布（阶段性答复）后、承诺的期限内，承办单位须发布": (
        'start = "publish:interim"\npromised = true\nagain = true'
    ),
    "发现后，承办单位须立即发布": 'start = "discovered"\nsoon = "immediate"',
    "发现后，承办单位须及时发布": 'start = "discovered"\nsoon = "prompt"',
    "发现后、平息或办结之前，承办单位须持续发布": (
        'start = "discovered"\nuntil = ["calm", "close"]'
    ),
    "计划时间 14天之前，承办单位须发布": 'start = "planned"\nbefore = "P14D"',
    "登记后、计划时间之前，承办单位须发布": 'start = "registered"\nbefore = true',
    "宣布启动（疫情期间）后 2小时内，承办单位须发布": 'start = "state:outbreak"\nwithin = "PT2H"',
    "发生或发现后 2小时内，承办单位须发布": 'start = ["occurred", "discovered"]\nwithin = "PT2H"',
    "发现后 2小时内，承办单位可以发布": ('start = "discovered"\nwithin = "PT2H"\noptional = true'),
    "级别为重大或较大的，发现后 2小时内，承办单位须发布": (
        'when = {severity = ["major", "larger"]}\nstart = "discovered"\nwithin = "PT2H"'
    ),
    "级别为一般以外、事项为活动、来自热线的，登记后 1日内，承办单位须发布": (
        'when = {severity = "!ordinary", matter = "activity", channel = "hotline"}\n'
        'start = "registered"\ndays = 1'
    ),
    "已宣布（疫情期间）的，发现后，承办单位须及时发布": (
        'when = {state = "outbreak"}\nstart = "discovered"\nsoon = "prompt"'
    ),
    "发帖后 3日内，承办单位须发布，已说明的除外": 'start = "posted"\ndays = 3\nunless = "explain"',
    "发帖后 3日内，承办单位须发布；说明理由的可延期，总计不超过 5日": (
        'start = "posted"\ndays = 3\nextension = {days = 5}'
    ),
    "发帖后 3日内，承办单位须发布；经主要领导批准的可再延 2日": (
        'start = "posted"\ndays = 3\n'
        'extension = {days = 2, counted = "additional", needs = "approval",'
        ' approver = "principal_leader"}'
    ),
}


@pytest.mark.parametrize("words", DUTIES)
def test_a_duty_says_who_must_do_what_by_when(tmp_path: Path, words: str) -> None:
    assert said(tmp_path, "duty", f'stop = "publish"\n{DUTIES[words]}') == words


STOPS = {
    "办公室电话上报": '"report ~phone"',
    "办公室通过小区论坛发布": '"publish ~forum"',
    "办公室向公安机关上报（首报）": '"report:first > police"',
    "办公室核实或处置": '["verify", "handle"]',
    "办公室核实并处置": '{all = ["verify", "handle"]}',
    "办公室先核实，再处置": '{seq = ["verify", "handle"]}',
    "办公室发布 3 次": '{count = 3, of = "publish"}',
    "办公室处置并（核实或发布）": '{all = ["handle", ["verify", "publish"]]}',
    "办公室定级": '"grade by office"',
    "办公室宣布启动（疫情期间）": '"declare:outbreak ~on"',
    "办公室宣布结束（疫情期间）": '"declare:outbreak ~off"',
}


@pytest.mark.parametrize("words", STOPS)
def test_a_step_says_who_does_what(tmp_path: Path, words: str) -> None:
    names = '[party.office]\nzh = "办公室"\n'
    pack = pack_of(
        tmp_path, f'{MORE}{names}[step."A.1"]\nzh = "事项"\nwho = "office"\nact = {STOPS[words]}\n'
    )

    assert sentence(pack, pack.rules["A.1"]) == words


OTHERS = {
    "签收（抄告单）后 3日内，每个承办单位须上报": (
        "duty",
        'start = "accept:copy_notice"\nstop = "report"\ndays = 3\neach = "assignee"',
    ),
    "发现后，承办单位须立即分别向公安机关、公众上报": (
        "duty",
        'start = "discovered"\nstop = "report"\nsoon = "immediate"\neach = "recipient"\n'
        'recipients = ["police", "public"]',
    ),
    "每日，责任单位须浏览，至少 3 次": ("schedule", 'every = "day"\nstop = "browse"\ncount = 3'),
    "每个工作日 17:30 前，责任单位须汇总（上一期的）": (
        "schedule",
        'every = "day"\nstop = "summarise"\nat = "17:30"\nworking_days = true\ncovers = "previous"',
    ),
    "每月（1月至11月）最后一日前，责任单位须汇总": (
        "schedule",
        'every = "month"\nstop = "summarise"\non = "last"\nmonths = [1,2,3,4,5,6,7,8,9,10,11]',
    ),
    "每月10日 17:30 前，责任单位须汇总": (
        "schedule",
        'every = "month"\nstop = "summarise"\non = 10\nat = "17:30"',
    ),
    "每周周五前，责任单位须汇总": (
        "schedule",
        'every = "week"\nstop = "summarise"\non = "friday"',
    ),
    "每月（3月、9月），责任单位须演练": (
        "schedule",
        'every = "month"\nstop = "drill"\nmonths = [3, 9]',
    ),
    "每年12月1日至12月31日间，12月11日前，责任单位须填报": (
        "schedule",
        'every = "year"\nstop = "file_return"\nwindow = ["12-01", "12-31"]\non = "12-11"',
    ),
    "自5月5日起每周，各学校须零报告": (
        "schedule",
        'every = "week"\nstop = "zero_report"\nfrom = "05-05"\neach = "unit"\nwho = "school"',
    ),
    "值班员值班，自 08:00 起每 12小时一班，不得空岗，每班须有带班领导": (
        "shift",
        'for = "PT12H"\nleader = true',
    ),
    "发布之前，须有主要领导审定": (
        "gate",
        'refuse = "publish"\nneeds = "approve by principal_leader"',
    ),
    "发布或上报之前，须先核实，再批示": (
        "gate",
        'refuse = ["publish", "report"]\nneeds = {seq = ["verify", "instruct"]}',
    ),
    "发布，只能由新闻发言人办理": ("gate", 'refuse = "publish"\nonly_by = "spokesperson"'),
    "发布之前，须有核实；发布（阶段性答复）不受此限（违反的不拦下，记为违规）": (
        "gate",
        'refuse = "publish"\nneeds = "verify"\nbesides = "publish:interim"\nmode = "flag"',
    ),
    "上报时须填：情况、条数（填数字）、不良评论（没有的填“无”）、级别（甲、乙 选一，可不填）": (
        "form",
        'on = "report"\nfields = {a = {zh = "情况"}, b = {zh = "条数", type = "number"},'
        ' c = {zh = "不良评论", nil = true},'
        ' d = {zh = "级别", type = "choice", of = ["甲", "乙"], optional = true}}',
    ),
    "上报时可用此表，用则须填：情况": (
        "form",
        'on = "report"\noptional = true\nfields = {a = {zh = "情况"}}',
    ),
    "登记时用此表（原文未规定栏目）": ("form", 'on = "register"'),
    "由人认定；通报批评": ("offence", 'basis = "human"\nsanction = "通报批评"'),
    "由系统计算：各项上报和答复 迟办": ("offence", 'basis = "computed"\non = "late"'),
    "归档须有：台账": ("archive", 'view = "ledger"'),
    "有则归档：记录（证据）": ("archive", 'holds = "note:evidence"\nrequired = false'),
    "登记的次数": ("statistic", 'counts = "register"'),
    "按时的发布占登记的比例": (
        "statistic",
        'counts = "publish"\namong = "register"\nwhere = "in_time"',
    ),
}


@pytest.mark.parametrize("words", OTHERS)
def test_every_other_kind_of_rule_reads_as_a_sentence(tmp_path: Path, words: str) -> None:
    section, rules = OTHERS[words]
    school = '[party.school]\nzh = "学校"\n'
    pack = pack_of(tmp_path, f'{MORE}{school}[{section}."A.1"]\nzh = "事项"\n{rules}\n')

    assert sentence(pack, pack.rules["A.1"]) == words


@pytest.mark.parametrize(
    ("clock", "words"),
    [
        ('soon = "prompt"', "及时（只计用时）"),
        ('until = "close"', "持续进行（不计逾期）"),
        ('within = "PT3H"', "3小时内"),
        ("same_day = true", "当日"),
        ("before = true", "事先"),
    ],
)
def test_a_limit_stands_by_itself_too(tmp_path: Path, clock: str, words: str) -> None:
    rule = f'[duty."A.1"]\nzh = "事项"\nstart = "discovered"\nstop = "publish"\n{clock}\n'
    pack = pack_of(tmp_path, rule)

    assert limit(pack.rules["A.1"]) == words


def test_beforehand_is_said_as_such_and_not_as_a_minute() -> None:
    for path in known_packs().values():
        pack = load_pack(path)
        said = {number: sentence(pack, rule) for number, rule in pack.rules.items()}
        assert [number for number, words in said.items() if " 1分钟" in words] == [], pack.id


def test_every_rule_of_every_pack_can_be_said_without_a_key_in_it() -> None:
    for path in known_packs().values():
        pack = load_pack(path)
        for number, rule in pack.rules.items():
            words = sentence(pack, rule)
            assert words, number
            assert "None" not in words, (number, words)
            assert not any(f"{key}须" in words for key in pack.parties), (number, words)
