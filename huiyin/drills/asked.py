"""An expectation with the values of its keys, and how it is answered."""

from dataclasses import dataclass
from typing import Any

from huiyin.drills.kinds import KINDS, value_of
from huiyin.drills.script import Expectation


@dataclass(frozen=True, slots=True)
class Asked:
    """An expectation with the values of its keys."""

    each: Expectation

    def __contains__(self, key: str) -> bool:
        return key in self.each.asked

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a key, or the default."""
        node = self.each.asked.get(key)
        return default if node is None else value_of(KINDS[self.each.kind][key], node)

    @property
    def about(self) -> str:
        return self.each.about


Answer = tuple[bool, str, str]
"""Whether it holds; expected; actual."""
