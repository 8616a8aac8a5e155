"""What may be said of an act (请求内容): one body an act; unknown fields are refused.

Bodies are what programs send, what the command line has options for and what a drill's step can
say. A field's description is its help, in the words of people; the names of fields that a fact has
too are the fact's.
"""

from datetime import datetime
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from shared.contracts.catalogue import UtcTime

Code = Annotated[str, Field(min_length=1, max_length=32)]
"""That of a unit."""

Key = Annotated[str, Field(min_length=1, max_length=60)]
Name = Annotated[str, Field(min_length=1, max_length=120)]
Note = Annotated[str, Field(max_length=2000)]
Text = Annotated[str, Field(max_length=40_000)]
FormFields = Annotated[dict[Key, Annotated[str, Field(max_length=4000)]], Field(max_length=60)]
Sets = Annotated[dict[Key, Annotated[list[Key], Field(max_length=20)]], Field(max_length=20)]
Channel = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
IncidentName = Annotated[str, Field(min_length=1, max_length=64)]
"""The number or id of an incident."""

MOST_ITEMS = 1000
"""Matters in one summary: it has to fit into an event."""

SETS = "分类, 写作 维度=值, 可重复；多值重复写"
FIELDS = "表单栏目, 写作 栏目=内容, 可重复"
DRAFT = "文稿标识, 必须写明；见 huiyin case"
UNIT = "由哪个单位办, 默认本单位"
UNITS = "所涉单位代码, 可重复"
KIND = "种类, 见 huiyin pack show"


class Order(BaseModel):
    """Base of request bodies: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class Dated(Order):
    """Something that happened at ``occurred_at`` (with an offset), or now."""

    occurred_at: UtcTime | None = Field(None, description="实际发生时间, 默认现在（北京时间）")


class FormalBody(Dated):
    """An act that a form may be asked for: ``fields`` by key.

    ``happened`` says that it has happened already (已发生), and is only put on record.
    """

    fields: FormFields = Field(default_factory=dict, description=FIELDS)
    happened: bool = Field(False, description="已经发生, 据实补录：前置条件未满足的记为违规")


class ActBody(FormalBody):
    """Any act in the words of a pack: of which kind, to whom, how, about what, and its words."""

    kind: Key | None = Field(None, description=KIND)
    to: list[Key] = Field(
        default_factory=list, max_length=50, description="收件方（当事方）, 可重复"
    )
    medium: Key | None = Field(None, description="方式, 如 phone、written")
    of: Annotated[str, Field(max_length=200)] | None = Field(
        None, description="所关于的文书、单号或规则编号"
    )
    text: Text | None = Field(None, description="内容, 加密保存")


class RegisterBody(Dated):
    """An incident or other matter to enter (登记). Times carry an offset.

    ``unit`` is yours when left out. ``sets`` is what is judged at once on axes of the unit's pack;
    only an incident needs a ``category``, there or here.
    """

    title: Annotated[str, Field(min_length=1, max_length=500)] = Field(description="标题")
    category: str = Field(
        "", max_length=60, description="类别, 如 inquiry_demand；事件以外的事项可以不填"
    )
    channel: Channel = Field(
        description="message_board、call、newspaper、post、visit, 或规则包的渠道"
    )
    matter: Literal["incident", "own_release", "activity", "opening", "programme"] = Field(
        "incident",
        description=(
            "incident 事件、own_release 自主发布、activity 活动、opening 开学、programme 专项"
        ),
    )
    sets: Sets = Field(default_factory=dict, description=SETS)
    body: Text | None = Field(None, description="正文")
    contact: str | None = Field(
        None, max_length=500, description="仅在对方要求答复时填写, 加密保存"
    )
    link: str | None = Field(None, max_length=2000, description="原文网址")
    unit: str | None = Field(None, description="为哪个单位登记, 默认本单位")
    posted_at: UtcTime | None = Field(None, description="发帖时间（北京时间）")
    discovered_at: UtcTime | None = Field(None, description="发现时间（北京时间）")
    happened_at: UtcTime | None = Field(None, description="事情发生时间（北京时间）")
    planned_at: UtcTime | None = Field(None, description="计划进行的时间（北京时间）")
    fields: FormFields = Field(default_factory=dict, description=FIELDS)
    state_secret: bool = Field(False, description="涉及国家秘密（将被拒绝）")


class NoteBody(ActBody):
    """What is put on record about a matter (记录), and whether it got worse."""

    kind: Key | None = Field(
        None, description="facts 情况、evidence 证据、tracking 跟踪、worsening 恶化, 或规则包的种类"
    )
    worse: bool = Field(False, description="事态恶化")


class CorrectBody(Order):
    """What the registration should have said (更正), and why; the rest stays as it is."""

    grounds: Note = Field(description="更正理由")
    occurred_at: UtcTime | None = Field(None, description="事情实际发生时间（北京时间）")
    posted_at: UtcTime | None = Field(None, description="发帖时间（北京时间）")
    discovered_at: UtcTime | None = Field(None, description="发现时间（北京时间）")
    planned_at: UtcTime | None = Field(None, description="计划时间（北京时间）")
    sets: Sets = Field(default_factory=dict, description=SETS)


class LinkBody(Order):
    """Into which incident a duplicate is joined (并案)."""

    to: str = Field(description="所重复的事件的编号")
    grounds: str = Field(max_length=2000, description="理由")


class VoidBody(Order):
    """Why a registration was made in error (作废)."""

    reason: str = Field(max_length=2000, description="理由")


class DayBody(ActBody):
    """An act of a unit's day; ``period`` names what it is about, such as 2026-03-02 or 2026-03."""

    period: Key | None = Field(None, description="哪一期, 如 2026-03-02、2026-W10、2026-03")


