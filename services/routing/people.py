"""Persons and their posts (任职): appointed, substituted, ended. Their rules live here, pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.acts.check import check_moment
from shared.contracts.catalogue import Fact
from shared.contracts.envelope import Recorded
from shared.contracts.routing import AppointmentEnded, OfficerAppointed, PersonRecognised
from shared.errors import Invalid, Refused, Unknown
from shared.words import ADMINISTRATOR, AUDITOR, POSTS

NEVER_SUBSTITUTED = (ADMINISTRATOR, AUDITOR)
"""Posts in which nobody stands for another: they are given to a person, by name."""


TERM = {"since": "任职开始时间", "until": "任职结束时间"}
"""The moments of an appointment, by what people call them."""


@dataclass(frozen=True, slots=True)
class Held:
    """An appointment as its events say: what it is, and whether it was ended."""

    fact: OfficerAppointed
    ended: bool = False

    def is_current(self, now: datetime) -> bool:
        """Whether it is held at that moment (UTC), or will be."""
        return not self.ended and (self.fact.until is None or now < self.fact.until)


def held(history: Sequence[Recorded]) -> Held | None:
    """How an appointment stands, or none when there never was one."""
    found: Held | None = None
    for event in history:
        match event.fact:
            case OfficerAppointed() as fact:
                found = Held(fact)
            case AppointmentEnded() if found is not None:
                found = Held(found.fact, ended=True)
            case _:
                pass
    return found


def check_appointed(
    wanted: OfficerAppointed, parties: Collection[str], principal: Held | None, now: datetime
) -> None:
    """Whether a person can be given a post in a unit (任命).

    ``parties`` are those that the unit's rules name: who is asked for there can be appointed.
    ``principal`` is the appointment that ``instead_of`` names.
    """
    _check_post(wanted.post, parties)
    _check_term(wanted, now)
    if wanted.instead_of is not None:
        _check_substitute(wanted, current(principal, wanted.instead_of, now, "instead_of"))


def in_place_of(before: Held, wanted: OfficerAppointed, now: datetime) -> Sequence[Fact]:
    """Move a person to another post (改任): one appointment ends and another begins."""
    if not before.is_current(now):
        return [wanted]
    return [AppointmentEnded(officer=before.fact.officer, reason="改任"), wanted]


def is_same(before: Held, wanted: OfficerAppointed, now: datetime) -> bool:
    """Whether somebody has what is wanted already, so that only a new token is."""
    left_out = {"officer", "name", "since"}
    same = before.fact.model_dump(exclude=left_out) == wanted.model_dump(exclude=left_out)
    return same and before.is_current(now)


def leave(
    leaver: Held | None,
    officer: str,
    reason: str,
    open_work: Sequence[str],
    successor: tuple[str, Held | None] | None,
    now: datetime,
) -> AppointmentEnded | None:
    """End an appointment (离任), its open work handed over to somebody of the same unit."""
    if leaver is not None and leaver.ended:
        return None
    known = current(leaver, officer, now, "officer")
    if successor is not None:
        _check_successor(known, current(successor[1], successor[0], now, "successor"))
    return AppointmentEnded(
        officer=officer,
        reason=reason,
        open_work=tuple(open_work),
        successor=successor[0] if successor else None,
    )


def recognise(
    one: Held | None, officer: str, other: Held | None, same_as: str, reason: str
) -> PersonRecognised | None:
    """Say that two appointments, whatever became of them, are one person's (同一人)."""
    if one is None:
        raise _unknown(officer, "officer")
    if other is None:
        raise _unknown(same_as, "same_as")
    if one.fact.person == other.fact.person:
        return None
    return PersonRecognised(officer=officer, person=other.fact.person, reason=reason)


def current(known: Held | None, officer: str, now: datetime, field: str) -> Held:
    """One that is held; raises Unknown ``officer.unknown`` or Refused ``appointment.over``."""
    if known is None:
        raise _unknown(officer, field)
    if not known.is_current(now):
        raise Refused(
            "appointment.over",
            f"{officer} 的任职已经结束。",
            "请用现任人员的标识（huiyin officers 可查）。",
            field,
        )
    return known


def _check_post(post: str, parties: Collection[str]) -> None:
    posts = dict.fromkeys((*POSTS, *parties))
    if post not in posts:
        raise Invalid(
            "post.unknown",
            f"没有“{post}”这一职务。",
            f"请从这些职务中选择：{'、'.join(posts)}。",
            "post",
        )


def _check_term(wanted: OfficerAppointed, now: datetime) -> None:
    for name, called in TERM.items():
        if (moment := getattr(wanted, name)) is not None:
            check_moment(moment, now, name, called, ahead=True)
    if wanted.until is not None and wanted.until <= (wanted.since or now):
        raise Invalid(
            "term.ended-before-begun",
            "任职的结束时间不晚于开始时间。",
            "请核对起止时间与时区（默认为北京时间）。",
            "until",
        )
    if wanted.until is None and (wanted.post == AUDITOR or wanted.instead_of is not None):
        raise Invalid(
            "term.missing", "审计员和代理人员须有任期。", "请写明结束时间（until）。", "until"
        )


def _check_substitute(wanted: OfficerAppointed, principal: Held) -> None:
    """Nobody stands for a substitute, an auditor or an administrator, nor for himself."""
    stands_for = principal.fact
    if stands_for.instead_of is not None:
        raise _no_substitute("代理人员不能再由他人代理。", "请代理原任职的人。")
    if stands_for.post in NEVER_SUBSTITUTED:
        raise _no_substitute("审计员和系统管理员不能由他人代理。", "请另行任命。")
    if stands_for.person == wanted.person:
        raise _no_substitute("不能代理自己。", "请由另一人代理。")
    if (stands_for.unit, stands_for.post) != (wanted.unit, wanted.post):
        said = f"所代理的是 {stands_for.unit} 的 {stands_for.post}, 与所填的单位或职务不同。"
        raise _no_substitute(said, "请填写被代理人的单位和职务。")


def _check_successor(leaver: Held, successor: Held) -> None:
    if successor.fact.unit != leaver.fact.unit or successor.fact.officer == leaver.fact.officer:
        raise Refused(
            "successor.of-another-unit",
            "接手的人不在同一单位, 或就是离任的人。",
            "请填写同一单位另一任职的标识（huiyin officers 可查）。",
            "successor",
        )


def _unknown(officer: str, field: str) -> Unknown:
    return Unknown(
        "officer.unknown",
        f"没有标识为“{officer}”的任职。",
        "请用 huiyin officers 查看标识。",
        field,
    )


def _no_substitute(said: str, remedy: str) -> Refused:
    return Refused("substitute.not-possible", said, remedy, "instead_of")
