"""The figures (统计指标) that a drill asks for, as reporting tells them."""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta

from huiyin.drills.asked import Asked
from huiyin.drills.script import Drill
from services.reporting.findings import statistics
from services.reporting.findings.figures import Figure
from shared.clock import SHANGHAI
from shared.documents import Place
from shared.store.sql import Sql

Figures = Mapping[str, Figure]
"""The statistics of a pack, by the number of their rule."""


def figures_asked(sql: Sql, size: int, drill: Drill) -> dict[Place, Figures]:
    """For each expectation of a figure those of its unit, with the units under it, and time."""
    asked = [each for each in drill.expectations if each.kind == "figure"]
    return {each.place: _figures(sql, size, drill, Asked(each)) for each in asked}


def _figures(sql: Sql, size: int, drill: Drill, asked: Asked) -> Figures:
    key = asked.get("unit")
    unit = next((each.code for each in drill.units if each.key == key), None)
    within = statistics.StatisticsQuery(
        unit, _begins(asked.get("from")), _begins(asked.get("to"), after=1)
    )
    told = statistics.statistics(sql, size, within).all
    return {each.rule: each for each in told.figures if each.rule is not None}


def _begins(day: str | None, after: int = 0) -> datetime | None:
    """When a day begins, or that so many days after it (UTC)."""
    if day is None:
        return None
    midnight = datetime.combine(datetime.fromisoformat(day), time(), SHANGHAI)
    return (midnight + timedelta(days=after)).astimezone(UTC)