class BrowseBody(DayBody):
    """Which channels were looked through (浏览)."""

    channels: list[Channel] = Field(
        default_factory=list, max_length=50, description="浏览了哪个渠道, 可重复"
    )


class SummariseBody(DayBody):
    """Which matters a summary tells of (汇总); without, what was registered since the last one."""

    items: list[IncidentName] | None = Field(
        None,
        max_length=MOST_ITEMS,
        description="汇总哪个事件（编号）, 可重复；默认上次汇总以来登记的",
    )


class ShiftBody(DayBody):
    """From when until when somebody was on duty (值班), and in which post the leader was."""

    begins: UtcTime = Field(description="值班开始时间（北京时间）")
    ends: UtcTime = Field(description="值班结束时间（北京时间）")
    leader: Key | None = Field(None, description="带班领导的职务, 无则不写")


class GradeBody(Dated):
    """How severe the matter is and what else is judged of it, and why (定级)."""

    grounds: Note = Field(description="依据")
    grade: Key | None = Field(
        None, description="级别, 如 especially_major、major、larger、ordinary"
    )
    sets: Sets = Field(default_factory=dict, description=SETS)


class AssignBody(Dated):
    """Which units must handle the matter, by code, and on which paper (交办)."""

    lead: Annotated[str, Field(max_length=32)] = Field(description="牵头单位代码")
    co_handling: list[Code] = Field(
        default_factory=list, max_length=100, description="协办单位代码, 可重复"
    )
    instruction: Note = Field("", description="交办意见")
    kind: Key | None = Field(None, description="文书种类, 见 huiyin pack show")
    fields: FormFields = Field(default_factory=dict, description=FIELDS)


class DraftBody(Dated):
    """A reply or other paper (拟稿)."""

    text: Text = Field(description="答复全文")
    kind: Key = Field(description="result 结果答复, interim 阶段答复, 或规则包的种类")
    fields: FormFields = Field(default_factory=dict, description=FIELDS)


class ApproveBody(Dated):
    """Which draft is approved (审定), by its id, and what of it (``kind``)."""

    draft: UUID | None = Field(None, description=DRAFT)
    kind: Key | None = Field(None, description="审定的是什么, 如 review、referral")


class RejectBody(Dated):
    """Which draft goes back to its writer, by its id, and why (驳回)."""

    reason: Note = Field(description="理由")
    draft: UUID | None = Field(None, description=DRAFT)


class PublishBody(FormalBody):
    """What was given to the public where (发布): which draft, by its id, and its own text.

    ``kind`` is the draft's unless it is published as something else; ``promised`` is when the
    public was told to expect the rest.
    """

    channel: str = Field(max_length=60, description="发布渠道")
    draft: UUID | None = Field(None, description=DRAFT)
    text: Text | None = Field(None, description="发布的全文；须与审定稿一致, 默认即审定稿")
    kind: Key | None = Field(None, description="作为何种发布, 默认同文稿")
    promised: UtcTime | None = Field(
        None, description="承诺何时再答复（北京时间；只写日期指当日 24:00）"
    )


class CloseBody(FormalBody):
    """With what remark the handling ends (办结)."""

    note: Note = Field("", description="办结说明")


