"""The county (县): its founding and its units. All their rules live here, pure."""

from collections.abc import Collection, Mapping, Sequence

from shared.acts.check import require
from shared.contracts.catalogue import Fact
from shared.contracts.routing import (
    CountyFounded,
    PackAdopted,
    SupervisorNamed,
    UnitEstablished,
)
from shared.copies.units import Unit, check_code, unknown_unit
from shared.errors import Invalid, Refused
from shared.identity.officer import Officer
from shared.policy.language.pack import Pack
from shared.words import ADMINISTRATOR


def check_competent(officer: Officer) -> None:
    """Raises Refused ``post.not-competent`` unless the officer is an administrator."""
    if officer.post != ADMINISTRATOR:
        raise Refused(
            "post.not-competent",
            "这项操作只有系统管理员可以办理。",
            "请联系本县的系统管理员。",
        )


def found(known: CountyFounded | None, wanted: CountyFounded, root_name: str) -> Sequence[Fact]:
    """Set up the county's system (建库) with its root unit; one store serves one county."""
    check_code(wanted.code, field="code")
    check_code(wanted.root, field="root_code")
    require(wanted.name, "name", "县名")
    require(root_name, "root_name", "单位名称")
    if known == wanted:
        return []
    if known is not None:
        raise Refused(
            "county.already-founded",
            f"本库已建为“{known.name}”（{known.code}）, 不能改作他用。",
            "请为另一个县另建数据目录或数据库。",
            "code",
        )
    return [wanted, UnitEstablished(code=wanted.root, name=root_name, aliases=(), parent=None)]


def establish(
    county: CountyFounded | None, known: Mapping[str, Unit], wanted: UnitEstablished
) -> Sequence[Fact]:
    """Let a unit take part (单位登记), or change what is said of it.

    Without a parent it stands directly under the county's root, so that the tree has one root; a
    supervising unit from outside stays outside.
    """
    placed = wanted.model_copy(update={"parent": _parent(county, known, wanted)})
    check_code(placed.code, field="code")
    require(placed.name, "name", "单位名称")
    _check_aliases(placed.aliases)
    _check_parent(known, placed)
    if county is not None and wanted.code == county.root and wanted.parent is not None:
        raise _topmost(wanted)
    return [] if _said(known.get(placed.code)) == placed else [placed]


def supervise(
    county: CountyFounded | None,
    known: Mapping[str, Unit],
    now: Collection[str],
    code: str,
    name: str | None,
) -> Sequence[Fact]:
    """Say which unit judges the root in the stead of one above it (指定监督单位).

    One that is not known yet is from outside (市局, 纪检) and stands beside the tree; ``now`` are
    those who judge the root so far.
    """
    check_code(code, field="supervisor")
    if county is None:
        raise _not_founded("指定监督单位")
    if code == county.root:
        raise Refused(
            "supervisor.itself",
            "根单位不能自己监督自己。",
            "请指定另一单位, 如督查室、纪检或市局。",
            "supervisor",
        )
    outside = UnitEstablished(code=code, name=name or "", aliases=(), parent=None)
    if code not in known and not outside.name.strip():
        raise unknown_unit(code, "supervisor")
    named = SupervisorNamed(unit=county.root, supervisor=code)
    return [*(() if code in known else (outside,)), *(() if code in now else (named,))]


def adoption(pack: Pack, unit: str, reason: str) -> PackAdopted:
    """What is said when a unit adopts a pack: all of its rules, as text."""
    return PackAdopted(
        unit=unit,
        pack=pack.id,
        version=pack.version,
        pin=pack.pin,
        texts=pack.texts,
        params=dict(pack.chosen),
        reason=reason,
    )


def _parent(
    county: CountyFounded | None, known: Mapping[str, Unit], wanted: UnitEstablished
) -> str | None:
    if county is None:
        raise _not_founded("登记单位")
    outside = wanted.code in known and known[wanted.code].parent is None
    if wanted.parent is None and wanted.code != county.root and not outside:
        return county.root
    return wanted.parent


def _not_founded(what: str) -> Refused:
    return Refused("county.not-founded", f"本县尚未建库, 不能{what}。", "请先建库。")


def _check_aliases(aliases: Sequence[str]) -> None:
    # Copies of the directory keep other names in one column, separated by semicolons.
    if any(not alias.strip() or ";" in alias for alias in aliases):
        raise Invalid(
            "unit.alias-malformed",
            "单位别名不能为空, 也不能含分号。",
            "请把每个别名单独填写。",
            "aliases",
        )


def _check_parent(known: Mapping[str, Unit], wanted: UnitEstablished) -> None:
    if wanted.parent is not None and wanted.parent not in known:
        raise unknown_unit(wanted.parent, "parent")
    at = wanted.parent
    while at is not None:
        if at == wanted.code:
            raise _own_parent(wanted)
        at = known[at].parent


def _own_parent(wanted: UnitEstablished) -> Refused:
    return Refused(
        "unit.cycle",
        f"{wanted.parent} 就是 {wanted.code} 或是它的下级, 不能作它的上级。",
        "请核对上级单位代码。",
        "parent",
    )


def _topmost(wanted: UnitEstablished) -> Refused:
    return Refused(
        "unit.topmost",
        f"{wanted.code} 是根单位, 没有上级。",
        "监督它的单位, 请用 huiyin name-supervisor 指定。",
        "parent",
    )


def _said(unit: Unit | None) -> UnitEstablished | None:
    if unit is None:
        return None
    return UnitEstablished(code=unit.code, name=unit.name, aliases=unit.aliases, parent=unit.parent)
