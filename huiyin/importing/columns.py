"""What the columns of a file mean: usual headings, a unit's own field map, and what is left out."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from shared.contracts.intake import ImportField
from shared.errors import Invalid

FIELDS: tuple[ImportField, ...] = get_args(ImportField)

NEEDED: tuple[ImportField, ...] = ("message_id", "title", "posted_at")

NAMES: Mapping[str, str] = {
    "message_id": "编号",
    "category": "类别",
    "title": "标题",
    "posted_at": "留言时间",
    "body": "正文",
    "replied_at": "答复时间",
    "reply": "答复内容",
    "replying_unit": "答复单位",
}
"""What people call the fields."""

USUAL: Mapping[ImportField, str] = {
    "message_id": "编号 留言编号 信件编号 工单编号 帖子编号 主题编号 诉求编号 来信编号"
    " message_id messageid id",
    "category": "类别 留言类别 分类 类型 一级标签 一级分类 领域 所属领域 category",
    "title": "标题 主题 留言标题 留言主题 信件标题 来信标题 诉求标题 帖子标题 title subject",
    "posted_at": "留言时间 留言日期 发帖时间 发帖日期 提问时间 发布时间 来信时间 来信日期"
    " 提交时间 诉求时间 posted_at postedat posted",
    "body": "正文 内容 留言详情 留言内容 留言正文 详情 详细内容 信件内容 来信内容 诉求内容"
    " 问题描述 帖子内容 body content",
    "replied_at": "答复时间 答复日期 回复时间 回复日期 replied_at repliedat replied",
    "reply": "答复内容 答复意见 答复 答复详情 回复内容 回复意见 回复 回复详情 reply answer",
    "replying_unit": "答复单位 答复部门 答复机构 回复单位 回复部门 回复机构 replying_unit"
    " replyingunit",
}
"""The headings that are understood without being told; none says who spoke."""

_MEANING = {name: field for field, names in USUAL.items() for name in names.split()}


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column (0-based) holds which field, and the headings that are left out."""

    headings: tuple[str, ...]
    places: Mapping[ImportField, int]
    left_out: tuple[str, ...]

    def heading(self, field: str) -> str:
        """What the file calls a field; our own name of it where the file has no such column."""
        named = {name: self.headings[place] for name, place in self.places.items()}
        return NAMES.get(field, field) if field not in named else named[field]

    def meant(self) -> dict[str, ImportField]:
        """Every heading that is imported, with its field, in the file's order."""
        pairs = sorted((place, field) for field, place in self.places.items())
        return {self.headings[place]: field for place, field in pairs}


def understood(
    headings: Sequence[str],
    given: Mapping[str, ImportField] | None = None,
    kept: Mapping[str, ImportField] | None = None,
) -> Columns:
    """What each column means: as ``given``, else as ``kept`` for the unit, else as is usual.

    Raises Invalid ``import.column-missing``, ``import.column-twice`` or
    ``import.heading-unknown``.
    """
    names = tuple(clean(heading) for heading in headings)
    given = {clean(heading): field for heading, field in (given or {}).items()}
    kept = {clean(heading): field for heading, field in (kept or {}).items()}
    _check_given(given, names)
    places: dict[ImportField, int] = {}
    for meanings in (given, kept, _usual(names)):
        _place(places, names, meanings)
    _check_complete(places, names)
    rest = tuple(n for at, n in enumerate(names) if n and at not in places.values())
    return Columns(names, places, rest)


def known(headings: Iterable[str]) -> int:
    """How many of the headings are usual ones."""
    return len(_usual([clean(heading) for heading in headings]))


def read_map(pairs: Iterable[str]) -> dict[str, ImportField]:
    """Headings and their fields from ``标题=title``; the field may be in Chinese as well.

    Raises Invalid ``import.map-malformed``.
    """
    given: dict[str, ImportField] = {}
    for pair in pairs:
        heading, _, name = pair.rpartition("=")
        field = _MEANING.get(_plain(name))
        if not clean(heading) or field is None:
            remedy = f"请写成 --map 列名=字段；可用的字段：{'、'.join(FIELDS)}。"
            raise _map_malformed(f"--map {pair} 看不懂。", remedy)
        if given.setdefault(clean(heading), field) != field:
            said = f"--map 把列“{clean(heading)}”说成了两个字段。"
            raise _map_malformed(said, "一列只能是一个字段, 请只留一个。")
    return given


def clean(heading: str) -> str:
    """A heading without what surrounds it unseen."""
    return heading.strip().strip("\ufeff\u200b").strip()


def _plain(heading: str) -> str:
    """A heading as it is compared: width, case and spaces do not matter."""
    text = unicodedata.normalize("NFKC", clean(heading)).casefold()
    return "".join(text.split()).replace(" ", "")


def _usual(names: Iterable[str]) -> dict[str, ImportField]:
    found = ((name, _MEANING.get(_plain(name))) for name in names)
    return {name: field for name, field in found if field is not None}


def _place(
    places: dict[ImportField, int], names: Sequence[str], meanings: Mapping[str, ImportField]
) -> None:
    """Give fields their columns; what was placed before stays."""
    before, taken = set(places), set(places.values())
    for at, name in enumerate(names):
        field = meanings.get(name)
        if field is None or field in before or at in taken:
            continue
        if field in places:
            other = names[places[field]]
            raise Invalid(
                "import.column-twice",
                f"列“{other}”与“{name}”都是{NAMES[field]}（{field}）, 不知道用哪一列。",
                f"请用 --map {other or '列名'}={field} 指定一列；两列同名的, 请先改名。",
                field,
            )
        places[field] = at


def _check_given(given: Mapping[str, ImportField], names: Sequence[str]) -> None:
    for heading in given:
        if heading not in names:
            raise Invalid(
                "import.heading-unknown",
                f"文件里没有 --map 所说的列“{heading}”；文件的列是：{_listed(names)}。",
                "请按文件第一行里的文字填写 --map。",
                "--map",
            )


def _check_complete(places: Mapping[ImportField, int], names: Sequence[str]) -> None:
    missing = [field for field in NEEDED if field not in places]
    if missing:
        wanted = "、".join(f"{NAMES[field]}（{field}）" for field in missing)
        example = f"--map 列名={missing[0]}"
        raise Invalid(
            "import.column-missing",
            f"文件缺少列 {wanted}；文件的列是：{_listed(names)}。",
            f"若只是名称不同, 请用 {example} 说明哪一列是它, 本单位以后无需再说；"
            f"可用的字段：{'、'.join(FIELDS)}。",
            missing[0],
        )


def _map_malformed(said: str, remedy: str) -> Invalid:
    return Invalid("import.map-malformed", said, remedy, "--map")


def _listed(names: Sequence[str]) -> str:
    return "、".join(name or "（空）" for name in names[:40]) or "（没有）"
