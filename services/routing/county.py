"""The county (县): its founding and its units. All their rules live here, pure."""

from collections.abc import Mapping, Sequence

from shared.acts.check import require
from shared.contracts.catalogue import Fact
from shared.contracts.routing import CountyFounded, PackAdopted, UnitEstablished
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

    Without a parent it stands directly under the county's root, so that the tree has one root.
    """
    placed = wanted.model_copy(update={"parent": _parent(county, wanted)})
    check_code(placed.code, field="code")
    require(placed.name, "name", "单位名称")
    _check_aliases(placed.aliases)
    _check_parent(known, placed)
    return [] if _said(known.get(placed.code)) == placed else [placed]


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


def _parent(county: CountyFounded | None, wanted: UnitEstablished) -> str | None:
    if county is None:
        raise Refused("county.not-founded", "本县尚未建库, 不能登记单位。", "请先建库。")
    if wanted.parent is None and wanted.code != county.root:
        return county.root
    return wanted.parent


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


def _said(unit: Unit | None) -> UnitEstablished | None:
    if unit is None:
        return None
    return UnitEstablished(code=unit.code, name=unit.name, aliases=unit.aliases, parent=unit.parent)
