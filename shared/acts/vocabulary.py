"""The closed list of acts (行为): what rules may ask for, what is recorded, and who records it.

A pack adds kinds of these acts, never acts: what is not here is not something an institution
answers for, or not something this system helps with. Routes, commands, drill steps and
``docs/acts.md`` are made from this table.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from shared.acts import body
from shared.acts.body import ActBody, DayBody, DelayBody, Order, UnitsOwnBody
from shared.contracts import deadlines, intake, reporting, routing
from shared.contracts.catalogue import Fact

Target = Literal["new", "matter", "unit", "either", "county"]

Competence = Literal["registrar", "handler", "party", "itself", "concerned", "named", "above"]

WHO: Mapping[Competence, str] = {
    "registrar": "登记单位或其上级",
    "handler": "承办（牵头）单位、登记单位或其上级",
    "party": "参与办理的单位或其上级",
    "itself": "参与办理的单位为自己",
    "concerned": "登记、牵头或负有义务的单位或其上级",
    "named": "所写明的单位或其上级",
    "above": "被评判单位的上级；根单位的, 由监督单位",
}
"""Which units' officers are competent for an act (职权): theirs has to be, or cover, one of these.
"""


@dataclass(frozen=True, slots=True)
class Act:
    """One act: its Chinese name, as which fact it is recorded, and how it is asked for.

    ``on`` is what it is done on: a matter that is new or there already, a unit (and one of its
    periods), or the county, which its administrator sees to. ``worldly`` says that it happens
    outside the system, which only takes note of it: such an act cannot be undone by refusing to
    record it. ``path`` is its address under what it is done on, ``command`` its word on the
    command line, ``help`` what it is for, in a sentence.
    ``needed`` are fields that people are asked for though programs may leave them out, ``usual``
    what is said for people who say nothing.
    """

    title: str
    fact: type[Fact]
    body: type[Order] = ActBody
    on: Target = "matter"
    worldly: bool = False
    who: Competence = "party"
    help: str = ""
    path: str = ""
    command: str = ""
    needed: tuple[str, ...] = ()
    usual: Mapping[str, object] = field(default_factory=dict)

    @property
    def room(self) -> str:
        """The room that records it, by which its fact is entered in the catalogue."""
        return self.fact.TYPE.partition(".")[0]

    @property
    def name(self) -> str:
        """How packs, drills and events call it."""
        return self.fact.ACT

    @property
    def word(self) -> str:
        """Its command."""
        return self.command or self.name.replace("_", "-")

    @property
    def address(self) -> str:
        """Its path under what it is done on."""
        return self.path or f"acts/{self.name}"


def _day(title: str, fact: type[Fact], help_: str, said: type[Order] = DayBody, **more: Any) -> Act:
    """An act of a unit's day."""
    told = {"on": "unit", "who": "party" if "on" in more else "named", **more}
    return Act(title, fact, said, worldly=True, help=help_, **told)


def _case(
    title: str, fact: type[Fact], help_: str, said: type[Order] = ActBody, **more: Any
) -> Act:
    """An act on a matter in the words of its pack, out in the world."""
    told = {"worldly": True, **more}
    return Act(title, fact, said, help=help_, **told)


def _desk(
    title: str, fact: type[Fact], help_: str, said: type[Order], who: Competence, **more: Any
) -> Act:
    """An act at the desk, with words of its own whatever the pack, and an address of its own."""
    return Act(title, fact, said, who=who, help=help_, path=fact.ACT, **more)


def _delay(
    title: str,
    fact: type[Fact],
    help_: str,
    said: type[Order] = DelayBody,
    who: Competence = "concerned",
) -> Act:
    """Something done about a duty of a matter or of a unit's period."""
    worldly = said is DelayBody
    return Act(title, fact, said, "either", worldly, who, help_)


