"""The doctor finds what is wrong, says what to do, and is silent when all is well."""

import asyncio
import fcntl
import os
import pty
import re
import shlex
import shutil
import socket
import struct
import subprocess
import termios
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from rich.cells import cell_len

from huiyin.host.doctor import Examined, Report, examine, look_around
from huiyin.host.offline import examine_offline
from shared.clock import SteadyClock, shown, system_clock
from shared.contracts.envelope import Actor
from shared.contracts.intake import IncidentVoided
from shared.identity.officers import Officers
from shared.messaging import server
from shared.messaging.server import NatsServer
from shared.messaging.status import ParkedMatter, RoomStatus
from shared.room import Surroundings
from shared.store.database import open_tables
from shared.store.store import Store
from shared.store.transaction import By
from shared.vault.keys import load_or_create_wrapping_key
from shared.vault.vault import open_vault
from tests.journeys.county import County
from tests.journeys.inside import Inside, inside, settings_of
from tests.messaging.line import eventually
from tests.support.starter import HUIYIN, start
from tests.support.stores import matter


@pytest.fixture
def anyio_backend() -> str:
    """The loop that the stores need."""
    return "asyncio"


@pytest.fixture
def key(county: County, tmp_path: Path) -> str:
    """The wrapping key, where it should be: apart from the data."""
    apart = tmp_path / "apart" / "wrapping.key"
    apart.parent.mkdir()
    shutil.move(county.data / "keys" / "wrapping.key", apart)
    return str(apart)


def offline(county: County, key: str, **instead: str) -> Report:
    """What the doctor says of a county that does not run."""
    return examine_offline(settings_of(county, HUIYIN_WRAPPING_KEY=key, **instead))


def places(report: Report, level: str | None = None) -> set[str]:
    """Where something was found."""
    return {each.place for each in report.findings if level in (None, each.level)}


async def nothing_found(here: Inside) -> bool:
    """Whether a running county is well."""
    return not (await here.doctor())["findings"]


async def ready(here: Inside) -> bool:
    """Whether a running county says that it can take work."""
    return (await here.client.get("/health/ready")).status_code == 200


async def found_at(here: Inside, expected: set[str]) -> bool:
    """Whether errors are found at these places and no other."""
    return set(await here.findings("error")) == expected


def threads_that_start_a_server(monkeypatch: pytest.MonkeyPatch) -> list[threading.Thread]:
    """The threads that start a nats-server from now on, as they do so."""
    seen: list[threading.Thread] = []
    start = NatsServer.start

    def noted(server: NatsServer) -> None:
        seen.append(threading.current_thread())
        start(server)

    monkeypatch.setattr(NatsServer, "start", noted)
    return seen


@pytest.mark.anyio
async def test_of_a_healthy_county_nothing_is_found_running_or_not(
    county: County, key: str
) -> None:
    async with inside(county, HUIYIN_WRAPPING_KEY=key) as here:
        assert (await here.register()).is_success
        await here.system.settle()
        await eventually(partial(nothing_found, here))  # once every heart has beaten
        running = await here.doctor()

    stopped = offline(county, key)

    assert running["findings"] == []
    assert running["healthy"]
    assert running["nats"]["reachable"]
    assert stopped.findings == ()
    assert not stopped.running


@pytest.mark.anyio
async def test_it_says_what_runs_and_how_large_it_is(county: County, key: str) -> None:
    async with inside(county, HUIYIN_WRAPPING_KEY=key) as here:
        report = await here.doctor()

    assert re.fullmatch(r"\d+\.\d+\.\d+", report["versions"]["nats-server"])
    assert report["versions"]["database"].startswith("SQLite ")
    assert set(report["versions"]) >= {"huiyin", "python", "eventsourcing", "event-types"}
    rooms = {"intake", "routing", "deadlines", "reporting"}
    assert set(report["sizes"]) == rooms | {"vault", "identity", "nats"}
    assert all(size > 0 for size in report["sizes"].values())
    assert report["nats"]["stored_bytes"] > 0
    assert {room["version"] for room in report["rooms"]} == {report["versions"]["huiyin"]}


