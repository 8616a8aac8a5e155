"""What is asked for with every event, read once in a transaction (一次读取)."""

from collections.abc import Callable
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from shared.store.sql import Sql

T = TypeVar("T")


class OncePerTransaction(Generic[T]):
    """An answer that is read from tables once in each transaction, until it is forgotten."""

    def __init__(self, read: Callable[[Sql], T]) -> None:
        self._read = read
        self._known: WeakKeyDictionary[Sql, T] = WeakKeyDictionary()

    def __call__(self, sql: Sql) -> T:
        if sql not in self._known:
            self._known[sql] = self._read(sql)
        return self._known[sql]

    def forget(self, sql: Sql) -> None:
        """What it is read from has changed; to be called by whoever changed it."""
        self._known.pop(sql, None)
