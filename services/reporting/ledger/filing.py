"""What a matter's file must hold before it is archived (归档范围); pure."""

from collections.abc import Iterator, Sequence

from pydantic import BaseModel

from shared.policy.engine.deeds import Deed, first_met
from shared.policy.language.pack import Pack
from shared.policy.language.rules import ArchiveItem


class MissingItem(BaseModel):
    """An item of the pack that a file does not hold: its rule and its name."""

    rule: str
    title: str


def missing(pack: Pack, deeds: Sequence[Deed]) -> list[MissingItem]:
    """The required items that are not on record yet; a view of the record is always there."""
    return list(_lacking(pack, deeds, required=True))


def optional_missing(pack: Pack, deeds: Sequence[Deed]) -> list[MissingItem]:
    """The items that may be in the file, and are not."""
    return list(_lacking(pack, deeds, required=False))


def asks(pack: Pack) -> bool:
    """Whether the pack requires any item that could be missing."""
    return any(item.required and item.holds for item in pack.of(ArchiveItem).values())


def _lacking(pack: Pack, deeds: Sequence[Deed], *, required: bool) -> Iterator[MissingItem]:
    for number, item in pack.of(ArchiveItem).items():
        if item.holds is None or item.required is not required:
            continue
        if first_met(pack, item.holds, deeds) is None:
            yield MissingItem(rule=number, title=item.zh)