@pytest.mark.parametrize("name", ["admin.token", "nats/nats.token", "nats/nats.url"])
def test_a_file_that_others_may_read_is_an_error_and_the_remedy_mends_it(
    county: County, key: str, name: str
) -> None:
    (county.data / name).chmod(0o644)

    [finding] = offline(county, key).findings
    subprocess.run(shlex.split(finding.remedy), check=True)

    assert (finding.level, finding.place) == ("error", str(county.data / name))
    assert "0644" in finding.message
    assert offline(county, key).findings == ()


def test_a_wrapping_key_that_others_may_read_is_found_though_nothing_could_start(
    county: County, key: str
) -> None:
    Path(key).chmod(0o640)

    [finding] = offline(county, key).findings

    assert (finding.level, finding.remedy) == ("error", f"chmod 600 {key}")


def test_a_wrapping_key_that_is_gone_is_an_error(county: County, key: str) -> None:
    Path(key).unlink()

    [finding] = offline(county, key).findings

    assert (finding.level, finding.place) == ("error", "keys")
    assert "备份" in finding.remedy


def test_a_wrapping_key_beside_the_data_is_worth_a_warning(county: County) -> None:
    report = offline(county, str(county.data / "keys" / "wrapping.key"))

    [finding] = report.findings
    assert (finding.level, finding.place) == ("warning", "keys")
    assert report.key_print
    assert report.key_print in finding.remedy
    assert report.healthy


@pytest.mark.parametrize(("times", "level"), [(2, "warning"), (100, "error")])
def test_little_disk_is_a_warning_and_hardly_any_an_error(
    county: County, key: str, times: int, level: str
) -> None:
    plenty = times * shutil.disk_usage(county.data).free // 1024**2

    [finding] = offline(county, key, HUIYIN_LITTLE_DISK_MB=str(plenty)).findings

    assert (finding.level, finding.place) == (level, "disk")


@pytest.mark.anyio
async def test_whoever_is_behind_is_named_while_nothing_runs(county: County, key: str) -> None:
    with intake_of(county, key, system_clock) as store:
        store.write_now(lambda tx: tx.append(matter(), [IncidentVoided(reason="误")], _by()))

    report = offline(county, key)

    assert places(report) == {"routing<intake", "deadlines<intake", "reporting<intake"}
    assert all(each.message == "落后 1 条" for each in report.findings)
    assert report.healthy


@pytest.mark.anyio
async def test_records_from_the_future_say_until_when_nothing_can_be_recorded(
    county: County, key: str
) -> None:
    ahead = datetime.now(UTC) + timedelta(days=3, hours=2)
    with intake_of(county, key, lambda: ahead) as store:
        store.write_now(lambda tx: tx.append(matter(), [IncidentVoided(reason="误")], _by()))

    async with inside(county, HUIYIN_WRAPPING_KEY=key) as here:
        refused = await here.register()
        running = (await here.findings("error"))["intake"]
    stopped = next(each for each in offline(county, key).findings if each.level == "error")

    assert refused.json()["code"] == "clock.behind"
    for said in (running["message"], stopped.message):
        assert shown(ahead)[:16] in said
        assert "3天" in said
    assert stopped.remedy.startswith("运行 date ")


@pytest.mark.anyio
async def test_a_clock_that_jumped_is_found_and_not_the_end_of_the_examination(
    county: County, key: str
) -> None:
    jump = timedelta()
    clock = SteadyClock(lambda: datetime.now(UTC) + jump)
    async with inside(county, clock=clock, HUIYIN_WRAPPING_KEY=key) as here:
        jump = timedelta(hours=5)
        errors = await here.findings("error")

    assert set(errors) == {f"{room} clock" for room in ROOMS}
    assert "本机时钟突然变动" in errors["intake clock"]["message"]


ROOMS = ("intake", "routing", "deadlines", "reporting")

TASKS = {
    "intake relay": "intake relay",
    "routing heart": "routing heart",
    "deadlines scheduler": "deadlines scheduler",
    "reporting projector": "reporting projector",
    "reporting watch routing": "reporting watch routing",
    "system nats-server": "process nats-server",
}
"""Tasks by name, and where the doctor finds that they are gone."""


