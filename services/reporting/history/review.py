"""The review of imported history (回看): which rules were applied to which part of the log."""

from dataclasses import dataclass
from datetime import UTC, datetime

from services.reporting.history.imported import (
    DutyReview,
    Measure,
    Message,
    Replying,
    is_for_any_reply,
    review,
)
from services.reporting.history.messages import histories
from services.reporting.log import tiles
from services.reporting.log.log import EMPTY, leaf_at
from shared.errors import Invalid, Unknown
from shared.policy import Duty, Pack
from shared.store.sql import Sql
from shared.vault.vault import Vault


@dataclass(frozen=True, slots=True)
class Rules:
    """The pack that was applied: its id, version and the SHA-256 (hex) of its text."""

    id: str
    version: str
    digest: str


@dataclass(frozen=True, slots=True)
class Upto:
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
    reply without a time. Both are of the whole county.
    """

    pack: Rules
    log: Upto
    unit: str | None
    messages: int
    withdrawn: int
    days_only: int
    duties: tuple[DutyReview, ...]


def review_imported(sql: Sql, vault: Vault, pack: Pack, size: int, unit: str | None) -> Review:
    """Review what was imported within the first ``size`` leaves, perhaps of one unit only.

    ``unit`` is a code, or a name as the directory or a file has it. Raises Invalid
    ``pack.no-reply-duty`` and Unknown ``review.unit-unknown``.
    """
    duties = [name for name, duty in pack.of(Duty).items() if is_for_any_reply(duty)]
    if not duties:
        raise _no_reply_duty(pack)
    upto = _upto(sql, size)
    found = histories(sql, size, vault)
    messages = _of_unit(found.messages, unit)
    at = upto.at or datetime.max.replace(tzinfo=UTC)  # an empty log has nothing to judge
    measures = (Measure(pack, name, found.calendar, at) for name in duties)
    return Review(
        pack=Rules(pack.id, pack.version, pack.digest),
        log=upto,
        unit=unit,
        messages=len(messages),
        withdrawn=found.withdrawn,
        days_only=found.days_only,
        duties=tuple(review(measure, messages) for measure in measures),
    )


def _upto(sql: Sql, size: int) -> Upto:
    last = leaf_at(sql, size - 1) if size else None
    root = tiles.root_at(sql, size).hex()
    return Upto(size, last.running if last else EMPTY, root, last.sequenced_at if last else None)


def _of_unit(messages: list[Message], unit: str | None) -> list[Message]:
    if unit is None or not messages:
        return messages
    found = [message for message in messages if _is(message.unit, unit)]
    if not found:
        raise Unknown(
            "review.unit-unknown",
            f"导入的历史里没有“{unit}”的留言。",
            "请用单位代码或文件中的答复单位名称；不带 --unit 可看到所有名称。",
            "unit",
        )
    return found


def _is(unit: Replying, said: str) -> bool:
    return said in (unit.code, unit.name)


def _no_reply_duty(pack: Pack) -> Invalid:
    return Invalid(
        "pack.no-reply-duty",
        f"规则包 {pack.id} {pack.version} 没有对每件留言都适用的答复时限"
        '（stop = "publish", 从发帖、发现或登记起算, 不分级别）。',
        "请换一个规定了答复时限的规则包, 或补上这样一条义务。",
        "duty",
    )
