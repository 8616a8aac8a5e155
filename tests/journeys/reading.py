"""Who sees which matter, asked over HTTP: the table that ``reading.txt`` keeps.

``python -m tests.journeys.reading`` makes it anew from a county of its own.
"""

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import httpx2

from tests.journeys.county import County, Served
from tests.support.sizes import PATIENCE

KEPT = Path(__file__).with_name("reading.txt")

UNITS = {
    "QH-EZ": "QINGHE",
    "QH-SZ": "QINGHE",
    "QH-WZ": "QINGHE",
}
"""Units besides those of the founded county, with the one above."""

READERS = {
    "registrar": ("QH-YZ", "info_officer", "registered the matter"),
    "its auditor": ("QH-YZ", "auditor", "the same unit, as auditor"),
    "lead": ("QH-LXXX", "teacher", "leads it"),
    "above lead": ("QH-LX", "liaison", "stands above the lead"),
    "co-handling": ("QH-EZ", "info_officer", "handles it with the lead"),
    "left": ("QH-SZ", "info_officer", "led it, until it was given to another"),
    "stranger": ("QH-WZ", "info_officer", "never took part"),
    "its head": ("QH-WZ", "principal_leader", "never took part"),
    "their auditor": ("QH-WZ", "auditor", "never took part, as auditor"),
    "bureau": ("QINGHE", "info_officer", "the county's root"),
    "its auditor above": ("QINGHE", "auditor", "the root, as auditor"),
}
"""Who reads: unit, post, and what the unit has to do with the matter."""

TITLE = "课本还差两本没有发"
LEGEND = """\
One matter: QH-YZ registered it, QH-SZ led it until QH-LXXX (under QH-LX) was given it with QH-EZ.
sees: all of it. until: as it stood when the unit left. -: answered, without it. refused: HTTP 403.
"""


@dataclass(frozen=True)
class Question:
    """An address, and how much of the matter is in what is answered; ``page``: in a browser."""

    name: str
    path: str
    counted: Callable[[httpx2.Response, str], int]
    body: Mapping[str, str] | None = None
    page: bool = False


def _named(answer: httpx2.Response, number: str) -> int:
    """How often the matter's number stands in the text."""
    return answer.text.count(number)


def _in_workbook(answer: httpx2.Response, number: str) -> int:
    book = ZipFile(BytesIO(answer.content))
    return sum(number.encode() in book.read(name) for name in book.namelist())


def _entries(answer: httpx2.Response, _: str) -> int:
    return len(answer.json())


def _lines(answer: httpx2.Response, _: str) -> int:
    return len(answer.text.splitlines())


def _of_lead(answer: httpx2.Response, _: str) -> int:
    """Whether the lead's figures are told: the matter is the lead's."""
    return sum(each["unit"] == "QH-LXXX" for each in answer.json()["units"])


def _messages(answer: httpx2.Response, _: str) -> int:
    return int(answer.json()["messages"])


def _answered(answer: httpx2.Response, _: str) -> int:
    return int(answer.is_success)


def questions(number: str, incident: str) -> Sequence[Question]:
    """Every address by which a matter, or what is made of matters, can be read."""
    of = f"?incident={number}"
    api = "/reporting"
    return (
        Question("trail", f"{api}/incidents/{number}/trail", _entries),
        Question("trail by id", f"{api}/incidents/{incident}/trail", _entries),
        Question("ledger", f"{api}/ledger", _named),
        Question("ledger of a unit", f"{api}/ledger?unit=QH-YZ", _named),
        Question("ledger.csv", f"{api}/ledger.csv", _named),
        Question("ledger.xlsx", f"{api}/ledger.xlsx", _in_workbook),
        Question("ledger.json", f"{api}/ledger.json", _named),
        Question("findings", f"{api}/findings", _named),
        Question("findings of it", f"{api}/findings{of}", _entries),
        Question("findings of a unit", f"{api}/findings?unit=QH-YZ", _named),
        Question("statistics", f"{api}/statistics", _of_lead),
        Question("statistics of a unit", f"{api}/statistics?unit=QH-LXXX", _of_lead),
        Question("events", f"{api}/events", lambda answer, _: _named(answer, incident)),
        Question("events of it", f"{api}/events{of}", _lines),
        Question("review of history", f"{api}/reviews/imported", _messages, {}),
        Question("duties", "/deadlines/duties", _named),
        Question("duties of it", f"/deadlines/duties{of}", _named),
        Question("handling", f"/routing/incidents/{number}", _answered),
        Question("field map", "/intake/field-maps/QH-YZ", _answered),
        Question("page: ledger", "/", _named, page=True),
        Question("page: search", "/?q=课本", _named, page=True),
        Question("page: incident", f"/incidents/{number}", _shown, page=True),
        Question("page: duties", "/duties", _named, page=True),
        Question("page: csv", "/ledger.csv", _named, page=True),
        Question("page: xlsx", "/ledger.xlsx", _in_workbook, page=True),
    )


def _shown(answer: httpx2.Response, _: str) -> int:
    """How many log entries its page shows, by the sizes on its slider."""
    return answer.text.partition('data-sizes="')[2].partition('"')[0].count(",") + 1


