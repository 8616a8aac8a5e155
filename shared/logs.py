"""Structured logs on standard error: one line each, event name static, no personal text.

What a line is about (room, unit, incident, position) is bound once, by ``line`` and ``note``, and
stands in every line written meanwhile. Exceptions are told by ``told``: their kind always, their
words only where a machine speaks, for others may quote what somebody wrote. Lines of libraries go
the same way, without their arguments.
"""

import logging
import sqlite3
import sys
import traceback
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Literal

import structlog

from shared.errors import HuiyinError

LogFormat = Literal["json", "text"]

LONGEST = 200
"""Characters of what a machine says."""

LIBRARIES = ("uvicorn", "uvicorn.error", "uvicorn.access", "nats", "asyncio", "py.warnings")

_line: ContextVar[dict[str, object] | None] = ContextVar("huiyin_log_line", default=None)


@contextmanager
def line(**about: object) -> Iterator[dict[str, object]]:
    """What the lines written meanwhile are about; ``note`` adds to it from further inside."""
    outer = _line.get() or {}
    mine = outer | about
    token = _line.set(mine)
    try:
        yield mine
    finally:
        _line.reset(token)


def note(**about: object) -> None:
    """Add to what the present line is about, if there is one; ids only, never names or titles."""
    mine = _line.get()
    if mine is not None:
        mine.update(about)


def noting() -> bool:
    """Whether there is a line to add to."""
    return _line.get() is not None


def told(problem: BaseException) -> str:
    """What a log may say of a problem: its code, or its kind with what a machine said."""
    if isinstance(problem, HuiyinError):
        return problem.code
    kind = type(problem).__name__
    said = _machine_said(problem)
    if not said and problem.__cause__ is not None:
        said = told(problem.__cause__)
    return f"{kind}: {said}"[:LONGEST] if said else kind


def configure(level: str, form: LogFormat = "json") -> None:
    """Set up logging for the process; ``level`` is debug, info, warning or error."""
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    structlog.configure(
        processors=[structlog.processors.add_log_level, *_COMMON, _renderer(form)],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    _take_over_libraries(max(number, logging.WARNING), form)


def _machine_said(problem: BaseException) -> str:
    """What the system, the database file or the broker says; PostgreSQL may quote a value."""
    library = type(problem).__module__.partition(".")[0]
    if library == "psycopg":
        return getattr(problem, "sqlstate", None) or ""
    if isinstance(problem, OSError):
        return problem.strerror or str(problem)
    return str(problem) if isinstance(problem, sqlite3.Error) or library == "nats" else ""


def _about(_: object, __: str, said: MutableMapping[str, Any]) -> Mapping[str, Any]:
    return {**said, **{key: value for key, value in (_line.get() or {}).items() if key not in said}}


def _tell_problems(_: object, __: str, said: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Exceptions among the values are told, and where one came from without what it said."""
    raised = said.pop("exc_info", None)
    problem = raised[1] if isinstance(raised, tuple) else raised
    if problem is True:
        problem = sys.exc_info()[1]
    if isinstance(problem, BaseException):
        said["problem"], said["at"] = problem, _frames(problem)
    return {k: told(v) if isinstance(v, BaseException) else v for k, v in said.items()}


def _in_order(_: object, __: str, said: MutableMapping[str, Any]) -> Mapping[str, Any]:
    first = {key: said[key] for key in ("timestamp", "level", "event") if key in said}
    return first | dict(said)


def _frames(problem: BaseException) -> list[str]:
    frames = traceback.extract_tb(problem.__traceback__)
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames[-12:]]


def _first_words(_: object, __: str, said: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """A library's line by its template: what is filled in may quote somebody."""
    record: logging.LogRecord = said["_record"]
    said["event"] = str(record.msg).partition("\n")[0] if isinstance(record.msg, str) else "said"
    if record.name == "py.warnings":  # place and kind; the words may quote a value
        said["event"] = ": ".join(said["event"].split(": ")[:2])
    said["library"] = record.name
    return said


def _take_over_libraries(number: int, form: LogFormat) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_log_level, _first_words, *_COMMON],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _renderer(form),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=number, force=True)
    logging.captureWarnings(True)
    for name in LIBRARIES:
        library = logging.getLogger(name)
        library.handlers, library.propagate = [], True


def _renderer(form: LogFormat) -> structlog.typing.Processor:
    if form == "text":
        return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    return structlog.processors.JSONRenderer(ensure_ascii=False, default=str)


_COMMON: tuple[structlog.typing.Processor, ...] = (
    _about,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    _tell_problems,
    _in_order,
)
