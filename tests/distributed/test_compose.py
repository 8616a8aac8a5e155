"""The county of ``docker-compose.yml``: four processes that share nothing but events."""

import json
import re
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from shared.messaging.streams import FOLLOWS
from tests.distributed.composed import COMPOSE, STARTS_WITHIN, VARIABLES, Proxy, compose_file, until
from tests.distributed.conftest import ROOMS, WAITING, Composed
from tests.support.sizes import PATIENCE

HEARD = {"channel": "message_board", "category": "食堂", "title": "食堂的饭凉了"}
LIKE_A_HOST = ("http:", "https:", ".com", ".io", ".org")


def registered(proxy: Proxy) -> dict[str, Any]:
    """The answer to a new registration."""
    answer: dict[str, Any] = proxy.post("/intake/incidents", **HEARD)
    return answer


def handled(county: Composed, number: str, after: str) -> str:
    """Grade, assign, answer and close; returns the last position."""
    case = f"/routing/incidents/{number}"
    county.drafter.post(f"{case}/grade", after, grade="ordinary", grounds="影响小")
    county.administrator.post(f"{case}/assign", lead="QH-YZ")
    text = "明天起饭菜加盖保温。"
    draft = county.drafter.post(f"{case}/draft", kind="result", text=text)["draft"]
    county.approver.post(f"{case}/approve", draft=draft)
    county.drafter.post(f"{case}/publish", channel="县网站", draft=draft)
    position: str = county.approver.post(f"{case}/close")["position"]
    return position


def acts(trail: list[dict[str, Any]]) -> list[str]:
    """What people did, by name and in order, whatever duties followed from it."""
    names = [entry["type"].rpartition(".")[0] for entry in trail]
    return [name for name in names if not name.startswith("deadlines.")]


def test_an_incident_goes_its_way_from_room_to_room(county: Composed) -> None:
    new = registered(county.drafter)
    closed = handled(county, new["number"], new["position"])

    rows = county.administrator.get("/reporting/ledger", after=closed)
    [row] = [row for row in rows if row["number"] == new["number"]]
    assert (row["status"], row["lead"], row["named_unit"]) == ("closed", "QH-YZ", "青禾县第一中学")
    assert row["title"] == HEARD["title"]
    path = f"/reporting/incidents/{new['number']}/trail"
    trail = county.administrator.get(path, after=closed)
    assert acts(trail) == [
        "intake.incident-registered",
        "routing.incident-graded",
        "routing.incident-assigned",
        "routing.reply-drafted",
        "routing.reply-approved",
        "routing.reply-published",
        "routing.incident-closed",
    ]


def test_the_doctor_sees_every_room_and_the_record_holds(county: Composed) -> None:
    registered(county.drafter)
    county.administrator.settle()

    report = county.administrator.get("/operations/doctor")
    assert [room["service"] for room in report["rooms"]] == list(ROOMS)
    assert all(room["clock"] for room in report["rooms"])
    assert report["healthy"], report["findings"]
    verified = county.administrator.post("/operations/verify")
    assert verified["holds"], verified
    assert verified["leaves"] == sum(verified["events"].values()) > 0
    assert all(table["holds"] for table in county.administrator.post("/operations/rebuild"))


def test_what_the_founding_put_on_record_reaches_a_broker_that_was_empty(county: Composed) -> None:
    county.administrator.settle()

    assert _logged(county, "routing.county-founded") == 1


def test_a_room_started_before_the_broker_waits_for_it(county: Composed) -> None:
    for room in county.rooms.values():
        assert room.said.index(WAITING) < room.said.index("room active")


def test_a_room_that_is_down_is_named_and_holds_nobody_up(county: Composed) -> None:
    county.rooms["deadlines"].stop()
    assert county.rooms["deadlines"].process.returncode == 0

    new = registered(county.drafter)
    county.administrator.get("/reporting/ledger", after=new["position"])
    report = county.administrator.get("/operations/doctor")
    assert "deadlines process" in {finding["place"] for finding in report["findings"]}
    assert not report["healthy"]

    county.rooms["deadlines"] = county.machine.restarted("deadlines")
    until(lambda: bool(county.administrator.get("/operations/doctor")["healthy"]), PATIENCE)
    county.administrator.settle()
    duties = county.administrator.get("/deadlines/duties", after=new["position"])["duties"]
    assert new["number"] in {duty["number"] for duty in duties}


def test_what_a_room_set_aside_is_shown_and_released_from_afar(county: Composed) -> None:
    new = registered(county.drafter)
    with set_aside(county, new["incident"], raw=None):
        report = county.administrator.get("/operations/doctor")
        assert f"huiyin release routing {new['incident']}" in str(report["findings"])

        order = {"room": "routing", "matter": new["incident"]}
        assert county.administrator.post("/operations/release", **order) == {"events": 1}

        county.administrator.settle()
        assert county.administrator.get("/operations/doctor")["healthy"]


def test_what_still_cannot_be_applied_is_refused_from_afar_in_the_rooms_own_words(
    county: Composed,
) -> None:
    new = registered(county.drafter)
    with set_aside(county, new["incident"], raw=b"{}"):
        order = {"room": "routing", "matter": new["incident"]}
        refused = county.administrator.send("POST", "/operations/release", json=order)

    assert (refused.status_code, refused.json()["code"]) == (500, "event.unreadable")


