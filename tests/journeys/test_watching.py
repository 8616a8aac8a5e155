"""Whoever watches a county from outside: health, figures and contracts over HTTP."""

import re
from typing import Any

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families

from shared.contracts.catalogue import names
from tests.journeys.county import Served
from tests.journeys.inside import inside

TITLE = "课本还差两本没有发"
HEARD = {"channel": "call", "category": "inquiry_demand", "title": TITLE, "unit": "QINGHE"}


@pytest.fixture
def anyio_backend() -> str:
    """The loop that the stores need."""
    return "asyncio"


Figures = dict[str, list[tuple[dict[str, str], float]]]


def figures(text: str) -> Figures:
    """Every sample by its name."""
    read: Figures = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            read.setdefault(sample.name, []).append((sample.labels, sample.value))
    return read


def value(read: Figures, name: str, **labels: str) -> float:
    """The one sample of that name and those labels."""
    [found] = [number for said, number in read[name] if labels.items() <= said.items()]
    return found


def test_a_healthy_county_lives_and_is_ready_and_nobody_needs_a_token(served: Served) -> None:
    served.settle()

    assert served.client.get("/health/live").json() == {"status": "ok"}
    ready = served.client.get("/health/ready")
    assert (ready.status_code, ready.json()) == (200, {"ready": True, "reasons": []})
    assert served.client.get("/health").json()["status"] == "ok"


def test_figures_tell_what_happened_and_name_nobody(served: Served) -> None:
    done = served.told("/intake/incidents", **HEARD)
    wrong = {"Authorization": "Bearer hy-wrong"}
    served.client.post("/intake/incidents", json=HEARD, headers=wrong)
    served.post(f"/routing/incidents/{done['number']}/publish", draft=done["incident"])
    served.client.get(f"/{TITLE}")
    served.settle()

    text = served.client.get("/metrics").text
    read = figures(text)

    assert value(read, "huiyin_events_total", type="intake.incident-registered.v4") == 1
    assert value(read, "huiyin_events_total", type="routing.officer-appointed.v2") == 5
    assert value(read, "huiyin_commands_total", room="intake", code="ok") == 1
    assert value(read, "huiyin_commands_total", room="intake", code="token.unknown") == 1
    route = {"route": "/intake/incidents", "method": "POST"}
    assert value(read, "huiyin_http_requests_total", status="201", **route) == 1
    assert value(read, "huiyin_http_request_seconds_count", **route) == 2
    assert value(read, "huiyin_http_requests_total", route="other", status="404") == 1
    assert value(read, "huiyin_relay_position", room="intake") == 1
    assert value(read, "huiyin_consumer_lag", room="reporting", upstream="log") == 0
    assert value(read, "huiyin_duties", state="running") == 1
    assert value(read, "huiyin_commit_works_count", room="intake") >= 1
    assert value(read, "huiyin_disk_free_bytes") > 0
    assert value(read, "huiyin_nats_connected") == 1
    assert value(read, "huiyin_build_info") == 1
    for said in (TITLE, done["number"], done["incident"], "QINGHE", "甲一"):
        assert said not in text
    assert not re.search(r"o-[0-9a-f]{12}|[0-9a-f]{8}-[0-9a-f]{4}-", text)


def test_asked_again_only_what_is_new_is_counted_on(served: Served) -> None:
    name = {"name": "huiyin_events_total", "type": "intake.incident-registered.v4"}
    before = value(figures(served.client.get("/metrics").text), **name)
    served.told("/intake/incidents", **HEARD)

    assert value(figures(served.client.get("/metrics").text), **name) == before + 1


@pytest.mark.anyio
async def test_two_systems_in_one_process_count_apart_and_others_need_a_token(
    county: Any,
) -> None:
    counts = []
    for _ in range(2):
        async with inside(county) as here:
            await here.register()
            text = (await here.client.get("/metrics")).text
            counts.append(value(figures(text), "huiyin_commands_total", room="intake", code="ok"))
            away = httpx2.ASGITransport(here.app, client=("192.0.2.7", 4711))
            async with httpx2.AsyncClient(transport=away, base_url="http://huiyin") as other:
                without = await other.get("/metrics")
                token = {"Authorization": f"Bearer {county.token(None)}"}
                with_it = await other.get("/metrics", headers=token)
                ready = await other.get("/health/live")

    assert counts == [1, 1]
    assert (without.status_code, without.json()["code"]) == (401, "token.unknown")
    assert with_it.status_code == 200
    assert ready.status_code == 200


def test_contracts_are_served_and_every_reference_leads_somewhere(served: Served) -> None:
    document = served.client.get("/asyncapi.json").json()
    entries = served.client.get("/schemas/").json()

    assert document["asyncapi"] == "3.0.0"
    address = (served.county.data / "nats" / "nats.url").read_text(encoding="utf-8").strip()
    assert document["servers"]["county"]["host"] == address.partition("@")[2]
    assert [entry["name"] for entry in entries] == list(names())
    for message in document["components"]["messages"].values():
        schema = served.client.get(f"/{message['payload']['schema']['$ref']}")
        assert schema.json()["$id"] == f"/{message['payload']['schema']['$ref']}"
    missing = served.client.get("/schemas/routing.no-such.v1.json")
    assert (missing.status_code, missing.json()["code"]) == (404, "schema.unknown")
