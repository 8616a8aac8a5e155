"""The calendar (历法): where days begin and end for people here, by when, and how often.

- ``days``, ``dates``: natural days, and days and times as packs write them
- ``working``, ``published``: working days, and the years that the State Council has settled
- ``durations``, ``limits``: how long, and by when: one function for each clock
- ``spans``, ``periods``: natural periods, and what a schedule asks for in each
"""

from shared.calendar.days import day_of, end_of, end_of_day
from shared.calendar.durations import Duration, read_duration
from shared.calendar.periods import Period, Recurrence, occurrences
from shared.calendar.published import state_council
from shared.calendar.spans import Term
from shared.calendar.working import Calendar, Limit, PublishedYear

__all__ = [
    "Calendar",
    "Duration",
    "Limit",
    "Period",
    "PublishedYear",
    "Recurrence",
    "Term",
    "day_of",
    "end_of",
    "end_of_day",
    "occurrences",
    "read_duration",
    "state_council",
]
