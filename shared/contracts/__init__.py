"""Everything that crosses a room's wall. Importing this package fills the catalogue."""

from shared.contracts import deadlines, intake, operations, reporting, routing

__all__ = ["deadlines", "intake", "operations", "reporting", "routing"]