@pytest.mark.anyio
async def test_a_background_task_that_ended_is_a_halt_and_the_county_not_ready(
    county: County, key: str
) -> None:
    async with inside(county, HUIYIN_WRAPPING_KEY=key) as here:
        await eventually(partial(ready, here))
        by_name = {task.get_name(): task for task in asyncio.all_tasks()}
        for name in TASKS:
            by_name[name].cancel()
        for task in here.system.rooms["routing"].consumers[0]._subscriber.tasks:
            task.cancel()
        await eventually(partial(found_at, here, {*TASKS.values(), "routing follows intake"}))
        errors = await here.findings("error")
        after = await here.client.get("/health/ready")

    for finding in errors.values():
        assert "后台任务意外结束" in finding["message"]
        assert "huiyin up" in finding["remedy"]
    assert after.status_code == 503
    assert {reason["code"] for reason in after.json()["reasons"]} == {"task.ended"}


@pytest.mark.anyio
async def test_a_broker_that_is_away_is_found_and_so_is_what_waits_for_it(
    county: County, key: str
) -> None:
    async with inside(county, HUIYIN_WRAPPING_KEY=key) as here:
        keeper = next(t for t in asyncio.all_tasks() if t.get_name() == "system nats-server")
        keeper.cancel()
        await here.system.settle()
        here.nats.kill()
        answer = await here.register()
        errors = await here.findings("error")
        ready = await here.client.get("/health/ready")
        statuses = await here.system.statuses()

    assert answer.is_success, answer.text  # it is recorded all the same
    assert "等待转发：" in errors["nats"]["message"]
    assert "intake" in errors["nats"]["message"]
    assert "nats.unreachable" in {reason["code"] for reason in ready.json()["reasons"]}
    for seconds, level in ((2, None), (20, "warning"), (90, "error")):
        assert _level(statuses, seconds, "intake relay") == level


@pytest.mark.anyio
async def test_a_nats_server_whose_port_was_taken_is_found_by_everybody_again(
    county: County, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "KEEP_PORT_SECONDS", 0.6)
    started_by = threads_that_start_a_server(monkeypatch)
    async with inside(county, HUIYIN_WRAPPING_KEY=key) as here:
        await here.system.settle()
        before = here.system.nats_address
        with socket.socket() as stranger:
            stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            here.nats.kill()
            stranger.bind(("127.0.0.1", int(before.partition(":")[2])))
            stranger.listen()

            async def has_moved() -> bool:
                return here.system.nats_address != before

            await eventually(has_moved)
        assert (await here.register()).is_success
        await here.system.settle()
        found = await here.findings()
        told = county.data / "nats" / "nats.url"
        url = here.nats.url

    assert found["nats"]["level"] == "warning"
    assert before.partition(":")[2] in found["nats"]["message"]
    assert told.read_text(encoding="utf-8").strip() == url
    assert told.stat().st_mode & 0o777 == 0o600
    assert len(started_by) > 1
    assert threading.main_thread() not in started_by  # a start takes its time: it holds nobody up


def test_rooms_of_several_releases_are_worth_a_warning(county: County, key: str) -> None:
    report = offline(county, key)
    premises = look_around(settings_of(county, HUIYIN_WRAPPING_KEY=key))
    older = report.rooms[0].model_copy(update={"version": "0.0.9"})

    mixed = examine(Examined([older, *report.rooms[1:]], premises, running=True))

    assert "versions" in places(mixed)
    assert "versions" not in places(examine(Examined(report.rooms, premises, running=True)))


def test_a_watermark_that_stands_still_is_found_unless_something_parked_holds_it(
    county: County, key: str
) -> None:
    rooms = [_complete(room, datetime.now(UTC)) for room in offline(county, key).rooms]
    held = [room.model_copy(update={"parked": (_parked("routing"),)}) for room in rooms]

    assert _level(rooms, 10, "deadlines<routing") is None
    assert _level(rooms, 60, "deadlines<routing") == "warning"
    assert _level(held, 60, "deadlines<routing") is None
    assert _level(held, 60, "deadlines<intake") == "warning"


