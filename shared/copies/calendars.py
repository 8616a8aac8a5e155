"""A room's own copy of the calendar (历法) and school terms (学期), kept from routing's events."""

from datetime import date
from functools import lru_cache

from shared.calendar.published import state_council
from shared.calendar.spans import Term
from shared.calendar.working import Calendar, PublishedYear
from shared.contracts.catalogue import Fact
from shared.contracts.routing import CalendarPublished, TermsSet
from shared.store.sql import Sql

SCHEMA = (
    "CREATE TABLE IF NOT EXISTS calendars (year BIGINT PRIMARY KEY, notice TEXT, off_days TEXT,"
    " makeup_days TEXT)",
    "CREATE TABLE IF NOT EXISTS terms (name TEXT PRIMARY KEY, begins TEXT, ends TEXT)",
)

TABLES = {"calendars": ("year",), "terms": ("name",)}
"""What a read model that keeps calendars has to name."""

FACTS: tuple[type[Fact], ...] = (CalendarPublished, TermsSet)


def learn_calendar(sql: Sql, fact: CalendarPublished | TermsSet) -> None:
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


def calendar(sql: Sql) -> Calendar:
    """The working days known here: those shipped, and what the county has published since."""
    rows = sql.all("SELECT year, notice, off_days, makeup_days FROM calendars ORDER BY year")
    return _calendar(
        tuple((row["year"], row["notice"], row["off_days"], row["makeup_days"]) for row in rows)
    )


def terms(sql: Sql) -> tuple[Term, ...]:
    """The school terms that were set, earliest first."""
    rows = sql.all("SELECT name, begins, ends FROM terms ORDER BY begins")
    return tuple(Term(row["name"], _day(row["begins"]), _day(row["ends"])) for row in rows)


@lru_cache(8)
def _calendar(rows: tuple[tuple[int, str, str, str], ...]) -> Calendar:
    known = state_council()
    for year, notice, off_days, makeup_days in rows:
        known = known.with_year(PublishedYear(year, notice, _days(off_days), _days(makeup_days)))
    return known


def _days(written: str) -> frozenset[date]:
    return frozenset(map(_day, written.split()))


def _day(written: str) -> date:
    return date.fromisoformat(written)
