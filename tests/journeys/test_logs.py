"""Logs say what happened to which incident by whose act, and nothing of what anybody wrote."""

import asyncio
import json
import logging
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import structlog

from shared.errors import Invalid
from shared.logs import configure, line, note, told
from tests.journeys.county import County, Served, code
from tests.journeys.test_poison import a_row_written_by_hand

TITLE, BODY, CONTACT = "食堂周三的菜太咸", "孩子连喝了三杯水", "联系人寅二十七"
DRAFT, GROUNDS, NOTE = "已请食堂减盐", "多名家长反映口味", "已电话回访寅二十七"
OLD, OLD_REPLY = "操场西北角积水", "后勤已疏通下水口"
BROKEN, MISPLACED, SOUGHT = "未写完的半句话", "写错了地方的话", "路径里的话"
WORDS = (
    *(TITLE, BODY, CONTACT, DRAFT, GROUNDS, NOTE, OLD, OLD_REPLY, BROKEN, MISPLACED, SOUGHT),
    *("甲一", "己六", "庚七"),
)
GUESSED = "hy-guessed-by-a-stranger"


@dataclass(frozen=True)
class Talkative(County):
    """A county that logs whatever it can."""

    def _environment(self, by: str | None) -> dict[str, str]:
        return super()._environment(by) | {"HUIYIN_LOG_LEVEL": "debug"}


def everything_said(county: County) -> str:
    """All logs: ours with those of libraries, and the nats-server's."""
    own = county.data.with_suffix(".log").read_text(encoding="utf-8")
    return own + (county.data / "nats" / "nats.log").read_text(encoding="utf-8")


def secrets_of(county: County) -> set[str]:
    """Tokens and keys."""
    files = ["keys/wrapping.key", "nats/nats.token", "admin.token"]
    kept = {(county.data / name).read_text(encoding="utf-8").strip() for name in files}
    return {*kept, *county.tokens.values(), GUESSED}


def tell_a_story(served: Served, old: Path) -> dict[str, Any]:
    """Everything that people do, and do wrong."""
    heard = {"channel": "call", "category": "inquiry_demand", "title": TITLE, "body": BODY}
    answer = served.told("/intake/incidents", "drafter", **heard, contact=CONTACT)
    served.settle()
    case = f"/routing/incidents/{answer['number']}"
    assert served.county.run("import", old).status == 0
    for act, by, body in (
        ("grade", "bureau", {"grade": "larger", "grounds": GROUNDS}),
        ("assign", "bureau", {"lead": "QH-YZ", "instruction": GROUNDS}),
        ("draft", "drafter", {"kind": "result", "text": DRAFT}),
        ("approve", "approver", {}),
        ("publish", "drafter", {"channel": "message_board", "text": DRAFT}),
        ("close", "approver", {"note": NOTE}),
    ):
        served.does(case, act, by, body)
    make_mistakes(served, case, heard)
    served.settle()
    shown = served.get("/reporting/ledger").text
    assert TITLE in shown
    assert OLD in shown
    assert DRAFT in served.get(f"/reporting/incidents/{answer['number']}/trail").text
    return answer


def make_mistakes(served: Served, case: str, heard: dict[str, Any]) -> None:
    """Requests that are refused for every kind of reason, words in all of them."""
    again = served.post(f"{case}/draft", "drafter", kind="result", text=MISPLACED)
    assert again.status_code == 409, again.text
    half = f'{{"title": "{BROKEN}'.encode()
    assert code(served.send("/intake/incidents", half))[0] in (400, 422)
    assert served.send("/intake/incidents", BROKEN.encode("gbk")).status_code in (400, 422)
    wrong = {**heard, "channel": MISPLACED, MISPLACED: MISPLACED}
    assert served.post("/intake/incidents", "drafter", **wrong).status_code == 422
    asked = served.get("/reporting/ledger", as_of=SOUGHT)
    assert asked.status_code == 422, asked.text
    assert served.get(f"/reporting/incidents/{SOUGHT}/trail").status_code == 404
    assert served.get(f"/{SOUGHT}").status_code == 404
    assert served.post(f"/intake/incidents/{SOUGHT}/void", reason=SOUGHT).status_code == 404
    assert served.client.post("/sign-in", data={"token": GUESSED}).is_error
    served.client.get("/", params={"q": SOUGHT})
    stranger = {"Authorization": f"Bearer {GUESSED}"}
    assert served.client.post("/intake/incidents", json=heard, headers=stranger).is_error


def crash(served: Served) -> None:
    """The process ends as by a power cut."""
    pid = json.loads((served.county.data / "lock").read_text(encoding="utf-8"))["pid"]
    os.kill(pid, signal.SIGKILL)


