"""What a policy pack (规则包) says. Its file is TOML: ``[pack]``, and one ``[duty."ID"]`` each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from shared.contracts.catalogue import Contract

Start = Literal["posted", "discovered", "registered"]
"""What a duty is counted from; where it is not on record, the next of these counts."""

Stop = Literal["publish"]
"""The act that fulfils a duty. ``publish`` is any published reply, interim or result."""

Who = Literal["handling_unit"]
"""Who owes it: the lead unit once the incident is assigned, until then the registering unit."""

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
PackId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]*$")]
Version = Annotated[str, StringConstraints(pattern=r"^[0-9][0-9A-Za-z.-]*$")]
DutyId = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z][0-9A-Za-z._-]*$")]


LONGEST = 3660
"""Days; more can only be a slip, and would end outside the calendar."""


class Duty(Contract):
    """After ``start``, ``who`` must do ``stop`` within ``days``.

    It ends at 24:00, inclusive, of the so-many-th day after the start day, Asia/Shanghai.
    """

    title: Text
    clause: Text
    start: Start
    stop: Stop
    who: Who
    days: Annotated[int, Field(ge=1, le=LONGEST)]


class Heading(Contract):
    """Which pack it is."""

    id: PackId
    version: Version


class PackFile(Contract):
    """A pack as its file has it; unknown keys are refused."""

    pack: Heading
    duty: dict[DutyId, Duty]


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack as loaded: its duties by id, and the SHA-256 (hex) of the file's bytes."""

    id: str
    version: str
    digest: str
    duties: Mapping[str, Duty]

    @property
    def pin(self) -> str:
        """What an event says of the rules it was decided under: id, version, start of digest."""
        return f"{self.id}@{self.version}#{self.digest[:12]}"
