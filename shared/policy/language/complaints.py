"""What is wrong with a pack (规则包问题): code, key, place, sentence and remedy."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from shared.errors import Invalid
from shared.policy.language.places import Place

_BARE = re.compile(r"[0-9A-Za-z_-]+")


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing that is wrong; ``path`` is the key's path from the top of the file."""

    code: str
    path: Sequence[str]
    message: str
    remedy: str
    place: Place | None = None

    def at(self, place: Place) -> "Complaint":
        """The same, with where it stands."""
        return replace(self, place=place)

    def inherited(self) -> "Complaint":
        """The same, said of the pack that is inherited; it stands in another file."""
        return replace(self, message=f"所继承的规则包：{self.message}", place=None)

    @property
    def key(self) -> str:
        """The key's path as TOML spells it, such as ``duty."B.T01".days``."""
        return ".".join(part if _BARE.fullmatch(part) else f'"{part}"' for part in self.path)

    def as_error(self, file: Path) -> Invalid:
        """The complaint as an error of ours."""
        where = f"{file}{f' {self.place}' if self.place else ''}"
        about = f" {self.key}：" if self.path else "："
        return Invalid(self.code, f"规则包 {where}{about}{self.message}", self.remedy, self.key)
