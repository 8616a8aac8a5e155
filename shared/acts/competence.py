"""Which units' officers may take an act (职权): the vocabulary says of which units theirs must be.

An officer acts for the own unit and for all under it, and judges only what is under it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.acts.vocabulary import Competence
from shared.copies.units import above, check_within, is_within, known_unit
from shared.errors import Refused
from shared.identity.officer import Officer
from shared.store.sql import Sql
from shared.words import AUDITOR


@dataclass(frozen=True, slots=True)
class Involved:
    """The units that a matter concerns: who registered it, leads, handles with the lead, or owes.

    What it is about by name (``named``) is that of the act, where it names one.
    """

    registered: str
    lead: str | None = None
    co_handling: tuple[str, ...] = ()
    owing: str = ""
    named: str = ""

    @property
    def concerned(self) -> str:
        """The unit that has the matter in hand: the lead once assigned, else who registered it."""
        return self.lead or self.registered

    @property
    def parties(self) -> tuple[str, ...]:
        """Every unit that takes part."""
        return tuple(dict.fromkeys((self.concerned, self.registered, *self.co_handling)))

    def competent(self, who: Competence) -> tuple[str, ...]:
        """The units of one of which, or of one above it, an officer has to be."""
        match who:
            case "registrar":
                return (self.registered,)
            case "handler":
                return (self.concerned, self.registered)
            case "party" | "itself":
                return self.parties
            case "concerned":
                return tuple(filter(None, (self.registered, self.lead, self.owing)))
            case "named" | "above":
                return (self.named or self.concerned,)


def check_changes(officer: Officer) -> None:
    """Raises Refused ``post.reads-only`` for an auditor (审计员), who takes no act at all."""
    if officer.post == AUDITOR:
        raise Refused(
            "post.reads-only",
            "审计员只查阅, 不办理任何事项。",
            "请由办理单位的人员办理。",
            "post",
        )


def check_competent(sql: Sql, units: Sequence[str], officer: Officer) -> None:
    """Raises Refused ``unit.not-yours`` unless the officer's unit is, or covers, one of them."""
    if not any(is_within(sql, unit, officer.unit) for unit in units):
        check_within(sql, units[0], officer.unit)


def check_itself(sql: Sql, unit: str, involved: Involved, officer: Officer) -> None:
    """Raises Refused ``unit.not-yours`` or ``unit.not-concerned`` where a unit acts for itself."""
    check_within(sql, unit, officer.unit)
    if not any(is_within(sql, each, unit) for each in involved.parties):
        said = f"{unit} 没有参与这一事件的办理。"
        remedy = "请由登记单位、牵头单位、协办单位或其上级办理。"
        raise Refused("unit.not-concerned", said, remedy, "unit")


def check_above(sql: Sql, judged: Sequence[str], officer: Officer) -> None:
    """Nobody judges in the own cause (回避): only who is of a unit above each that is judged.

    Raises Refused ``supervisor.none``, ``cause.own`` or ``unit.not-yours``, Invalid
    ``unit.unknown``.
    """
    for unit in judged:
        known_unit(sql, unit)
        may = above(sql, unit)
        if officer.unit not in may:
            raise _not_above(sql, unit, officer, may)


def _not_above(sql: Sql, unit: str, officer: Officer, may: Sequence[str]) -> Refused:
    if not may:
        said = f"{unit} 没有上级, 也没有指定监督单位, 无人可以对它裁定、认定、通报或排名。"
        remedy = "请系统管理员先用 huiyin name-supervisor 指定监督单位（如督查室、纪检、市局）。"
        return Refused("supervisor.none", said, remedy, "unit")
    named = "、".join(f"{known_unit(sql, each).name}（{each}）" for each in may)
    remedy = f"请由{named}的人员办理。"
    if officer.unit == unit:
        said = f"您任职于 {unit}, 不能对本单位裁定、认定、通报或排名。"
        return Refused("cause.own", said, remedy, "unit")
    said = f"您任职于 {officer.unit}, 不是 {unit} 的上级, 不能对它裁定、认定、通报或排名。"
    return Refused("unit.not-yours", said, remedy, "unit")
