"""Other programs read the events: by the command line, over HTTP, and from NATS."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

import pytest

from tests.journeys.county import PROGRAM, County, Served, code
from tests.support.documents import code_in
from tests.support.sizes import PATIENCE, SOON

TITLE = "食堂周三的菜太咸"
HEARD = {"channel": "call", "category": "inquiry_demand", "title": TITLE}


class Reading:
    """A program whose lines are read as they come."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self.process = process
        self._lines: SimpleQueue[bytes] = SimpleQueue()
        Thread(target=self._read, daemon=True).start()

    def trouble(self) -> bytes:
        """The next line that it says of trouble, which must come."""
        assert self.process.stderr is not None
        return self.process.stderr.readline()

    def line(self, within: float = PATIENCE) -> bytes:
        """The next line."""
        try:
            return self._lines.get(timeout=within)
        except Empty:
            raise AssertionError("it said nothing more") from None

    def is_silent(self, seconds: float) -> bool:
        """Whether nothing comes for a while."""
        try:
            self._lines.get(timeout=seconds)
        except Empty:
            return True
        return False

    def interrupt(self) -> tuple[int, bytes]:
        """Ctrl-C; returns the exit status and what it said of trouble."""
        self.process.send_signal(signal.SIGINT)
        status = self.process.wait(10)
        assert self.process.stderr is not None
        return status, self.process.stderr.read()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)


@contextmanager
def reading(command: list[str], county: County, **more: str) -> Iterator[Reading]:
    """A program at work beside the county."""
    environment = {**os.environ, "HUIYIN_DATA": str(county.data), **more}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    ) as process:
        try:
            yield Reading(process)
        finally:
            process.kill()


def event_bytes(line: bytes) -> bytes:
    """The stored bytes of the event in a line, as the document says to find them."""
    return line.rstrip(b"\n").split(b',"event":', 1)[1][:-1]


def read(lines: bytes) -> list[dict[str, Any]]:
    """Lines as programs read them, each checked against the hash that it names."""
    for line in lines.splitlines():
        exact = "sha256:" + hashlib.sha256(event_bytes(line)).hexdigest()
        assert json.loads(line)["hash"] == exact
    return [json.loads(line) for line in lines.splitlines()]


def printed(county: County, *options: str) -> list[dict[str, Any]]:
    """What ``huiyin events`` prints."""
    done = county.run("events", *options)
    assert (done.status, done.err) == (0, ""), done
    return read(done.out.encode())


def test_every_event_is_a_line_with_its_exact_bytes_running_or_not(county: County) -> None:
    with county.up() as served:
        number = served.told("/intake/incidents", "drafter", **HEARD)["number"]
        served.settle()
        running = printed(county)
    stopped = printed(county)
    of_incident = printed(
        county, "--incident", number, "--type", "intake.incident-registered", "--unit", "QH-YZ"
    )

    assert running == stopped
    assert [line["leaf"] for line in stopped] == list(range(len(stopped)))
    assert TITLE not in json.dumps(stopped, ensure_ascii=False)
    [registered] = of_incident
    assert registered in stopped
    assert set(registered["event"]["data"]["title"]) == {"key", "nonce", "text"}  # still sealed


def test_whoever_follows_misses_and_repeats_nothing_through_a_restart(county: County) -> None:
    follow = [str(PROGRAM), "events", "--follow", "--from", "3", "--unit", "QH-YZ"]
    with reading(follow, county) as program:
        waits = program.trouble()
        leaves: list[int] = []
        for _ in range(2):
            with county.up() as served:
                served.told("/intake/incidents", "bureau", **HEARD)  # of another unit
                served.told("/intake/incidents", "drafter", **HEARD)
                served.settle()
                lines = read(served.get("/reporting/events", unit="QH-YZ").content)
                there = [line["leaf"] for line in lines if line["leaf"] >= 3]
                leaves += [json.loads(program.line())["leaf"] for _ in there[len(leaves) :]]
                began = time.monotonic()
            assert time.monotonic() - began < SOON  # who waits does not hold up the end
        silent = program.is_silent(0.3)
        status, said = program.interrupt()

    assert leaves == there
    assert len(leaves) > 3
    assert silent
    assert status == 130
    assert b"Traceback" not in said
    assert "等它启动".encode() in waits
    assert not said  # that is told once