def test_a_whole_county_s_story_leaves_no_word_of_anybody_in_any_log(
    county: County, tmp_path: Path
) -> None:
    talkative = Talkative(county.data, county.tokens)
    meet = a_row_written_by_hand(talkative)
    old = tmp_path / "old.csv"
    old.write_text(
        "message_id,category,title,posted_at,body,replied_at,reply,replying_unit\n"
        f"M1,校园管理,{OLD},2025-05-01T10:00:00+08:00,{BODY},2025-05-03T09:00:00+08:00,"
        f"{OLD_REPLY},青禾县第一中学\n",
        encoding="utf-8",
    )
    with talkative.up() as served:
        meet(served)  # routing sets it aside
        answer = tell_a_story(served, old)
        served.told("/intake/incidents", "bureau", channel="call", category="x", title=TITLE)
        crash(served)
    with talkative.up() as served:
        served.settle()

    said = everything_said(talkative)
    found = [word for word in (*WORDS, *secrets_of(talkative)) if word in said]
    assert found == []
    _check_lines(talkative, answer)


def _check_lines(county: Talkative, answer: dict[str, Any]) -> None:
    """Commands, events taken and events set aside are there, each under its ids."""
    text = county.data.with_suffix(".log").read_text(encoding="utf-8").splitlines()
    lines = [json.loads(each) for each in text if each.startswith("{")]
    foreign = ("Traceback", " ", "INFO", "WARNING", "ERROR")  # what people are told stands between
    assert [each for each in text if each.startswith(foreign)] == []
    mine = [each for each in lines if each.get("incident") == answer["incident"]]
    commands = [each for each in mine if each["event"] == "command answered"]
    routes = ("", "/grade", "/assign", "/draft", "/approve", "/publish", "/close")
    done = [each for each in commands if each["code"] == "ok"]
    assert [each["route"].partition("{incident}")[2] for each in done] == list(routes)
    for each in done:
        assert each["officer"].startswith("o-")
        assert each["unit"].startswith("Q")
        assert each["seconds"] > 0
        assert each["position"] > 0
    refused = {each["code"] for each in lines if each.get("event") == "command answered"}
    assert {"token.unknown", "request.invalid"} <= refused
    taken = {each["type"] for each in mine if each["event"] == "event taken"}
    assert {"intake.incident-registered.v4", "routing.incident-closed.v2"} <= taken
    [aside] = [each for each in lines if each["event"] == "event set aside"][:1]
    assert {"room", "upstream", "unit", "incident", "type", "position"} <= set(aside)


Said = Callable[[], list[dict[str, Any]]]


@contextmanager
def logging_here(capsys: pytest.CaptureFixture[str]) -> Iterator[Said]:
    """Log as a serving process does; tells what was said. The process is put back as it was."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    configure("debug")
    try:
        yield lambda: [json.loads(each) for each in capsys.readouterr().err.splitlines()]
    finally:
        root.handlers, root.level = before
        logging.captureWarnings(False)
        structlog.reset_defaults()


def test_an_exception_is_told_by_its_kind_and_place_without_its_words(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log = structlog.get_logger()
    with logging_here(capsys) as said:
        try:
            int(BODY)
        except ValueError as problem:
            log.warning("tried in vain", problem=problem)
            log.exception("broke off")
        tried, broke = said()

    assert tried["problem"] == "ValueError"
    assert broke["problem"] == "ValueError"
    assert any("test_logs.py" in frame for frame in broke["at"])
    assert BODY not in json.dumps([tried, broke], ensure_ascii=False)


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (Invalid("time.unreadable", f"时间“{BODY}”看不懂。"), "time.unreadable"),
        (FileNotFoundError(2, "No such file", BODY), "FileNotFoundError: No such file"),
        (KeyError(BODY), "KeyError"),
    ],
)
def test_of_an_exception_only_what_a_machine_says_is_told(problem: Exception, words: str) -> None:
    assert told(problem) == words


@pytest.mark.anyio
async def test_lines_of_libraries_take_the_same_form_without_their_arguments(
    capsys: pytest.CaptureFixture[str],
) -> None:
    trouble = {"message": "never retrieved", "exception": ValueError(BODY), "future": BODY}
    with logging_here(capsys) as said:
        logging.getLogger("uvicorn.error").error("refused %s", BODY, exc_info=ValueError(BODY))
        logging.getLogger("nats.aio.client").warning("nats: %s", BODY)
        asyncio.get_running_loop().default_exception_handler(trouble)
        uvicorn, nats, loop = said()

    assert (uvicorn["event"], uvicorn["problem"]) == ("refused %s", "ValueError")
    assert (nats["library"], nats["level"]) == ("nats.aio.client", "warning")
    assert loop["event"] == "never retrieved"
    assert BODY not in json.dumps([uvicorn, nats, loop], ensure_ascii=False)


def test_what_is_noted_stands_in_every_line_until_the_request_ends(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log = structlog.get_logger()
    with logging_here(capsys) as said:
        note(unit="lost")  # there is no line to note it in
        with line(room="routing"):
            note(unit="QH-YZ", incident="i-1")
            log.info("within", room="explicit")
        log.info("after")
        within, after = said()

    assert (within["room"], within["unit"], within["incident"]) == ("explicit", "QH-YZ", "i-1")
    assert "unit" not in after