class ReopenBody(Dated):
    """What is new, so that the handling goes on (重启)."""

    grounds: Note = Field(description="出现了什么新情况")


class AssessBody(ActBody):
    """What was judged, and which units were named (研判会商)."""

    sets: Sets = Field(default_factory=dict, description=SETS)
    units: list[Code] = Field(default_factory=list, max_length=100, description=UNITS)


class EscalateBody(ActBody):
    """What the escalation changes, such as the tier (提级)."""

    sets: Sets = Field(default_factory=dict, description=SETS)


class UnitsOwnBody(ActBody):
    """An act that a unit does for itself (签收、退回、核实、处置); the officer's if left out."""

    unit: Code | None = Field(None, description=UNIT)


class ReferBody(ActBody):
    """On which legal ground the matter is handed over (移送)."""

    ground: Note = Field("", description="法律依据")


class DeclareBody(ActBody):
    """Which state begins or ends (宣布)."""

    state: Key = Field(description="状态, 见 huiyin pack show")
    on: bool = Field(description="开始或结束")


class FeedbackBody(ActBody):
    """Whether the public is satisfied (群众评价)."""

    satisfied: bool = Field(description="是否满意")


class DelayBody(ActBody):
    """Something done about a delay: ``duty`` or ``rule`` says which.

    ``to`` are parties of the pack or units by their code.
    """

    to: list[Key] = Field(
        default_factory=list, max_length=50, description="对谁：当事方或单位代码, 可重复"
    )
    duty: Name | None = Field(None, description="哪一项义务, 见 huiyin duties 的“义务”列")
    rule: Name | None = Field(None, description="或只写规则编号")


class ExtendBody(DelayBody):
    """More time, until a moment, or as much as the rule allows (延期), granted by ``approver``."""

    until: UtcTime | None = Field(None, description="延至（北京时间）, 默认规则所许的最晚时间")
    approver: Name | None = Field(None, description="由哪个当事方批准")


class SettleBody(Order):
    """Whether what was recorded late had been done in time, and on what grounds (裁定)."""

    duty: Name = Field(description="哪一项义务, 见 huiyin duties 的“义务”列")
    in_time: bool = Field(description="认定为按时或迟办")
    grounds: Note = Field(description="依据")


class FindBody(ActBody):
    """Which rule is found against or in favour of whom (认定): ``of`` is the rule.

    ``text`` says on which grounds, ``evidence`` which entries of the log show it. ``unit`` is the
    one that has the matter in hand, where it is left out.
    """

    of: Annotated[str, Field(max_length=200)] | None = Field(
        None, description="规则包中追责或表彰条目的编号, 见 huiyin pack show"
    )
    unit: Code | None = Field(None, description="对哪个单位, 默认承办单位；认定单位日常的必写")
    evidence: list[Annotated[int, Field(ge=0)]] = Field(
        default_factory=list, max_length=200, description="证据的册号, 可重复"
    )
    good: bool | None = Field(None, description="是否表彰情形, 默认按规则包")


class RankBody(ActBody):
    """Of which quarter, such as 2026-Q1, and in which order it was made known (排名).

    Without an order it is the one that the statistics give.
    """

    period: Annotated[str, Field(max_length=20)] = Field(description="哪一季度, 如 2026-Q1")
    order: list[Code] = Field(
        default_factory=list, max_length=5000, description="单位代码, 依次重复写"
    )


def claimed_at(body: Order) -> datetime | None:
    """When an act happened, as claimed (UTC); none where its body says nothing of that."""
    return body.occurred_at if isinstance(body, Dated) else None


def plain(annotation: Any) -> Any:
    """A field's type itself, apart from what is said of it and from whether it may be left out."""
    if get_origin(annotation) is Annotated:
        return plain(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        [of] = [each for each in get_args(annotation) if each is not type(None)]
        return plain(of)
    return annotation


def is_moment(annotation: Any) -> bool:
    """Whether a field holds a moment."""
    return plain(annotation) in (datetime, AwareDatetime)


@cache
def moments_of(body: type[Order]) -> tuple[str, ...]:
    """The fields of a body that hold a moment."""
    return tuple(k for k, field in body.model_fields.items() if is_moment(field.annotation))


def has_words(body: Order) -> bool:
    """Whether a body has words or a form of the matter's own, which are sealed."""
    return bool(getattr(body, "text", None) or getattr(body, "fields", None))
