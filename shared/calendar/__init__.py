"""The calendar (历法): where days begin and end for people here."""

from shared.calendar.days import day_of, end_of, end_of_day

__all__ = ["day_of", "end_of", "end_of_day"]
