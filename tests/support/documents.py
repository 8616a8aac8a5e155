"""What the documents of the repository show, to be run as it stands there."""

import re
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


def code_in(document: str, language: str) -> list[str]:
    """The fenced blocks of a language in a document, in order."""
    text = (REPOSITORY / document).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