@pytest.mark.parametrize(
    ("room", "by", "status", "code"),
    [
        ("kitchen", "administrator", 404, "room.unknown"),
        ("routing", "drafter", 403, "post.not-competent"),
    ],
)
def test_release_is_for_administrators_and_for_rooms_that_there_are(
    county: Composed, room: str, by: str, status: int, code: str
) -> None:
    order = {"room": room, "matter": "00000000-0000-0000-0000-000000000000"}
    answer = getattr(county, by).send("POST", "/operations/release", json=order)

    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_the_first_page_and_every_rooms_description_are_found_through_the_proxy(
    county: Composed,
) -> None:
    door = county.administrator.send("GET", "/")
    assert door.status_code == 401  # what is behind it: test_console.py
    assert "青禾县教育局" in door.text
    for room in ROOMS:
        assert county.administrator.get(f"/{room}/health")["service"] == room
        paths = county.administrator.get(f"/{room}/openapi.json")["paths"]
        assert any(path.startswith(f"/{room}/") for path in paths)


def test_a_room_for_another_county_does_not_write_into_this_ones_database(
    county: Composed,
) -> None:
    stranger = county.machine.start("routing", HUIYIN_COUNTY="BAISHUI")

    assert stranger.process.wait(STARTS_WITHIN) == 1
    assert "routing@QINGHE" in stranger.said
    assert "settings.county" in stranger.said


def test_a_room_whose_database_is_older_than_its_stream_takes_no_request(
    county: Composed, postgres_url: str
) -> None:
    restored = county.machine.start("routing", HUIYIN_DATABASE=postgres_url)

    assert restored.process.wait(STARTS_WITHIN) == 1
    assert "relay.stream-ahead" in restored.said
    assert "已启动" not in restored.said


def test_the_founding_said_again_changes_nothing(county: Composed) -> None:
    county.machine.run("init")

    county.administrator.settle()
    assert _logged(county, "routing.county-founded") == 1


@pytest.mark.parametrize("missing", VARIABLES)
def test_the_file_has_no_default_for_what_must_be_chosen(missing: str) -> None:
    chosen = {name: value for name, value in VARIABLES.items() if name != missing}

    with pytest.raises(KeyError, match=missing):
        compose_file(chosen)


def test_the_file_opens_loopback_only_and_names_no_registry() -> None:
    services = compose_file()["services"]

    ports = [port for service in services.values() for port in service.get("ports", [])]
    assert ports == ["127.0.0.1:8080:8080"]
    for name, service in services.items():
        assert "/" not in service["image"], name
    build = services["intake"]["build"]["dockerfile_inline"]
    assert not any(sign in build for sign in LIKE_A_HOST)
    assert "--require-hashes" in build
    assert "USER huiyin" in build


def test_the_image_holds_every_package_that_is_installed_and_no_other() -> None:
    build = compose_file()["services"]["intake"]["build"]["dockerfile_inline"]

    told = tomllib.loads((COMPOSE.parent / "pyproject.toml").read_text(encoding="utf-8"))
    packages = told["tool"]["setuptools"]["packages"]["find"]["include"]
    copied = re.findall(r"COPY (\w+) \./", build)
    assert sorted(f"{name}*" for name in copied) == packages


@contextmanager
def set_aside(county: Composed, incident: str, raw: bytes | None) -> Iterator[None]:
    """Routing has the incident's registration set aside, with its own bytes or with these."""
    until(lambda: incident in str(county.administrator.get("/reporting/ledger")), 5)
    with psycopg.connect(county.machine.database, autocommit=True) as connection:
        found = connection.execute(
            "SELECT notification_id, topic, state FROM intake.stored_events"
            " ORDER BY notification_id DESC LIMIT 1"
        ).fetchone()
        assert found is not None
        row = ("intake", found[0], incident, found[1], raw or found[2], "示例", 0)
        connection.execute("INSERT INTO routing.parked VALUES (%s, %s, %s, %s, %s, %s, %s)", row)
        yield
        connection.execute("DELETE FROM routing.parked WHERE matter = %s", (incident,))


def _logged(county: Composed, name: str) -> int:
    """How often the audit log has a fact of that name."""
    with psycopg.connect(county.machine.database) as connection:
        found = connection.execute(
            "SELECT count(*) FROM reporting.log WHERE type LIKE %s", (f"{name}.v%",)
        ).fetchone()
    assert found is not None
    return int(found[0])


@pytest.mark.parametrize("service", ROOMS)
def test_each_room_tells_whoever_watches_how_it_is(county: Composed, service: str) -> None:
    def figures() -> str:
        return county.administrator.send("GET", f"/{service}/metrics").text

    def heard() -> set[str]:
        lag = rf'huiyin_consumer_lag{{room="{service}",upstream="(\w+)"}}'
        return set(re.findall(lag, figures()))

    ready = county.administrator.send("GET", f"/{service}/health/ready")

    assert (ready.status_code, ready.json()["reasons"]) == (200, [])
    assert f'huiyin_store_position{{room="{service}"}}' in figures()
    assert "huiyin_working 1.0" in figures()
    until(lambda: set(FOLLOWS[service]) <= heard(), 10)  # each says so once a second


def test_the_doctor_of_a_distributed_county_knows_versions_sizes_and_the_broker(
    county: Composed,
) -> None:
    report = county.administrator.get("/operations/doctor")

    assert report["versions"]["database"].startswith("PostgreSQL ")
    assert report["nats"]["reachable"]
    assert all(report["sizes"][service] > 0 for service in ROOMS)
    assert "7e01" not in json.dumps(report)  # the broker's token


def test_contracts_and_events_are_had_through_the_proxy(county: Composed) -> None:
    document = county.administrator.get("/asyncapi.json")
    events = county.administrator.send("GET", "/reporting/events", params={"limit": "1"})

    assert document["servers"]["county"]["host"].startswith("127.0.0.1:")
    assert json.loads(events.content)["event"]["type"] == "routing.county-founded.v1"