def prepared(served: Served) -> tuple[Served, str, str]:
    """The county with these readers, and the matter's number and id."""
    for code, parent in UNITS.items():
        served.told("/routing/units", code=code, name=f"示例单位 {code}", aliases=[], parent=parent)
    term = (datetime.now(UTC) + timedelta(days=30)).isoformat()
    tokens = {}
    for place, (name, (unit, post, _)) in enumerate(READERS.items()):
        entry = {"name": f"示例·{place}", "unit": unit, "post": post, "until": term}
        tokens[name] = served.told("/routing/officers", **entry)["token"]
    served.settle()
    county = replace(served.county, tokens={**served.county.tokens, **tokens})
    served = replace(served, county=county)
    return served, *_matter(served)


def _matter(served: Served) -> tuple[str, str]:
    """Registered too late for a reply in time; led by one unit, then by another with a third."""
    posted = (datetime.now(UTC) - timedelta(days=20)).isoformat()
    heard = {"title": TITLE, "category": "inquiry_demand", "channel": "message_board"}
    told = served.told("/intake/incidents", "registrar", posted_at=posted, **heard)
    number, incident = told["number"], told["incident"]
    _import_one(served)
    deadline = time.monotonic() + PATIENCE
    while not served.get("/reporting/findings").json() and time.monotonic() < deadline:
        served.settle()
    case = f"/routing/incidents/{number}"
    served.told(f"{case}/assign", "bureau", lead="QH-SZ")
    served.told(f"{case}/assign", "bureau", lead="QH-LXXX", co_handling=["QH-EZ"])
    served.told(f"{case}/grade", "bureau", grade="ordinary", grounds="一般")
    served.settle()
    return number, incident


def _import_one(served: Served) -> None:
    message = {"row": 2, "message_id": "1", "title": "旧留言", "unit": "QH-YZ"}
    message["posted_at"] = "2024-03-04T01:00:00Z"
    file = {"file": f"sha256:{'0' * 64}", "unit": "QH-YZ", "messages": [message]}
    served.told("/intake/imports", "registrar", **file)


Cell = tuple[int, str, int]
"""HTTP status, the error's code if there is one, and how much of the matter was told."""


def asked(served: Served, question: Question, by: str, number: str) -> Cell:
    """What one reader is answered."""
    if question.page:
        answer = _browser(served, by).get(question.path)
        return answer.status_code, "", question.counted(answer, number) if answer.is_success else 0
    if question.body is None:
        answer = (
            served.get(question.path, by)
            if "?" not in question.path
            else _with(served, question, by)
        )
    else:
        answer = served.post(question.path, by, **question.body)
    if not answer.is_success:
        return answer.status_code, answer.json()["code"], 0
    return answer.status_code, "", question.counted(answer, number)


def _with(served: Served, question: Question, by: str) -> httpx2.Response:
    path, _, query = question.path.partition("?")
    name, _, value = query.partition("=")
    return served.get(path, by, **{name: value})


def _browser(served: Served, by: str) -> httpx2.Client:
    """A browser in which a reader has signed in."""
    browser = httpx2.Client(base_url=served.client.base_url, timeout=PATIENCE)
    form = browser.get("/sign-in").text.partition('name="form" value="')[2].partition('"')[0]
    given = {"form": form, "token": served.county.token(by)}
    assert browser.post("/sign-in", data=given).status_code == 303
    return browser


def answers(served: Served, number: str, incident: str) -> dict[tuple[str, str], Cell]:
    """What every reader is answered to every question, by question and reader."""
    return {
        (question.name, reader): asked(served, question, reader, number)
        for question in questions(number, incident)
        for reader in READERS
    }


def table(found: Mapping[tuple[str, str], Cell]) -> str:
    """The table, as people read it."""
    names = list(dict.fromkeys(question for question, _ in found))
    most = {name: max(found[name, reader][2] for reader in READERS) for name in names}
    lines = [LEGEND]
    for reader, (unit, post, said) in READERS.items():
        lines.append(f"{reader}: {post} of {unit}, {said}")
    lines += ["", _row("", list(READERS))]
    for name in names:
        lines.append(_row(name, [_cell(found[name, each], most[name]) for each in READERS]))
    return "\n".join(lines) + "\n"


def _cell(cell: Cell, most: int) -> str:
    status, _, told = cell
    if status == 403:
        return "refused"
    if status != 200:
        return str(status)
    return "sees" if told == most else "until" if told else "-"


def _row(name: str, cells: Sequence[str]) -> str:
    widths = [len(reader) + 2 for reader in READERS]
    shown = "".join(cell.ljust(max(width, 9)) for cell, width in zip(cells, widths, strict=True))
    return f"{name:22}{shown}".rstrip()


def main() -> None:
    """Keep what a county of its own answers."""
    from tests.journeys.conftest import found_county  # noqa: PLC0415 - fixtures need no table

    with tempfile.TemporaryDirectory() as place:
        county: County = found_county(Path(place))
        with county.up() as served:
            KEPT.write_text(table(answers(*prepared(served))), encoding="utf-8")


if __name__ == "__main__":
    main()
