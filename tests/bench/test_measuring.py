"""Every measurement runs on the real system, and its numbers fit together."""

from pathlib import Path

import pytest

from bench import append, importing, latency, rebuild, start
from bench.effort import Effort
from bench.figures import Figure
from bench.measured import Measured
from bench.probe import SHOWN, Probe
from huiyin.importing.columns import understood
from huiyin.importing.message import Message, MessageReader
from huiyin.importing.source import look_through

pytestmark = pytest.mark.anyio


def by_name(measured: Measured) -> dict[str, Figure]:
    return {figure.name: figure for figure in measured.figures}


async def test_what_is_appended_is_what_commands_and_reactions_appended(tiny: Effort) -> None:
    measured = await append.measure(tiny, Probe())
    figures = by_name(measured)
    [every], [told], [answered] = (
        figures[name].rounds for name in ("append", "append.commands", "append.reactions")
    )
    assert every == pytest.approx(told + answered)
    assert told == pytest.approx(every * 7 / 9), "seven told, and a duty started and met"


async def test_the_yardstick_takes_turns_with_appending_or_says_why_not(tiny: Effort) -> None:
    measured = await append.measure(tiny, Probe())
    figures = by_name(measured)
    beside = [name for name in figures if name.startswith("yardstick.")]
    assert "yardstick.sqlite" in beside
    assert "yardstick.postgres" in beside or "PostgreSQL" in "".join(measured.notes)
    for name in beside:
        [ratio] = figures[f"append/{name}"].rounds
        assert ratio == figures["append"].median / figures[name].median


async def test_latency_is_told_of_every_event_in_order_of_percentiles(tiny: Effort) -> None:
    figures = by_name(await latency.measure(tiny, Probe()))
    p50, p95, p99 = (figures[f"latency.p{percent}"].median for percent in (50, 95, 99))
    assert 0 < p50 <= p95 <= p99


async def test_a_rebuild_folds_a_log_at_least_as_long_as_asked(tiny: Effort) -> None:
    measured = await rebuild.measure(tiny, Probe())
    [note] = measured.notes
    length = int("".join(filter(str.isdigit, note)))
    assert length >= tiny.rebuild_events
    assert by_name(measured)["rebuild"].median > 0


async def test_messages_are_imported_through_a_running_system(tiny: Effort) -> None:
    figures = by_name(await importing.measure(tiny, Probe()))
    assert figures["import"].median > 0


async def test_a_start_ends_with_an_answered_page(tiny: Effort) -> None:
    figures = by_name(await start.measure(tiny, Probe()))
    assert figures["start"].median > 0


async def test_a_look_at_appending_shows_both_threads(tiny: Effort) -> None:
    probe = Probe(on=True)
    await append.measure(tiny, probe)
    assert set(probe.profiles) == {"事件循环线程", "写入线程"}
    for most in probe.profiles.values():
        seconds = [spent.seconds for spent in most]
        assert len(most) == SHOWN
        assert seconds == sorted(seconds, reverse=True)


async def test_a_look_at_importing_shows_the_system_itself(tiny: Effort) -> None:
    probe = Probe(on=True)
    await importing.measure(tiny, probe)
    functions = [spent.function for spent in probe.profiles["写入线程"]]
    assert any("sqlite3" in function for function in functions)


async def test_a_look_at_starting_comes_from_the_started_process(tiny: Effort) -> None:
    probe = Probe(on=True)
    await start.measure(tiny, probe)
    assert len(probe.profiles["huiyin up 主线程"]) == SHOWN


async def test_each_turn_has_its_own_messages_as_readable_as_the_samples(tmp_path: Path) -> None:
    files = [tmp_path / "0.csv", tmp_path / "1.csv"]
    for turn, file in enumerate(files):
        importing.write_messages(file, 50, turn)
    messages = [message for file in files for message in read(file)]
    assert len({message["message_id"] for message in messages}) == 100


def read(file: Path) -> list[Message]:
    source = look_through(file)
    reader = MessageReader(understood(source.headings), source.separator, {}, "QINGHE")
    return [reader.read(row) for row in source.rows()]
