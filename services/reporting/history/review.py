"""The review of imported history (回看): which rules were applied to which part of the log, and
what they say, in the words of those who read it.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from services.reporting.history import imported
from services.reporting.history.imported import DutyReview, Figures, Message, Replying
from services.reporting.history.messages import histories
from services.reporting.log.log import EMPTY, leaf_at, root_at
from services.reporting.unshown import shown
from shared.clock import shown_span
from shared.copies.reach import Reach
from shared.errors import Invalid, Unknown
from shared.policy import Duty, Pack
from shared.store.sql import Sql
from shared.vault.vault import Vault
from shared.words import EMPTINESS, KNOWN_BY, STARTS


@dataclass(frozen=True, slots=True)
class AppliedPack:
    """The pack that was applied: its id, version and the SHA-256 (hex) of its text."""

    id: str
    version: str
    digest: str


@dataclass(frozen=True, slots=True)
class LogPrefix:
    """How much of the log was read: its first ``size`` entries, with the running hash and the
    Merkle root over them (hex). ``at`` is when the last of them was taken (UTC)."""

    size: int
    running: str
    root: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Review:
    """What the pack would have said; a function of the log's first entries and the pack alone.

    ``messages`` were imported (for the unit asked for, if any). ``withdrawn`` more were voided or
    linked unanswered and are counted nowhere; of ``days_only`` the file gives the day of the
    reply without a time. Both are of all that may be read. ``basis`` says under which rules, and
    ``remarks`` what is remarkable.
    """

    pack: AppliedPack
    log: LogPrefix
    unit: str | None
    messages: int
    withdrawn: int
    days_only: int
    duties: tuple[DutyReview, ...]
    basis: tuple[str, ...]
    remarks: tuple[str, ...]


def review_imported(
    sql: Sql, vault: Vault, pack: Pack, size: int, unit: str | None, reach: Reach
) -> Review:
    """Review what was imported within the first ``size`` leaves and reach, perhaps of one unit.

    ``unit`` is a code, or a name as the directory or a file has it. Raises Invalid
    ``pack.no-reply-duty`` and Unknown ``review.unit-unknown``.
    """
    duties, upto = _reply_duties(pack), _upto(sql, size)
    found = histories(sql, size, vault, reach)
    messages = _of_unit(found.messages, unit)
    at = upto.at or datetime.max.replace(tzinfo=UTC)  # an empty log has nothing to judge
    measures = (imported.Measure(pack, name, found.calendar, at) for name in duties)
    review = Review(
        pack=AppliedPack(pack.id, pack.version, pack.digest),
        log=upto,
        unit=unit,
        messages=len(messages),
        withdrawn=found.withdrawn,
        days_only=found.days_only,
        duties=tuple(imported.review(measure, messages) for measure in measures),
        basis=(),
        remarks=(),
    )
    return replace(review, basis=tuple(_basis(review)), remarks=tuple(_remarks(review)))


def _reply_duties(pack: Pack) -> list[str]:
    duties = [name for name, duty in pack.of(Duty).items() if imported.is_for_any_reply(duty)]
    if not duties:
        raise Invalid(
            "pack.no-reply-duty",
            f"规则包 {pack.id} {pack.version} 没有对每件留言都适用的答复时限"
            '（stop = "publish", 从发帖、发现或登记起算, 不分级别）。',
            "请换一个规定了答复时限的规则包, 或补上这样一条义务。",
            "duty",
        )
    return duties


def _upto(sql: Sql, size: int) -> LogPrefix:
    root, last = root_at(sql, size).hex(), leaf_at(sql, size - 1) if size else None
    return (
        LogPrefix(size, last.running, root, last.sequenced_at)
        if last
        else LogPrefix(0, EMPTY, root, None)
    )


def _of_unit(messages: list[Message], unit: str | None) -> list[Message]:
    if unit is None or not messages:
        return messages
    found = [message for message in messages if unit in (message.unit.code, message.unit.name)]
    if not found:
        raise Unknown(
            "review.unit-unknown",
            f"导入的历史里没有“{unit}”的留言。",
            "请用单位代码或文件中的答复单位名称；不带 --unit 可看到所有名称。",
            "unit",
        )
    return found


def unit_name(unit: Replying) -> str:
    """A replying unit, with a mark where the county does not know it or the file names nobody."""
    return unit.name + KNOWN_BY[unit.known_by]


def how_late(late: imported.Lateness) -> str:
    """Median and 90th percentile, or every lateness where they are too few for that."""
    if late.median is None or late.p90 is None:
        return "、".join(shown_span(seconds) for seconds in late.values)
    return f"{shown_span(late.median)} / {shown_span(late.p90)}"


def _basis(review: Review) -> list[str]:
    """Under which rules, counted how, up to which entry of the log."""
    pack, log = review.pack, review.log
    upto = f"（至 {shown(log.at)}）" if log.at else ""
    return [
        f"规则包 {pack.id} {pack.version}（摘要 {pack.digest[:12]}）。",
        *(_rule(each.id, each.duty) for each in review.duties),
        f"日志前 {log.size} 条{upto}, 连续散列 {log.running}。",
        f"树根（{log.size} 条）：{log.root}",
    ]


def _remarks(review: Review) -> list[str]:
    """One sentence for each remarkable thing."""
    if not review.messages:
        return [
            "日志的这一段里没有导入的历史留言, 无从回看。可用 huiyin import 文件.csv 导入后再试。",
            *_left_out(review),
        ]
    verdicts = (s for each in review.duties for s in _about(each, len(review.duties)))
    return [*verdicts, *_left_out(review), *_units(review)]


def _rule(name: str, duty: imported.DutyInWords) -> str:
    return (
        f"{name} {duty.title}：“{duty.clause}”。自{STARTS[duty.start]}起 {duty.limit}, "
        "按日计的, 起始日不计, 到末日 24:00（含）为止, 北京时间；任何一次公开发布都算答复。"
    )


def _about(each: DutyReview, duties: int) -> Iterator[str]:
    prefix = f"{each.id}：" if duties > 1 else ""
    yield prefix + _overall(each.total)
    if each.duty.start != "posted":
        yield (
            f"{prefix}注意：历史留言没有{STARTS[each.duty.start]}时间, 这条时限只能从导入时起算, "
            "所得“按时”没有意义。"
        )
    if each.empty:
        yield prefix + _empty(each)
    for first in each.latest[:1]:
        late = shown_span(first.late_seconds)
        yield f"{prefix}最迟的一件：{first.number}, {unit_name(first.unit)}, 迟 {late}。"
    for first in each.waiting[:1]:
        named, late = f"{first.number}, {unit_name(first.unit)}", shown_span(first.late_seconds)
        yield f"{prefix}最久未答复的一件：{named}, 到期后又过了 {late}。"
    yield from _unclear(prefix, each.total)


def _overall(total: Figures) -> str:
    late = total.lateness
    how = ""
    if late.median is not None and late.p90 is not None:
        how = f"（中位数 {shown_span(late.median)}, 九成不超过 {shown_span(late.p90)}）"
    return (
        f"共 {total.messages} 件, 有答复 {total.answered} 件：按时 {total.in_time} 件"
        f"（占有答复的 {_share(total.in_time, total.answered)}, "
        f"占全部的 {_share(total.in_time, total.messages)}）, 迟 {total.late} 件{how}；"
        f"没有答复且已过期 {total.unanswered} 件。"
    )


def _empty(each: DutyReview) -> str:
    kinds = Counter[str | None](case.empty for case in each.empty)
    parts = "、".join(f"{zh} {kinds[kind]}" for kind, zh in EMPTINESS.items() if kinds[kind])
    return (
        f"有 {each.total.empty} 件的答复按字面规则读来没有回答问题（{parts}）, 其中 "
        f"{each.total.in_time_empty} 件按时；不算这些答复, 按时的是 "
        f"{each.total.in_time_in_substance} 件。这只是按规则的判读, 请逐件看过原文再下结论。"
    )


def _unclear(prefix: str, total: Figures) -> Iterator[str]:
    if total.unreadable:
        yield f"{prefix}{total.unreadable} 件的答复密钥已销毁或打不开, 读不到内容, 按有实质内容计。"
    if total.recorded_late:
        yield f"{prefix}{total.recorded_late} 件称按时答复、到期后才补录, 待裁定, 不计入按时或迟。"
    if total.pending:
        yield f"{prefix}{total.pending} 件尚未答复, 但还没有到期。"


def _left_out(review: Review) -> Iterator[str]:
    if review.withdrawn:
        yield f"另有 {review.withdrawn} 件未答复即作废或并案, 不在统计之内。"
    if review.days_only:
        yield f"{review.days_only} 件的答复在文件里只有日期没有时刻, 按当日最后一刻计。"


def _units(review: Review) -> Iterator[str]:
    units = [each for duty in review.duties[:1] for each in duty.units]
    if unnamed := sum(each.total.messages for each in units if each.unit.known_by == "unnamed"):
        yield (
            f"{unnamed} 件在文件里没有写明答复单位, 列在导入单位名下并注“未写明”, "
            "不能当作该单位自己的答复。"
        )
    if outside := sum(each.unit.known_by == "file" for each in units):
        yield f"{outside} 个答复单位不在本县单位名录里, 按文件所写的名称列出并注“名录外”。"


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}%" if whole else "—"
