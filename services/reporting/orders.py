"""What the body of one of reporting's own acts may say (请求内容); unknown fields are refused."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from shared.acting import Told
from shared.contracts.catalogue import UtcTime

Code = Annotated[str, Field(min_length=1, max_length=32)]
Key = Annotated[str, Field(min_length=1, max_length=60)]
Fields = Annotated[dict[Key, Annotated[str, Field(max_length=4000)]], Field(max_length=60)]


class ActOrder(BaseModel):
    """An act in the words of the pack: of which kind, to whom, how, about what, and its words."""

    model_config = ConfigDict(extra="forbid")

    kind: Key | None = None
    to: list[Key] = Field(default_factory=list, max_length=50)
    medium: Key | None = None
    of: Annotated[str, Field(max_length=200)] | None = None
    text: Annotated[str, Field(max_length=40_000)] | None = None
    fields: Fields = Field(default_factory=dict)
    happened: bool = False
    occurred_at: UtcTime | None = None

    def told(self) -> Told:
        """What is said of it in the words of the pack."""
        return Told(
            kind=self.kind,
            to=tuple(self.to),
            medium=self.medium,
            of=self.of,
            text=self.text,
            fields=self.fields,
            happened=self.happened,
        )


class Finding(ActOrder):
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
