"""What a request to import old messages may say (请求内容); unknown fields are refused."""

from typing import Annotated, Literal

from pydantic import Field

from shared.acts.body import Order
from shared.contracts.catalogue import UtcTime
from shared.contracts.intake import ImportField

LARGEST_IMPORT = 500
"""Rows in one request."""

Words = Annotated[str, Field(max_length=100_000)]
"""Words from a file: how many of them are too many is for the rules to say, row by row."""


class MessageOrder(Order):
    """A message from before this system, with its answer if there was one.

    ``row`` is its row in the file (the heading is row 1); ``days_only`` names the times of which
    the file has only the day.
    """

    row: int = Field(ge=1)
    message_id: Words
    category: Words = ""
    title: Words
    posted_at: UtcTime
    body: Words = ""
    replied_at: UtcTime | None = None
    reply: Words = ""
    unit: str
    named: Words = ""
    days_only: tuple[Literal["posted_at", "replied_at"], ...] = ()


class ImportOrder(Order):
    """Messages to import for a unit; unanswered ones are closed unless ``left_open``.

    ``dry`` stores nothing and answers what would become of them.
    """

    unit: str
    file: str = Field(pattern=r"^sha256:[0-9a-f]{64}$", description="文件的 SHA-256")
    left_open: bool = False
    dry: bool = False
    messages: list[MessageOrder] = Field(max_length=LARGEST_IMPORT)


class FieldMapOrder(Order):
    """What the headings in a unit's files mean: heading to field."""

    columns: dict[str, ImportField] = Field(max_length=100)
