"""What a file's rows are made of, whatever kind of file it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

Cell = str | int | float | bool | datetime | date | time | timedelta
"""A cell as its file has it; in a CSV file it is always text."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row; ``number`` is what people see in their program: the first row is 1."""

    number: int
    cells: Sequence[Cell]

    @property
    def is_blank(self) -> bool:
        """Whether there is nothing in it."""
        return all(isinstance(cell, str) and not cell.strip() for cell in self.cells)


def text_of(cell: Cell) -> str:
    """A cell as text: numbers that were meant as text have no decimals and no exponent."""
    match cell:
        case str():
            return cell
        case bool():
            return "TRUE" if cell else "FALSE"
        case float() if cell.is_integer():
            return str(int(cell))
        case datetime():
            return cell.isoformat(" ", "seconds")
        case _:
            return str(cell)
