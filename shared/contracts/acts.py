"""What acts have in common as events (行为): of which kind, to whom, how, with what in its form."""

from shared.contracts.catalogue import Fact
from shared.contracts.sealed import Sealed

Judged = dict[str, tuple[str, ...]]
"""What is judged on the axes of a pack (分类): each axis with its values."""


class ActTaken(Fact):
    """Base of the acts that are recorded in the words of a policy pack.

    ``kind`` is the pack's own kind of the act, ``to`` are the parties it was addressed to,
    ``medium`` the way. ``of`` names what it is about: a paper, a sheet, a rule. ``text`` and
    ``fields`` (the form as JSON) are sealed: they may hold personal words. ``filled`` says which
    fields of the form have a value. ``breaches`` are the gates that were closed when it had
    happened already.
    """

    kind: str | None = None
    to: tuple[str, ...] = ()
    medium: str | None = None
    of: str | None = None
    text: Sealed | None = None
    fields: Sealed | None = None
    filled: tuple[str, ...] = ()
    breaches: tuple[str, ...] = ()
