"""Keeps what a reviewed change comes to: ``python -m tests.nets.write NAME…``.

Writes only what is named, such as ``openapi-routing``, ``commands`` or ``refusals``; without a name
it tells what differs from what is kept, and writes nothing. A capability that is gone is gone for
those who use it: what is written here goes into the note of the change, with its reason.
"""

import sys

from shared.logs import configure
from tests.nets.kept import described, path


def write(*names: str) -> None:
    """Keep the texts of those names; raises KeyError for a name that nothing has."""
    told = described(*names)
    for name, text in {name: told[name] for name in names}.items():
        path(name).write_text(text, encoding="utf-8")


def differing() -> list[str]:
    """The names of the texts that are not what is kept."""
    return [
        name
        for name, text in described().items()
        if not path(name).exists() or path(name).read_text(encoding="utf-8") != text
    ]


if __name__ == "__main__":
    configure("error", "text")
    if sys.argv[1:]:
        write(*sys.argv[1:])
    else:
        print("\n".join(differing()))
