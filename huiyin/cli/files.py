"""Files that commands leave behind: whole or not at all, and never over another one by accident."""

import os
import sys
from pathlib import Path
from tempfile import NamedTemporaryFile

from shared.errors import Refused


def hand_over(content: bytes, output: Path | None, *, force: bool = False) -> None:
    """Write to the file and say so, or to standard output when there is none.

    Raises Refused ``output.exists`` or ``output.unwritable``.
    """
    if output is None:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    try:
        _keep(content, output, force=force)
    except FileExistsError as problem:
        raise _exists(output) from problem
    except OSError as problem:
        raise _unwritable(output, problem) from problem
    print(f"已写入 {output}（{len(content)} 字节）", file=sys.stderr)


def check_free(output: Path | None, *, force: bool) -> None:
    """Raises Refused ``output.exists``, before anything is asked for, when a file is in the way."""
    if output is not None and output.exists() and not force:
        raise _exists(output)


def _keep(content: bytes, output: Path, *, force: bool) -> None:
    """Readable by this user alone (words were opened for them); appears when it is whole."""
    with NamedTemporaryFile(dir=output.parent, prefix=f".{output.name[:40]}-", delete=False) as new:
        draft = Path(new.name)
        try:
            new.write(content)
            new.flush()
            os.fsync(new.fileno())
            if not force:
                output.open("x").close()  # the name is ours, or somebody was here first
            draft.replace(output)
        finally:
            draft.unlink(missing_ok=True)


def _exists(output: Path) -> Refused:
    return Refused(
        "output.exists",
        f"文件 {output} 已经存在, 没有覆盖。",
        "请换一个文件名；确要覆盖请加 --force。",
        "--output",
    )


def _unwritable(output: Path, problem: OSError) -> Refused:
    return Refused(
        "output.unwritable",
        f"写不了文件 {output}（{problem.strerror}）。",
        "请换一个可写的位置, 并确认磁盘未满。",
        "--output",
    )
