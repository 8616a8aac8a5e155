"""The line (界线): what no pack may ask for, because this system has no action for it."""

import re
from collections.abc import Mapping

_LATIN = re.compile(r"[a-z]+")

_NEVER: Mapping[str, str] = {
    "删除、屏蔽他人言论": """
        删帖 删贴 删稿 删除 撤帖 撤稿 帖子下架 稿件下架 信息下架
        屏蔽 封堵 封号 封禁 禁言 关闭评论 关闭账号 注销账号
        冷处理 沉帖 压制 舆情降温 降温处理 控制热度 热度控制 制止传播 阻止传播 制止谣言 阻断信息
        delete deletion remove removal block hide ban censor suppress suppression
    """,
    "匿名发声": """
        网评 评论员 水军 马甲 灌水 控评 跟帖引导 引导跟帖 引导舆论 舆论引导
        匿名跟帖 匿名发帖 匿名评论 匿名发声
        comment commenter commentator commentators
    """,
    "追查发言的人": """
        发帖人 发帖者 造谣者 传谣者 追查 落地查人 人肉 真实身份 网民身份 发布者身份
        查找发布者 锁定发布者 追踪发布者 IP地址 发布者IP
        信息源头 谣言源头 谣言来源 攻击来源 攻击源
        trace tracing identify
    """,
    "监视个人或群体": """
        重点人 重点群体 盯防 盯控 布控 监视个人 监视人员 监视账号 行踪 行程轨迹 活动轨迹
        watch watching surveil surveillance profile profiling
    """,
    "审查个人思想": """
        思想排查 思想摸排 思想动态 意识形态排查 意识形态审查 意识形态筛查 意识形态摸排
        ideology ideological
    """,
    "对个人采取限制措施": """
        隔离 医学观察 密接 密切接触者
        isolate isolation quarantine
    """,
}

NEVER: Mapping[str, str] = {word: what for what, words in _NEVER.items() for word in words.split()}
"""Words that name what this system has no action for, and what that is (界线)."""

REFER_INSTEAD = "请删去；确属违法的, 请用 refer（移送有权机关, 写明依据并经第二人批准）。"
"""What to do instead."""


HARMLESS = (
    *("缺勤追查", "absence_tracing", "责任追查", "追查责任"),
    *("隔离室", "隔离区", "隔离带", "隔离病房", "观察室", "观察区"),
    *("回复发帖人", "答复发帖人", "告知发帖人", "向发帖人反馈", "向发帖人说明"),
    *("不得删", "严禁删", "不得屏蔽", "严禁屏蔽"),
)
"""Words that have one of those in them and mean something else: why a pupil is missing or who must
answer, rooms to have ready, an answer to whoever asked, and what is forbidden.
"""


def out_of_scope(words: str) -> str | None:
    """What a name or title asks for that no pack may ask for, or none."""
    for each in HARMLESS:
        words = words.replace(each, "")
    whole = set(_LATIN.findall(words.lower()))
    for word, what in NEVER.items():
        if word in whole or (not word.isascii() and word in words):
            return what
    return None
