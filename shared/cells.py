"""Text in cells of spreadsheets: nothing that somebody wrote may run as a formula there."""

_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n", "'")
"""What makes a spreadsheet program take a cell for more than text (and our own mark).

Full-width signs are among it: programs set to Chinese take them for the plain ones.
"""

MARK = "'"


def guarded(text: str) -> str:
    """The text as it may stand in a CSV cell: marked when a program would calculate it."""
    return MARK + text if text.startswith(_STARTS) else text


def unguarded(text: str) -> str:
    """What was written, from a cell that ``guarded`` made."""
    return text[len(MARK) :] if text.startswith(tuple(MARK + start for start in _STARTS)) else text