_ROWS = (
    Act(
        "登记",
        intake.IncidentRegistered,
        body.RegisterBody,
        on="new",
        who="named",
        help="登记一个事件或其他事项。",
        usual={"channel": "message_board"},
    ),
    Act(
        "记录",
        intake.MatterNoted,
        body.NoteBody,
        worldly=True,
        help="记录：事件的情况、证据、跟踪、恶化。",
    ),
    _desk(
        "更正",
        intake.RegistrationCorrected,
        "更正登记的时间或分类；原记录保留。",
        body.CorrectBody,
        "registrar",
    ),
    _desk(
        "并案", intake.IncidentLinked, "并案：把重复事件并入另一事件。", body.LinkBody, "registrar"
    ),
    _desk("作废", intake.IncidentVoided, "作废误登记的事件。", body.VoidBody, "registrar"),
    _day("浏览", intake.ChannelsBrowsed, "浏览：记下看过哪些渠道。", body.BrowseBody),
    _day(
        "汇总",
        intake.SummaryMade,
        "汇总：默认包括上次同种汇总以来本单位登记的事件。",
        body.SummariseBody,
    ),
    _day("零报告", intake.ZeroReported, "零报告：没有情况也报告。"),
    _day(
        "值班",
        intake.ShiftWorked,
        "值班：一班的起止时间与值班报告（栏目没有内容的填“无”）。",
        body.ShiftBody,
    ),
    _day("填报", intake.ReturnFiled, "填报：单位的, 或某一事件的。", on="either"),
    _day("检查", intake.InspectionMade, "检查：单位的, 或某一事件的。", on="either"),
    _day(
        "演练",
        intake.DrillHeld,
        "演练：单位举行的应急演练, 或为某一事件举行的。",
        on="either",
        command="hold-drill",
    ),
    _day(
        "开展",
        intake.ActivityConducted,
        "开展：会议、培训、活动, 单位的, 或某一事件的。",
        on="either",
    ),
    _desk(
        "定级",
        routing.IncidentGraded,
        "给事件定级（及其他分类）, 或重新定级。",
        body.GradeBody,
        "registrar",
    ),
    _case("研判会商", routing.MatterAssessed, "研判会商。", body.AssessBody),
    _case("上报", routing.ReportMade, "上报或续报（种类如 first、follow_up）。"),
    _case("批示", routing.InstructionGiven, "批示。"),
    _desk(
        "交办",
        routing.IncidentAssigned,
        "交办给牵头单位和协办单位；给出交办单号。",
        body.AssignBody,
        "registrar",
    ),
    _case("签收", routing.SheetAccepted, "签收交办。", UnitsOwnBody, who="itself"),
    _case(
        "退回",
        routing.SheetReturned,
        "退回（内容写理由）, 或由上级交回下级。",
        UnitsOwnBody,
        who="itself",
        worldly=False,
    ),
    _case("提级", routing.MatterEscalated, "提级, 提交上级。", body.EscalateBody),
    _case(
        "移送",
        routing.MatterReferred,
        "移送有权机关；须先由另一人批准。",
        body.ReferBody,
        needed=("ground",),
    ),
    _case("核实", routing.FactsVerified, "核实。", UnitsOwnBody, who="itself"),
    _case("处置", routing.MatterHandled, "处置。", UnitsOwnBody, who="itself"),
    _desk(
        "拟稿",
        routing.ReplyDrafted,
        "拟一份文稿；给出用于审定和发布的文稿标识。",
        body.DraftBody,
        "handler",
        usual={"kind": "result"},
    ),
    _desk(
        "审定",
        routing.ReplyApproved,
        "审定一份文稿；写过同样内容的人不能审定。",
        body.ApproveBody,
        "handler",
    ),
    _desk(
        "驳回",
        routing.DraftRejected,
        "驳回一份文稿；驳回后不能再审定或发布。",
        body.RejectBody,
        "handler",
    ),
    _desk(
        "发布",
        routing.ReplyPublished,
        "以牵头单位的名义发布经审定的答复。",
        body.PublishBody,
        "handler",
        worldly=True,
        usual={"channel": "原渠道"},
    ),
    _case(
        "宣布",
        routing.StateDeclared,
        "宣布一种状态开始或结束, 在事件上或在单位（及其下属单位）上。",
        body.DeclareBody,
        on="either",
        usual={"on": True},
    ),
    _case("平息", routing.MatterCalmed, "平息。"),
    _desk("办结", routing.IncidentClosed, "办结。", body.CloseBody, "handler"),
    Act(
        "重启",
        routing.IncidentReopened,
        body.ReopenBody,
        who="handler",
        help="重启已办结的事件。",
    ),
    _case("群众评价", routing.FeedbackGiven, "群众评价。", body.FeedbackBody),
    _case("总结评估", routing.MatterReviewed, "总结评估。", command="appraise"),
    Act("任命", routing.OfficerAppointed, Order, "county"),
    Act("采用规则", routing.PackAdopted, Order, "county"),
    Act("公布历法", routing.CalendarPublished, Order, "county"),
    _delay(
        "延期",
        deadlines.DutyExtended,
        "延期：规则许可的, 给一项义务更多时间；须在时限之内申请。",
        body.ExtendBody,
    ),
    _delay("说明", deadlines.DelayExplained, "说明：写明迟办的原因。"),
    _delay("催办", deadlines.UnitUrged, "催办。"),
    _delay("督办", deadlines.UnitSupervised, "督办。"),
    _delay(
        "通报",
        deadlines.UnitCirculated,
        "通报；规则写明已说明的不予通报的, 有说明在案时不能办理。",
        who="above",
    ),
    _desk(
        "裁定",
        deadlines.LateRecordSettled,
        "裁定：在时限前办理、时限后才录入的, 是否算按时。",
        body.SettleBody,
        "above",
        on="either",
    ),
    Act(
        "归档",
        reporting.MatterArchived,
        help="归档：已办结且材料齐全的, 给件号；缺什么会逐项说明。",
    ),
    Act(
        "认定",
        reporting.FindingMade,
        body.FindBody,
        "either",
        who="above",
        help="认定：规则包中的追责或表彰情形, 由有权的人写明依据和证据。",
        needed=("of",),
    ),
    Act(
        "排名",
        reporting.UnitsRanked,
        body.RankBody,
        "unit",
        who="above",
        help="排名：公布一个季度各单位答复的次序, 不写次序则按统计得出。",
    ),
)

