"""Reporting's own acts (归档、认定、排名): what is refused, and what a file must hold; pure."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from pydantic import BaseModel

from services.reporting.ledger.row import LedgerRow
from shared.acts.body import FindBody
from shared.acts.check import Attempt
from shared.acts.decide import Rules
from shared.clock import SHANGHAI
from shared.contracts.catalogue import Fact
from shared.contracts.reporting import FindingMade, MatterArchived, UnitsRanked
from shared.errors import Invalid, Refused
from shared.policy.engine.deeds import Deed, first_met
from shared.policy.language.pack import Pack
from shared.policy.language.rules import ArchiveItem, Offence

COMPETENT = (
    "leading_group",
    "group_head",
    "deputy_group_head",
    "principal_leader",
    "supervising_leader",
    "unit_head",
    "office_director",
    "supervision_office",
    "supervisor",
    "superior_authority",
)
"""The posts that find and rank (有权认定): those who lead, and those who supervise."""

_QUARTER = re.compile(r"(\d{4})-Q([1-4])")


OnRecord = LedgerRow | None
"""What an act on the record is decided on: the matter's row, where it is about a matter."""


def archive(row: OnRecord, attempt: Attempt[MatterArchived]) -> Fact:
    """Put the file of a closed matter together.

    Raises Refused ``archive.done``, ``archive.not-closed`` or ``archive.incomplete`` (``field``
    names the items' rules).
    """
    record = attempt.record
    assert row is not None  # only matters are archived
    if row.archive_number is not None or any(deed.act == "archive" for deed in record.deeds):
        number = f", 件号 {row.archive_number}" if row.archive_number else ""
        raise _refused_file(row, "done", f"已经归档{number}。", "不需要再次归档。")
    if row.status != "closed":
        remedy = "请先办结；刚办结的请带上 after 参数。"
        raise _refused_file(row, "not-closed", "尚未办结, 不能归档。", remedy)
    if lacking := missing(record.pack, record.deeds):
        items = "、".join(f"{each.title}（{each.rule}）" for each in lacking)
        raise Refused(
            "archive.incomplete",
            f"{row.number} 的归档材料不齐, 缺：{items}。",
            "请补齐后再归档；确已办理而没有登记的, 请据实补录。",
            ",".join(each.rule for each in lacking),
        )
    optional = missing(record.pack, record.deeds, required=False)
    return attempt.fact.model_copy(update={"missing": tuple(each.rule for each in optional)})


def find(_: OnRecord, attempt: Attempt[FindingMade]) -> Fact:
    """Find an offence or something to commend.

    Raises Invalid ``finding.good-contradicts`` or ``grounds.missing``.
    """
    fact, body = attempt.fact, attempt.body
    assert isinstance(body, FindBody)
    if body.good is not None and body.good is not fact.good:
        named = f"{fact.of}（{attempt.pack.of(Offence)[fact.of or ''].zh}）"
        raise Invalid(
            "finding.good-contradicts",
            f"{named}是{'表彰' if fact.good else '追责'}情形。",
            "good 可以不填, 以规则包为准。",
            "good",
        )
    if not (body.text or "").strip():
        raise Invalid(
            "grounds.missing", "认定依据不能为空。", "请在 text 中写明事实与依据。", "text"
        )
    return fact


def rank(_: OnRecord, attempt: Attempt[UnitsRanked]) -> Fact:
    """Make known how units stand in a quarter.

    Raises Refused ``ranking.empty`` or Invalid ``ranking.repeated``.
    """
    fact = attempt.fact
    if not fact.order:
        raise Refused(
            "ranking.empty",
            f"{fact.period} 没有可以排名的单位：这一季度还没有应答复的事件有结论。",
            "请在有结论之后排名, 或在 order 中写明所公布的次序。",
            "order",
        )
    if len(set(fact.order)) < len(fact.order):
        raise Invalid("ranking.repeated", "同一单位在排名中出现了两次。", "请核对次序。", "order")
    return fact


RULES: Rules[OnRecord] = Rules({MatterArchived: archive, FindingMade: find, UnitsRanked: rank})


class MissingItem(BaseModel):
    """An item of the pack that a file does not hold: its rule and its name."""

    rule: str
    title: str


def missing(pack: Pack, deeds: Sequence[Deed], *, required: bool = True) -> list[MissingItem]:
    """What a matter's file must hold (归档范围) and does not yet; or may hold, and does not.

    A view of the record is always there.
    """
    return [
        MissingItem(rule=number, title=item.zh)
        for number, item in pack.of(ArchiveItem).items()
        if item.required is required
        and item.holds is not None
        and first_met(pack, item.holds, deeds) is None
    ]


def asks_for_items(pack: Pack) -> bool:
    """Whether the pack requires any item that could be missing."""
    return any(item.required and item.holds for item in pack.of(ArchiveItem).values())


def offence(pack: Pack, given: str) -> tuple[str, Offence]:
    """The offence that is meant, by its own number or that of an item it states.

    Raises Invalid ``finding.rule-unknown``.
    """
    known = pack.of(Offence)
    meant = {given} & known.keys() or pack.stated_by(given) & known.keys()
    if len(meant) != 1:
        may_be = "、".join(f"{each}（{rule.zh}）" for each, rule in known.items())
        raise Invalid(
            "finding.rule-unknown",
            f"规则包 {pack.id} 中没有“{given}”这一追责或表彰情形。",
            f"可以认定：{may_be or '（规则包没有写明）'}。",
            "of",
        )
    return (number := next(iter(meant))), known[number]


def quarter(period: str, now: datetime) -> tuple[datetime, datetime]:
    """When a quarter begins and ends (UTC, the end exclusive).

    Raises Invalid ``ranking.period`` for what is no quarter or has not begun.
    """
    if found := _QUARTER.fullmatch(period):
        year, first = int(found[1]), int(found[2]) * 3 - 2
        begins = datetime(year, first, 1, tzinfo=SHANGHAI)
        ends = datetime(year + first // 10, (first + 3) % 12, 1, tzinfo=SHANGHAI)
        if begins <= now:
            return begins.astimezone(UTC), ends.astimezone(UTC)
    message = f"“{period}”不是已经开始的季度。"
    raise Invalid("ranking.period", message, "请写成 2026-Q1。", "period")


def check_post(pack: Pack, post: str) -> None:
    """Raises Refused ``post.not-competent`` for a post that neither leads nor supervises."""
    if post not in COMPETENT and pack.canon(post) not in COMPETENT:
        raise Refused(
            "post.not-competent",
            "只有领导、办公室主任、督查人员和上级主管部门可以认定和排名。",
            "请由有权认定的人员办理。",
            "post",
        )


def _refused_file(row: LedgerRow, code: str, message: str, remedy: str) -> Refused:
    return Refused(f"archive.{code}", f"{row.number} {message}", remedy, "incident")
