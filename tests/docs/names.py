"""What a page names: files of the repository, modules with what is in them, and other pages."""

import importlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

_FENCED = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
_CODE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")
_TOPS = ("huiyin/", "bench/", "services/", "shared/", "tests/", "docs/", ".ci/")
_DOTTED = re.compile(r"(?:huiyin|bench|services|shared|tests)(?:\.\w+)+")
_FILE = re.compile(r"[\w-]+\.(?:py|toml|csv|html|css|js)")
_VARIES = re.compile(r"<\w+>|NAME")
"""What stands for a room or a name of the reader's own."""


def missing(page: Path) -> list[str]:
    """What the page names that is not there."""
    text = page.read_text(encoding="utf-8")
    code = _CODE.findall(_FENCED.sub("", text))
    return sorted(
        {
            *(name for name in code if not _is_there(name)),
            *(link for link in _LINK.findall(text) if not (page.parent / link).exists()),
        }
    )


def named(page: Path) -> set[str]:
    """Every file and every dotted name that the page names."""
    code = _CODE.findall(_FENCED.sub("", page.read_text(encoding="utf-8")))
    return {name for name in code if name.startswith(_TOPS) or _DOTTED.fullmatch(name)}


def _is_there(name: str) -> bool:
    if _DOTTED.fullmatch(name):
        return _resolves(name)
    if name.startswith(_TOPS) and " " not in name:
        return any(_found(name.partition("::")[0]))
    return name in _file_names() if _FILE.fullmatch(name) else True


def _found(path: str) -> Iterator[Path]:
    pattern = _VARIES.sub("*", path).rstrip("/")
    return ROOT.glob(pattern)


def _resolves(dotted: str) -> bool:
    parts = dotted.split(".")
    for length in range(len(parts), 0, -1):
        try:
            found: object = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for name in parts[length:]:
            if not hasattr(found, name):
                return False
            found = getattr(found, name)
        return True
    return False


@cache
def _file_names() -> frozenset[str]:
    tops = [ROOT / top for top in ("huiyin", "bench", "services", "shared", "tests")]
    files = [*ROOT.iterdir(), *(each for top in tops for each in top.rglob("*"))]
    return frozenset(each.name for each in files if each.is_file())
