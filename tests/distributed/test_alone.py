"""Before a room can run by itself: what it must be told, and what it waits for."""

from collections.abc import Callable
from pathlib import Path

import pytest

from huiyin.host.distributed import RoomSettings, await_reachable
from shared.errors import HuiyinError, Invalid, Unavailable, Unknown
from shared.messaging.server import NatsServer
from shared.settings import Settings
from shared.vault.keys import load_or_create_wrapping_key
from tests.distributed.composed import STARTS_WITHIN, Machine, free_port

COMPLETE = {
    "HUIYIN_COUNTY": "QINGHE",
    "HUIYIN_DATABASE": "postgresql://huiyin@127.0.0.1:1/huiyin",
    "HUIYIN_NATS_URL": "nats://127.0.0.1:1",
}


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Everything a room needs to be told, and a wrapping key."""
    key = tmp_path / "wrapping.key"
    key.touch()
    return COMPLETE | {"HUIYIN_WRAPPING_KEY": str(key), "HUIYIN_HTTP_PORT": "0"}


def refusal(service: str, environment: dict[str, str]) -> HuiyinError:
    """Why a room does not even begin to wait."""
    with pytest.raises(HuiyinError) as refused:
        RoomSettings.of(service, Settings.from_environment(environment))
    return refused.value


@pytest.mark.parametrize("variable", ["HUIYIN_COUNTY", "HUIYIN_DATABASE", "HUIYIN_NATS_URL"])
def test_what_is_missing_is_named_with_what_to_do(
    environment: dict[str, str], variable: str
) -> None:
    del environment[variable]

    problem = refusal("intake", environment)

    assert isinstance(problem, Invalid)
    assert (problem.code, problem.field) == ("settings.missing", variable)
    assert variable in problem.message
    assert variable in problem.remedy


def test_a_missing_wrapping_key_is_named_and_not_made(environment: dict[str, str]) -> None:
    key = Path(environment["HUIYIN_WRAPPING_KEY"])
    key.unlink()

    problem = refusal("intake", environment)

    assert (problem.code, problem.field) == ("settings.missing", "HUIYIN_WRAPPING_KEY")
    assert not key.exists()


def test_a_database_that_is_not_postgresql_is_refused(environment: dict[str, str]) -> None:
    problem = refusal("intake", environment | {"HUIYIN_DATABASE": "sqlite:///x"})

    assert (problem.code, problem.field) == ("settings.database", "HUIYIN_DATABASE")


def test_a_room_that_there_is_not_is_named(environment: dict[str, str]) -> None:
    problem = refusal("kitchen", environment)

    assert isinstance(problem, Unknown)
    assert problem.code == "room.unknown"


@pytest.mark.anyio
async def test_a_database_that_does_not_come_up_is_named_with_the_cause(
    environment: dict[str, str], tmp_path: Path
) -> None:
    with NatsServer(tmp_path / "nats") as nats:
        place = RoomSettings.of(
            "intake", Settings.from_environment(environment | {"HUIYIN_NATS_URL": nats.url})
        )
        with pytest.raises(Unavailable, match="refused") as refused:
            await await_reachable(place, within=0)

    assert (refused.value.code, refused.value.field) == ("database.unreachable", "HUIYIN_DATABASE")


@pytest.mark.anyio
@pytest.mark.parametrize("spoil", [lambda _: f"127.0.0.1:{free_port()}", lambda url: f"no{url}"])
async def test_a_broker_that_is_not_there_or_does_not_know_us_is_named(
    environment: dict[str, str], tmp_path: Path, postgres_url: str, spoil: Callable[[str], str]
) -> None:
    with NatsServer(tmp_path / "nats") as nats:
        told = {"HUIYIN_DATABASE": postgres_url}
        told["HUIYIN_NATS_URL"] = f"nats://{spoil(nats.url.removeprefix('nats://'))}"
        place = RoomSettings.of("intake", Settings.from_environment(environment | told))
        with pytest.raises(Unavailable) as refused:
            await await_reachable(place, within=0)

    assert (refused.value.code, refused.value.field) == ("nats.unreachable", "HUIYIN_NATS_URL")


def test_a_room_whose_broker_has_gone_still_ends_in_order(
    tmp_path: Path, postgres_url: str
) -> None:
    machine = Machine(tmp_path, postgres_url)
    load_or_create_wrapping_key(machine.volume("keys") / "wrapping.key")
    try:
        broker, room = machine.start("nats"), machine.start("intake")
        room.takes("active", within=STARTS_WITHIN)

        broker.stop()

        room.stop()
        assert room.process.returncode == 0, room
        assert "Traceback" not in room.said
    finally:
        machine.stop()
