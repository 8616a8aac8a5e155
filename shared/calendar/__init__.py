"""The calendar (历法): where days begin and end for people here, by when, and how often.

- ``days``: natural days, and days and times as packs write them
- ``working``: working days, and the years that the State Council has settled
- ``durations``, ``limits``: how long, and by when: one function for each clock
- ``spans``, ``periods``: natural periods, and what a recurrence asks for in each
"""
