"""Reporting's own acts (归档、认定、排名): what is refused, and which fact is made; pure."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from services.reporting.ledger import filing
from services.reporting.ledger.row import LedgerRow
from shared.acts.check import Record, Told, check_forms, check_gates, check_words, fact_of
from shared.clock import SHANGHAI
from shared.contracts.reporting import FindingMade, MatterArchived, UnitsRanked
from shared.errors import Invalid, Refused
from shared.policy.engine.deeds import Deed
from shared.policy.language.pack import Pack
from shared.policy.language.rules import Offence

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


def archive(
    row: LedgerRow, record: Record, attempted: Deed, told: Told, number: str
) -> MatterArchived:
    """Put the file of a closed matter together.

    Raises Refused ``archive.done``, ``archive.not-closed``, ``archive.incomplete`` (``field``
    names the items' rules) or what gates and forms say.
    """
    done = next((deed for deed in record.deeds if deed.act == "archive"), None)
    if done is not None or row.archive_number is not None:
        raise _archived(row)
    if row.status != "closed":
        raise _not_closed(row)
    lacking = filing.missing(record.pack, record.deeds)
    if lacking:
        raise _incomplete(row, lacking)
    breaches = _allowed(record, "archive", attempted, told)
    missing = tuple(each.rule for each in filing.optional_missing(record.pack, record.deeds))
    return fact_of(MatterArchived, told, breaches, number=number, missing=missing)


def find(
    record: Record,
    attempted: Deed,
    told: Told,
    evidence: Sequence[int],
    *,
    good: bool | None = None,
) -> FindingMade:
    """Find an offence or something to commend.

    Raises Refused ``post.not-competent``, Invalid ``finding.rule-unknown``,
    ``finding.good-contradicts`` or ``grounds.missing``, or what gates and forms say.
    """
    _check_competent(record.pack, attempted.by)
    told = replace(told, of=_offence(record.pack, told.of or ""))
    rule = record.pack.of(Offence)[told.of or ""]
    if good is not None and good is not rule.good:
        raise _contradicts(told.of or "", rule)
    if not (told.text or "").strip():
        raise Invalid(
            "grounds.missing", "认定依据不能为空。", "请在 text 中写明事实与依据。", "text"
        )
    breaches = _allowed(record, "find", attempted, told)
    return fact_of(
        FindingMade,
        told,
        breaches,
        unit=attempted.unit,
        evidence=tuple(dict.fromkeys(evidence)),
        good=rule.good,
    )


def _offence(pack: Pack, given: str) -> str:
    """The number of the offence that is meant, by its own number or that of an item it states."""
    known = pack.of(Offence).keys()
    meant = {given} & known or pack.stated_by(given) & known
    if len(meant) != 1:
        raise _unknown_rule(pack, given)
    return next(iter(meant))


def rank(
    record: Record, attempted: Deed, told: Told, period: str, order: Sequence[str]
) -> UnitsRanked:
    """Make known how units stand in a quarter.

    Raises Refused ``post.not-competent`` or ``ranking.empty``, Invalid ``ranking.repeated``, or
    what gates and forms say.
    """
    _check_competent(record.pack, attempted.by)
    if not order:
        raise Refused(
            "ranking.empty",
            f"{period} 没有可以排名的单位：这一季度还没有应答复的事件有结论。",
            "请在有结论之后排名, 或在 order 中写明所公布的次序。",
            "order",
        )
    if len(set(order)) < len(order):
        raise Invalid("ranking.repeated", "同一单位在排名中出现了两次。", "请核对次序。", "order")
    breaches = _allowed(record, "rank", attempted, told)
    return fact_of(UnitsRanked, told, breaches, period=period, order=tuple(order))


def quarter(period: str, now: datetime) -> tuple[datetime, datetime]:
    """When a quarter begins and ends (UTC, the end exclusive).

    Raises Invalid ``ranking.period`` for what is no quarter or has not begun.
    """
    found = _QUARTER.fullmatch(period)
    if found is None:
        raise _no_quarter(period)
    year, first = int(found[1]), int(found[2]) * 3 - 2
    begins = datetime(year, first, 1, tzinfo=SHANGHAI)
    ends = datetime(year + first // 10, (first + 3) % 12, 1, tzinfo=SHANGHAI)
    if begins > now:
        raise _no_quarter(period)
    return begins.astimezone(UTC), ends.astimezone(UTC)


def _allowed(record: Record, act: str, attempted: Deed, told: Told) -> tuple[str, ...]:
    check_words(record.pack, act, told, {})
    breaches = check_gates(record, attempted, told)
    check_forms(record, attempted, told)
    return breaches


def _check_competent(pack: Pack, post: str) -> None:
    if post not in COMPETENT and pack.canon(post) not in COMPETENT:
        raise Refused(
            "post.not-competent",
            "只有领导、办公室主任、督查人员和上级主管部门可以认定和排名。",
            "请由有权认定的人员办理。",
            "post",
        )


def _archived(row: LedgerRow) -> Refused:
    number = f", 件号 {row.archive_number}" if row.archive_number else ""
    return Refused(
        "archive.done", f"{row.number} 已经归档{number}。", "不需要再次归档。", "incident"
    )


def _not_closed(row: LedgerRow) -> Refused:
    return Refused(
        "archive.not-closed",
        f"{row.number} 尚未办结, 不能归档。",
        "请先办结；刚办结的请带上 after 参数。",
        "incident",
    )


def _incomplete(row: LedgerRow, lacking: Sequence[filing.MissingItem]) -> Refused:
    items = "、".join(f"{each.title}（{each.rule}）" for each in lacking)
    return Refused(
        "archive.incomplete",
        f"{row.number} 的归档材料不齐, 缺：{items}。",
        "请补齐后再归档；确已办理而没有登记的, 请据实补录。",
        ",".join(each.rule for each in lacking),
    )


def _unknown_rule(pack: Pack, given: str | None) -> Invalid:
    known = "、".join(f"{each}（{rule.zh}）" for each, rule in pack.of(Offence).items())
    return Invalid(
        "finding.rule-unknown",
        f"规则包 {pack.id} 中没有“{given or ''}”这一追责或表彰情形。",
        f"可以认定：{known or '（规则包没有写明）'}。",
        "of",
    )


def _contradicts(given: str, rule: Offence) -> Invalid:
    return Invalid(
        "finding.good-contradicts",
        f"{given}（{rule.zh}）是{'表彰' if rule.good else '追责'}情形。",
        "good 可以不填, 以规则包为准。",
        "good",
    )


def _no_quarter(period: str) -> Invalid:
    return Invalid(
        "ranking.period",
        f"“{period}”不是已经开始的季度。",
        "请写成 2026-Q1。",
        "period",
    )
