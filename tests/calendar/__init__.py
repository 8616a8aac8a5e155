"""The calendar: limits, working days and schedules."""
