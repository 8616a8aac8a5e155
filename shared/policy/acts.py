"""The closed list of acts (行为): what rules may ask for, what is recorded, and who records it.

A pack adds kinds of these acts, never acts: what is not here is not something an institution
answers for, or not something this system helps with.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

_LATIN = re.compile(r"[a-z]+")

Room = Literal["intake", "routing", "deadlines", "reporting"]
Subject = Literal["matter", "unit"]


@dataclass(frozen=True, slots=True)
class Act:
    """One act: its Chinese name, the room that records it, and what it is done on.

    ``subject`` is an incident or other matter, or a unit (and one of its periods). ``worldly``
    says that it happens outside the system, which only takes note of it: such an act cannot be
    undone by refusing to record it.
    """

    title: str
    room: Room
    subject: Subject = "matter"
    worldly: bool = False


ACTS: Mapping[str, Act] = {
    "register": Act("登记", "intake"),
    "note": Act("记录", "intake", worldly=True),
    "correct": Act("更正", "intake"),
    "link": Act("并案", "intake"),
    "void": Act("作废", "intake"),
    "browse": Act("浏览", "intake", "unit", worldly=True),
    "summarise": Act("汇总", "intake", "unit", worldly=True),
    "zero_report": Act("零报告", "intake", "unit", worldly=True),
    "shift": Act("值班", "intake", "unit", worldly=True),
    "file_return": Act("填报", "intake", "unit", worldly=True),
    "inspect": Act("检查", "intake", "unit", worldly=True),
    "drill": Act("演练", "intake", "unit", worldly=True),
    "conduct": Act("开展", "intake", "unit", worldly=True),
    "grade": Act("定级", "routing"),
    "assess": Act("研判会商", "routing", worldly=True),
    "report": Act("上报", "routing", worldly=True),
    "instruct": Act("批示", "routing", worldly=True),
    "assign": Act("交办", "routing"),
    "accept": Act("签收", "routing", worldly=True),
    "return": Act("退回", "routing"),
    "escalate": Act("提级", "routing", worldly=True),
    "refer": Act("移送", "routing", worldly=True),
    "verify": Act("核实", "routing", worldly=True),
    "handle": Act("处置", "routing", worldly=True),
    "draft": Act("拟稿", "routing"),
    "approve": Act("审定", "routing"),
    "reject": Act("驳回", "routing"),
    "publish": Act("发布", "routing", worldly=True),
    "declare": Act("宣布", "routing", worldly=True),
    "calm": Act("平息", "routing", worldly=True),
    "close": Act("办结", "routing"),
    "reopen": Act("重启", "routing"),
    "feedback": Act("群众评价", "routing", worldly=True),
    "review": Act("总结评估", "routing", worldly=True),
    "appoint": Act("任命", "routing", "unit"),
    "adopt": Act("采用规则", "routing", "unit"),
    "publish_calendar": Act("公布历法", "routing", "unit"),
    "extend": Act("延期", "deadlines"),
    "explain": Act("说明", "deadlines", worldly=True),
    "urge": Act("催办", "deadlines", worldly=True),
    "supervise": Act("督办", "deadlines", worldly=True),
    "circulate": Act("通报", "deadlines", worldly=True),
    "settle": Act("裁定", "deadlines"),
    "archive": Act("归档", "reporting"),
    "find": Act("认定", "reporting"),
    "rank": Act("排名", "reporting", "unit"),
}
"""Every act by the name that packs, drills and events use."""

NEVER: Mapping[str, str] = {
    "删帖": "删除、屏蔽他人言论",
    "删除": "删除、屏蔽他人言论",
    "屏蔽": "删除、屏蔽他人言论",
    "封堵": "删除、屏蔽他人言论",
    "封号": "删除、屏蔽他人言论",
    "delete": "删除、屏蔽他人言论",
    "remove": "删除、屏蔽他人言论",
    "block": "删除、屏蔽他人言论",
    "hide": "删除、屏蔽他人言论",
    "网评": "匿名发声",
    "水军": "匿名发声",
    "跟帖引导": "匿名发声",
    "comment": "匿名发声",
    "发帖人": "追查发言的人",
    "追查": "追查发言的人",
    "落地查人": "追查发言的人",
    "trace": "追查发言的人",
    "identify": "追查发言的人",
    "重点人": "监视个人或群体",
    "盯防": "监视个人或群体",
    "watch": "监视个人或群体",
    "profile": "监视个人或群体",
    "思想排查": "审查个人思想",
    "screen_persons": "审查个人思想",
    "隔离": "对个人采取限制措施",
    "医学观察": "对个人采取限制措施",
    "isolate": "对个人采取限制措施",
    "isolation": "对个人采取限制措施",
    "密接": "对个人采取限制措施",
}
"""Words that name what this system has no action for, and what that is (界线)."""


PLACES = ("隔离室", "隔离区", "隔离带", "隔离病房", "观察室", "观察区")
"""Rooms and the like that a school has to have ready: no measure against anybody."""

REFER_INSTEAD = "请删去；确属违法的, 请用 refer（移送有权机关, 写明依据并经第二人批准）。"
"""What to do instead."""


def out_of_scope(words: str) -> str | None:
    """What a name or title asks for that no pack may ask for, or none."""
    whole = set(_LATIN.findall(words.lower()))
    for place in PLACES:
        words = words.replace(place, "")
    for word, what in NEVER.items():
        if word in whole or (not word.isascii() and word in words):
            return what
    return None
