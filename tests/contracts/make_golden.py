"""Adds the golden file of an event name: ``python -m tests.contracts.make_golden NAME [DATA]``.

A golden file is for ever: it stands for events that are stored somewhere, so one that exists is
never written again. DATA (JSON) is needed for an old version, whose shape is gone from the code.
What an old version is read as may change, when a newer one says more: ``--read-again NAME`` writes
that, and somebody looks at the difference.
"""

import sys
from pathlib import Path

from shared.contracts.catalogue import facts
from shared.contracts.envelope import decode, encode, split
from tests.contracts.samples import envelope, sample, seal

GOLDEN = Path(__file__).parent / "golden"


def make(name: str, data: str | None = None, *, directory: Path = GOLDEN) -> Path:
    """Write the bytes of one event of that name, and what they are read as.

    Raises FileExistsError when the name has its golden file, KeyError for an old or unknown name
    without data.
    """
    raw = _current(name) if data is None else _old(name, data.encode())
    path, read_as = directory / f"{name}.json", spelled(raw)
    with path.open("xb") as file:
        file.write(raw)
    meaning(path).write_text(read_as)
    return path


def read_again(name: str, *, directory: Path = GOLDEN) -> Path:
    """Write what the bytes of an old event are read as now; the bytes stay.

    Raises ValueError for an event in its present shape: what that says is for ever.
    """
    if name in facts():
        raise ValueError(f"{name} is the present shape")
    path = meaning(directory / f"{name}.json")
    path.write_text(spelled((directory / f"{name}.json").read_bytes()))
    return path


def meaning(path: Path) -> Path:
    """The file that tells what a golden file is read as."""
    return path.with_suffix(".txt")


def spelled(raw: bytes) -> str:
    """What bytes are read as: the envelope, and the fact in its present shape."""
    event = decode(raw)
    return f"{event.envelope!r}\n{event.fact!r}\n"


def _current(name: str) -> bytes:
    return encode(envelope(name), sample(facts()[name]), seal)[1]


def _old(name: str, data: bytes) -> bytes:
    """An old event, put together around data that no present fact can write."""
    head, _ = split(encode(envelope(name), sample(next(iter(facts().values()))), seal)[1])
    return head + b',"data":' + data + b"}"


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["--read-again", name]:
            print(read_again(name))
        case given:
            print(make(*given[:2]))
