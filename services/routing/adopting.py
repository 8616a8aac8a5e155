"""Which rules bind a unit (采用规则): what a pack becomes under those of the units above it.

A unit's pack adds to the rules in force above it, each of them once, and loosens none.
"""

from collections.abc import Mapping, Sequence

from shared.contracts.routing import PackAdopted
from shared.documents import Complaint
from shared.errors import HuiyinError, Invalid, Refused
from shared.policy.language.loading import build, find_pack, id_of, shipped_packs, texts_of
from shared.policy.language.pack import Pack

Chosen = Mapping[str, str | int]


def shipped(name: str) -> list[str]:
    """The texts of a shipped pack and of those it adds to; raises Invalid ``pack.unknown``.

    Only shipped packs are named: a name must not open other files of this machine.
    """
    if name not in shipped_packs():
        raise Invalid(
            "pack.unknown",
            f"没有随附名为“{name}”的规则包。",
            "请用 huiyin pack list 查看；自己的规则包请给出全文。",
            "pack",
        )
    return given(find_pack(name).read_text("utf-8"))


def given(text: str) -> list[str]:
    """The texts of a pack that is given whole, and of the shipped ones it adds to."""
    texts, complaints = texts_of(text)
    if complaints:
        raise told(complaints[0])
    return texts


def composed(own: Sequence[str], above: Pack | None, params: Chosen) -> Pack:
    """The pack under what is in force above; the pack above wins where both add to the same.

    Raises Refused ``pack.looser`` naming both clauses, or Invalid ``pack.*``.
    """
    over = above.texts if above else ()
    named = {id_of(text): text for text in over}
    mine = id_of(own[0])
    if named.get(mine, own[0]) != own[0]:
        raise _other_text(mine)
    kept = [own[0], *(text for text in own[1:] if id_of(text) not in named)]
    texts = [*kept, *(text for text in over if id_of(text) != mine)]
    pack, complaints = build(texts, {**_chosen_above(above, mine), **params})
    if pack is None:
        raise told(complaints[0])
    return pack


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


def told(complaint: Complaint) -> HuiyinError:
    """A complaint as an error: loosening is refused, all else cannot be understood."""
    kind = Refused if complaint.code == "pack.looser" else Invalid
    place = f"{complaint.place}：" if complaint.place else ""
    return kind(complaint.code, f"{place}{complaint.message}", complaint.remedy, complaint.key)


def _chosen_above(above: Pack | None, mine: str) -> dict[str, str | int]:
    """Parameters that the packs above were adopted with, by pack and name."""
    if above is None or above.id == mine:
        return {}
    return {
        name if "." in name else f"{above.id}.{name}": value for name, value in above.chosen.items()
    }


def _other_text(name: str) -> Invalid:
    return Invalid(
        "pack.id-taken",
        f"上级单位采用的规则包也叫“{name}”, 而内容不同。",
        "请给本单位的规则包另取 id。",
        "pack.id",
    )
