"""What the body of one of reporting's own acts may say besides (请求内容)."""

from typing import Annotated

from pydantic import Field

from shared.acts.body import ActOrder, Code


class FindingOrder(ActOrder):
    """Which rule is found against or in favour of whom (认定): ``of`` is the rule.

    ``text`` says on which grounds, ``evidence`` which entries of the log show it. ``unit`` is the
    one that has the matter in hand, where it is left out.
    """

    unit: Code | None = None
    evidence: list[Annotated[int, Field(ge=0)]] = Field(default_factory=list, max_length=200)
    good: bool | None = None


class Ranking(ActOrder):
    """Of which quarter, such as 2026-Q1, and in which order it was made known (排名).

    Without an order it is the one that the statistics give.
    """

    period: Annotated[str, Field(max_length=20)]
    order: list[Code] = Field(default_factory=list, max_length=5000)
