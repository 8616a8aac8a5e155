"""What the body of a request may say in every room (请求内容); unknown fields are refused."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from shared.acts.check import Told
from shared.contracts.catalogue import UtcTime

Code = Annotated[str, Field(min_length=1, max_length=32)]
"""That of a unit."""

Key = Annotated[str, Field(min_length=1, max_length=60)]
Name = Annotated[str, Field(min_length=1, max_length=120)]
Note = Annotated[str, Field(max_length=2000)]
Text = Annotated[str, Field(max_length=40_000)]
Fields = Annotated[dict[Key, Annotated[str, Field(max_length=4000)]], Field(max_length=60)]
Sets = Annotated[dict[Key, Annotated[list[Key], Field(max_length=20)]], Field(max_length=20)]


class Order(BaseModel):
    """Base of request bodies: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class Formal(Order):
    """An act that a form may be asked for: ``fields`` by key.

    ``happened`` says that it has happened already (已发生); it happened at ``occurred_at`` (with an
    offset), or now.
    """

    fields: Fields = Field(default_factory=dict)
    happened: bool = False
    occurred_at: UtcTime | None = None


class ActOrder(Formal):
    """Any act in the words of a pack: of which kind, to whom, how, about what, and its words."""

    kind: Key | None = None
    to: list[Key] = Field(default_factory=list, max_length=50)
    medium: Key | None = None
    of: Annotated[str, Field(max_length=200)] | None = None
    text: Text | None = None

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
