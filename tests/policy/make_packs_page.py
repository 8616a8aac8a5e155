"""``python -m tests.policy.make_packs_page``: write docs/packs.md, the packs in figures."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from shared.policy import Pack, known_packs, load_pack
from shared.policy.language.rules import STANDINGS
from tests.policy.make_rule_ids import DECLARED, listed

PAGE = Path(__file__).parents[2] / "docs" / "packs.md"

TOP = """\
# 规则包一览

*(English: the packs that are shipped, in figures; written by
`python -m tests.policy.make_packs_page`. [rules.md](rules.md) tells how a pack is written.)*

**启用**的条目会逾期、会拦下或要填写；**计量**的（立即、及时、持续）只记用时；**未启用**的在包里写明原因。
数字是来文的条目数；一条规则可以写出几个条目，一个条目也可以写成几条规则。

| 规则包 | 单位与文件 | 启用 | 计量 | 未启用 | 合计 |
|---|---|--:|--:|--:|--:|
"""


def page() -> str:
    """The page as it should be."""
    packs = [load_pack(path) for path in known_packs().values()]
    return TOP + "".join(_rows(packs)) + "\n" + "".join(_totals(packs))


def _rows(packs: Sequence[Pack]) -> Iterator[str]:
    for pack in packs:
        file = f"../shared/policy/packs/{pack.id}.toml"
        yield _row(f"[{pack.id}]({file})", pack.file.pack.zh, pack.counts())
    total = sum((Counter(pack.counts()) for pack in packs), Counter[str]())
    yield _row(f"**{len(packs)} 个**", "**合计**", total)


def _row(name: str, zh: str, standings: dict[str, int]) -> str:
    figures = [*(standings[each] for each in STANDINGS), sum(standings.values())]
    return f"| {name} | {zh} | {' | '.join(map(str, figures))} |\n"


def _totals(packs: Sequence[Pack]) -> Iterator[str]:
    standing = {number: how for pack in packs for number, how in pack.file.items().items()}
    asked = [item for item in listed() if item.in_scope]
    rules = [item for item in asked if item.section not in DECLARED]
    limits = [item for item in rules if item.section == "time_limits"]
    yield f"来文的规则条目共 {len(rules)} 项：{_told(Counter(standing[i.id] for i in rules))}。\n"
    yield f"其中时限 {len(limits)} 项：{_told(Counter(standing[i.id] for i in limits))}。\n"
    rest = len(asked) - len(rules)
    yield f"另有机构、职务、渠道、类别、级别等 {rest} 项，写成当事方、渠道和分类维度；"
    beyond = len(standing.keys() - {item.id for item in rules})
    yield f"上表比规则条目多出的 {beyond} 项，是其中写成规则的几项和县级基线。\n"


def _told(found: Counter[str]) -> str:
    return "、".join(f"{zh} {found[standing]}" for standing, zh in STANDINGS.items())


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(PAGE)