def test_a_reader_that_has_read_enough_ends_it_quietly(county: County) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    environment = {**os.environ, "HUIYIN_DATA": str(county.data)}

    done = subprocess.run(
        [PROGRAM, "events"],
        stdout=theirs,
        stderr=subprocess.PIPE,
        env=environment,
        check=False,
        timeout=PATIENCE,
    )
    os.close(theirs)

    assert (done.returncode, done.stderr) == (0, b"")


def test_over_http_a_question_waits_for_news_and_says_where_to_go_on(served: Served) -> None:
    served.settle()
    everything = served.get("/reporting/events")
    end = everything.headers["Huiyin-Next"]
    began = time.monotonic()
    nothing = served.get("/reporting/events", **{"from": end, "wait": "0.5"})
    waited = time.monotonic() - began
    served.told("/intake/incidents", **HEARD, unit="QINGHE")
    news = served.get("/reporting/events", **{"from": end, "wait": "10"})

    assert everything.headers["content-type"].startswith("application/x-ndjson")
    assert int(end) == len(everything.content.splitlines())
    assert (nothing.content, nothing.headers["Huiyin-Next"]) == (b"", end)
    assert waited >= 0.5
    assert json.loads(news.content.splitlines()[0])["leaf"] == int(end)


def test_what_is_asked_wrongly_is_refused(served: Served) -> None:
    unknown = served.get("/reporting/events", incident="QINGHE-1999-000001")
    much = served.get("/reporting/events", limit="100000")
    stranger = served.client.get("/reporting/events")

    assert code(unknown) == (404, "incident.unknown")
    assert code(much) == (422, "request.invalid")
    assert code(stranger) == (401, "token.unknown")


@pytest.mark.parametrize("type_", ["routing.unit-established", "routing.unit-established.v1"])
def test_a_type_may_be_named_with_or_without_its_version(served: Served, type_: str) -> None:
    lines = read(served.get("/reporting/events", type=type_).content)

    assert {line["event"]["type"] for line in lines} == {"routing.unit-established.v1"}
    assert len(lines) == 4


def test_with_a_filter_one_goes_on_behind_what_was_looked_at(served: Served) -> None:
    page = served.get("/reporting/events", unit="QINGHE", limit="1")
    [line] = read(page.content)
    rest = served.get(
        "/reporting/events", **{"unit": "QINGHE", "from": page.headers["Huiyin-Next"]}
    )

    assert int(page.headers["Huiyin-Next"]) == line["leaf"] + 1
    assert {each["event"]["unit"] for each in read(rest.content)} == {"QINGHE"}
    assert line not in read(rest.content)


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """The subscriber as the document shows it."""
    [text] = code_in("docs/subscribing.md", "python")
    body = text.split(") -> None:\n")[1].split("\n\n")[0]
    assert len(body.splitlines()) <= 11  # ten lines, one of them broken in two
    path = tmp_path / "example.py"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_subscriber_of_the_document_hears_one_unit_and_goes_on_where_it_was(
    served: Served, example: Path
) -> None:
    url = (served.county.data / "nats" / "nats.url").read_text(encoding="utf-8").strip()
    command = [sys.executable, str(example), url, "intake", "QH-YZ"]
    first = served.told("/intake/incidents", "drafter", **HEARD)
    served.told("/intake/incidents", "bureau", **HEARD)

    with reading(command, served.county) as program:
        heard = program.line().decode().split()
        served.told(f"/intake/incidents/{first['number']}/void", "drafter", reason="误登记")
        then = program.line().decode().split()
        time.sleep(0.2)  # until the acknowledgement has arrived
    second = served.told("/intake/incidents", "drafter", **HEARD)
    with reading(command, served.county) as again:
        later = again.line().decode().split()
        silent = again.is_silent(0.2)

    assert heard == [f"intake/incident/{first['incident']}", "1", "intake.incident-registered.v4"]
    assert then == [f"intake/incident/{first['incident']}", "2", "intake.incident-voided.v2"]
    assert later[0] == f"intake/incident/{second['incident']}"
    assert silent


def test_contracts_can_be_had_as_files(county: County, tmp_path: Path) -> None:
    done = county.run("contracts", "--output", tmp_path / "contracts")

    assert done.status == 0, done
    assert (tmp_path / "contracts" / "asyncapi.json").exists()
    assert (tmp_path / "contracts" / "schemas" / "routing.incident-graded.v1.json").exists()
