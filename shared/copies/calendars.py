"""A room's own copy of the calendar (历法) and school terms (学期), kept from routing's events."""

from datetime import date
from functools import lru_cache

from shared.calendar.spans import Term
from shared.calendar.working import Calendar, PublishedYear, state_council
from shared.contracts.routing import CalendarPublished, TermsSet
from shared.store.readmodel import ReadModel, each
from shared.store.sql import Row, Sql


def _learn(sql: Sql, fact: CalendarPublished | TermsSet) -> None:
    """Keep what an event says; what is published or set anew replaces what was said before."""
    if isinstance(fact, TermsSet):
        sql.execute(
            "INSERT INTO terms VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET"
            " begins = excluded.begins, ends = excluded.ends",
            (fact.name, fact.begins, fact.ends),
        )
        return
    sql.execute(
        "INSERT INTO calendars VALUES (?, ?, ?, ?) ON CONFLICT (year) DO UPDATE SET"
        " notice = excluded.notice, off_days = excluded.off_days,"
        " makeup_days = excluded.makeup_days",
        (fact.year, fact.notice, " ".join(fact.off_days), " ".join(fact.makeup_days)),
    )


MODEL = ReadModel(
    {"calendars": ("year",), "terms": ("name",)},
    (
        "CREATE TABLE IF NOT EXISTS calendars (year BIGINT PRIMARY KEY, notice TEXT, off_days TEXT,"
        " makeup_days TEXT)",
        "CREATE TABLE IF NOT EXISTS terms (name TEXT PRIMARY KEY, begins TEXT, ends TEXT)",
    ),
    (CalendarPublished, TermsSet),
    each(_learn),
    version=2,  # days are written with blanks between them in every room
)


def calendar(sql: Sql) -> Calendar:
    """The working days known here: those shipped, and what the county has published since."""
    return _calendar(tuple(map(_told, sql.all("SELECT * FROM calendars ORDER BY year"))))


def published(sql: Sql, year: int) -> PublishedYear | None:
    """What the county has published for a year, or none."""
    row = sql.one("SELECT * FROM calendars WHERE year = ?", (year,))
    return _year(_told(row)) if row else None


def terms(sql: Sql) -> tuple[Term, ...]:
    """The school terms that were set, earliest first."""
    rows = sql.all("SELECT name, begins, ends FROM terms ORDER BY begins")
    return tuple(Term(row["name"], _day(row["begins"]), _day(row["ends"])) for row in rows)


_Told = tuple[int, str, str, str]
"""Year, notice, days off and days worked, as they are written."""


@lru_cache(8)
def _calendar(years: tuple[_Told, ...]) -> Calendar:
    known = state_council()
    for told in years:
        known = known.with_year(_year(told))
    return known


def _told(row: Row) -> _Told:
    return row["year"], row["notice"], row["off_days"], row["makeup_days"]


def _year(told: _Told) -> PublishedYear:
    year, notice, off_days, makeup_days = told
    return PublishedYear(year, notice, _days(off_days), _days(makeup_days))


def published_year(fact: CalendarPublished) -> PublishedYear:
    """What an event settles about a year."""
    off, makeup = (frozenset(map(_day, days)) for days in (fact.off_days, fact.makeup_days))
    return PublishedYear(fact.year, fact.notice, off, makeup)


def _days(written: str) -> frozenset[date]:
    return frozenset(map(_day, written.split()))


def _day(written: str) -> date:
    return date.fromisoformat(written)
