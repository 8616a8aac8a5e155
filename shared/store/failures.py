"""What a database can fail with, said in our words."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import psycopg
from eventsourcing.persistence import InterfaceError, OperationalError, PersistenceError

from shared.clock import shown
from shared.errors import HuiyinError, Unavailable

BROKEN = (
    OperationalError,
    InterfaceError,
    sqlite3.OperationalError,
    sqlite3.InterfaceError,
    psycopg.OperationalError,
    psycopg.InterfaceError,
)
"""Failures of the database itself: the whole transaction is gone, not one piece of work.

A row that a table does not take (a constraint, a value out of range) is none of these.
"""


@contextmanager
def translated() -> Iterator[None]:
    """Turn a database's failures into Unavailable ``store.full``, ``.busy`` or ``.failed``."""
    try:
        yield
    except HuiyinError:
        raise
    except (PersistenceError, sqlite3.Error, psycopg.Error) as problem:
        raise _unavailable(problem) from problem


def _unavailable(problem: Exception) -> Unavailable:
    text = str(problem)
    if any(sign in text for sign in ("disk is full", "No space left", "disk I/O error")):
        remedy = "请腾出磁盘空间后原样重试；huiyin doctor 会显示剩余空间。"
        return Unavailable("store.full", "磁盘已满或不可写, 本次操作没有记录任何内容。", remedy)
    if "locked" in text or "lock timeout" in text:
        return Unavailable(
            "store.busy", "数据库正被占用, 本次操作没有记录任何内容。", "请稍后原样重试。"
        )
    said = f"数据库出错, 本次操作没有记录任何内容（{type(problem).__name__}: {text}）。"
    return Unavailable("store.failed", said, "请查看日志与 huiyin doctor, 排除后原样重试。")


def clock_behind(now: datetime, recorded_until: datetime) -> Unavailable:
    """The error for a clock that stands before what is already on record."""
    said = f"本机时钟（{shown(now)}）早于已有记录（{shown(recorded_until)}）, 暂不登记。"
    remedy = "请先校准时钟；若曾误调到将来, 到已有记录的时间后即自动恢复, 其间只读。"
    return Unavailable("clock.behind", said, remedy)