@pytest.mark.parametrize("columns", [80, 120])
def test_a_terminal_of_any_usual_width_shows_what_is_wrong_first_and_cuts_nothing(
    county: County, columns: int
) -> None:
    (county.data / "admin.token").chmod(0o644)

    lines = in_terminal(columns, "doctor", county)

    assert max(cell_len(line) for line in lines) <= columns
    assert lines[0] == "体检（未运行）：1 个错误、1 处注意"
    marks = [line for line in lines if line.startswith(("✗", "!"))]
    assert [mark[0] for mark in marks] == ["✗", "!"]
    joined = "".join(line.strip() for line in lines)
    assert f"chmod 600 {county.data / 'admin.token'}" in joined.replace("600/", "600 /")
    assert any(line.split()[:1] == ["reporting"] for line in lines)


def test_the_json_form_is_stable_and_the_exit_status_tells(county: County) -> None:
    well = county.run("doctor", "--format", "json")
    (county.data / "admin.token").chmod(0o644)
    ill = county.run("doctor", "--format", "json")

    assert (well.status, ill.status) == (0, 1)
    [report] = ill.rows
    assert set(report) == {
        "healthy",
        "running",
        "free_bytes",
        "rooms",
        "findings",
        "versions",
        "sizes",
        "nats",
        "key_print",
    }
    assert set(report["findings"][0]) == {"level", "place", "message", "remedy"}
    assert [each["level"] for each in report["findings"]] == ["error", "warning"]


def in_terminal(columns: int, command: str, county: County) -> list[str]:
    """What a command shows in a terminal so wide, without colours."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    environment = {**os.environ, "HUIYIN_DATA": str(county.data), "TERM": "xterm"}
    environment.pop("COLUMNS", None)
    with open(theirs, "wb", buffering=0) as screen:
        process = start(HUIYIN, command, environment=environment, out=screen, err=screen)
    shown_there = b""
    try:
        while more := os.read(ours, 65_536):
            shown_there += more
    except OSError:
        pass  # the other side is closed
    process.wait()
    os.close(ours)
    text = re.sub(r"\x1b\[[0-9;]*m", "", shown_there.decode())
    return [line.rstrip() for line in text.splitlines()]


class intake_of:  # noqa: N801 -- a context manager
    """Intake's store of a stopped county, with a clock of one's own."""

    def __init__(self, county: County, key: str, clock: Callable[[], datetime]) -> None:
        vault = open_vault(str(county.data / "vault.db"), load_or_create_wrapping_key(Path(key)))
        officers = Officers(open_tables(str(county.data), "identity"))
        around = Surroundings(str(county.data), "QINGHE", clock, vault, officers)
        self._store = around.open_store("intake", ())
        self._closing = (self._store.recorder, officers, vault)

    def __enter__(self) -> Store:
        return self._store

    def __exit__(self, *_: object) -> None:
        for each in self._closing:
            each.close()


def _by() -> By:
    return By(Actor(officer="o-earlier", post="administrator"), datetime.now(UTC))


def _complete(room: RoomStatus, until: datetime) -> RoomStatus:
    """A room to which everybody's news is complete up to a moment."""
    upstreams = {
        name: at.model_copy(update={"complete_to": until}) for name, at in room.upstreams.items()
    }
    return room.model_copy(update={"upstreams": upstreams})


def _parked(upstream: str) -> ParkedMatter:
    """Something set aside."""
    return ParkedMatter(
        upstream=upstream,
        matter="m",
        position=1,
        type="t",
        reason="r",
        events=1,
        since=datetime.now(UTC),
    )


def _level(statuses: list[RoomStatus], later: float, place: str) -> str | None:
    """How grave what is found at a place is, so many seconds from now."""
    premises = look_around(settings_of(County(Path("nowhere"))))
    now = datetime.now(UTC) + timedelta(seconds=later)
    found = examine(Examined(statuses, premises, running=True, now=now)).findings
    return next((each.level for each in found if each.place == place), None)
