"""What stands around every page: whose county, who reads, and which part of the log is shown."""

from dataclasses import dataclass
from datetime import datetime

from services.reporting.console.door import PageReader, form_token
from services.reporting.console.live import folded
from services.reporting.log import tiles
from services.reporting.log.log import EMPTY, head, leaf_at
from shared.contracts.routing import CountyFounded
from shared.copies.units import Unit, all_units, founded_county
from shared.errors import Unavailable
from shared.identity.officers import Officer
from shared.store.sql import Sql


@dataclass(frozen=True, slots=True)
class Frame:
    """A page's surroundings.

    ``size`` is how many leaves of the log the page shows, ``held`` how many there are; ``asked``
    is the size if the reader wants to see the past, otherwise none. ``now`` is the moment shown
    (UTC): the past one for the past. ``behind`` counts leaves that are not in the tables yet.
    """

    county: CountyFounded
    units: dict[str, Unit]
    officer: Officer | None
    form: str
    size: int
    held: int
    asked: int | None
    behind: int
    now: datetime
    taken_at: datetime | None
    running: str
    root: str
    printed_at: datetime

    @property
    def past(self) -> bool:
        """Whether the page shows what was known once, and not what is known now."""
        return self.asked is not None

    @property
    def live(self) -> bool:
        """Whether the page follows the log."""
        return not self.past


def frame(sql: Sql, reader: PageReader, asked: int | None, now: datetime) -> Frame:
    """The surroundings of a page that shows the first ``asked`` leaves, or everything.

    Raises Unavailable ``county.not-founded`` before it is known whose county this is.
    """
    county = founded_county(sql)
    if county is None:
        raise _not_founded()
    held, _ = head(sql)
    size = held if asked is None else max(0, min(asked, held))
    last = leaf_at(sql, size - 1) if size else None
    taken_at = last.sequenced_at if last else None
    return Frame(
        county=county,
        units=all_units(sql),
        officer=reader.officer,
        form=form_token(reader.session) if reader.session else "",
        size=size,
        held=held,
        asked=None if asked is None else size,
        behind=held - folded(sql),
        now=now if asked is None or taken_at is None else taken_at,
        taken_at=taken_at,
        running=last.running if last else EMPTY,
        root=tiles.root_at(sql, size).hex(),
        printed_at=now,
    )


def _not_founded() -> Unavailable:
    return Unavailable(
        "county.not-founded",
        "这里还没有县域数据, 或正在从日志整理。",
        "请稍候刷新；新系统请先用 huiyin init 建库。",
    )