ACTS: Mapping[str, Act] = {act.name: act for act in _ROWS}
"""Every act by the name that packs, drills and events use."""

AGREE = Act(
    "审定",
    routing.ActApproved,
    worldly=False,
    help="批准一项行为（如移送、上报）, 不是文稿。",
)
"""The other way of ``approve``: agreeing to something that is no draft of a reply."""


def taken() -> Iterator[Act]:
    """Every way in which an act is taken, apart from what the county's administrator does."""
    for act in ACTS.values():
        if act.on != "county":
            yield act
        if act.name == AGREE.name:
            yield AGREE


def recorded_by(room: str) -> tuple[type[Fact], ...]:
    """The facts of a room's acts."""
    return tuple(act.fact for act in taken() if act.room == room)


MINE = "mine"
"""Stands for the unit of whoever asks; no unit's code is in small letters."""

NEW = "/incidents"
"""Where a matter is entered that is not there yet."""

NAMES = {"matter": "incident", "unit": "code"}
BASES = {"matter": "/incidents/{incident}", "unit": "/units/{code}"}
"""Under which address what is done on which, and what names it there."""


def ways(room: str) -> Iterator[Act]:
    """Every act of a room, once for each thing that it can be done on."""
    for act in taken():
        if act.room == room:
            targets: tuple[Target, ...] = ("matter", "unit") if act.on == "either" else (act.on,)
            yield from (replace(act, on=target) for target in targets)


def path_of(act: Act) -> str:
    """Where an act is taken, within its room."""
    return NEW if act.on == "new" else f"{BASES[act.on]}/{act.address}"
