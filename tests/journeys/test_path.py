"""One incident from registration to its end: by the command line, running or not, and by HTTP."""

import re
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.journeys.county import County, Served, code

TITLE = "课本还差两本没有发"
OPEN = ("/health", "/metrics", "/asyncapi.json", "/schemas")
"""What says only that the process is there, how much it did, and what events look like."""
REPLY = "课本本周五前补齐。"


@pytest.fixture(scope="module", params=["stopped", "running"])
def typed(
    request: pytest.FixtureRequest, founded: County, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[County]:
    """A county for the command line, while nothing runs and while ``huiyin up`` serves it."""
    county = founded.copy(tmp_path_factory.mktemp(request.param) / "data")
    with county.up() if request.param == "running" else nullcontext():
        yield county


def test_the_command_line_leads_an_incident_to_its_end(typed: County) -> None:
    [registered] = typed.done("register", "--title", TITLE, by="drafter")
    number = registered["number"]
    typed.done("grade", number, "--grade", "ordinary", "--grounds", "个别咨询", by="bureau")
    typed.done("assign", number, "--lead", "QH-YZ", "--with", "QH-LX", by="bureau")
    [drafted] = typed.done("draft", number, "--text", REPLY, by="drafter")
    named = ("--draft", drafted["draft"])
    unnamed = typed.run("approve", number, by="approver")
    own = typed.run("approve", number, *named, by="drafter")
    shown = typed.run("approve", number, *named, by="approver")
    typed.done("publish", number, *named, by="drafter")
    typed.done("close", number, "--note", "已回访", by="approver")

    [row] = typed.done("ledger", "--status", "closed")
    assert (unnamed.status, drafted["draft"] in unnamed.err) == (1, True)
    assert (shown.status, drafted["draft"] in shown.out, REPLY in shown.out) == (0, True, True)
    assert (own.status, own.out) == (1, "")
    assert "(drafter)" in own.err
    assert (row["number"], row["title"]) == (number, TITLE)
    assert (row["grade"], row["lead"], row["co_handling"]) == ("ordinary", "QH-YZ", ["QH-LX"])
    assert (row["named_unit"], row["outcome"]) == ("青禾县第一中学", "answered")
    assert (row["verdict"], row["late_seconds"]) == ("met", None)


def test_the_command_line_joins_a_duplicate_and_takes_back_an_error(
    founded: County, tmp_path: Path
) -> None:
    county = founded.copy(tmp_path / "data")

    numbers = [county.done("register", "--title", TITLE)[0]["number"] for _ in range(3)]
    county.done("link", numbers[1], "--to", numbers[0], "--grounds", "同一件事")
    county.done("void", numbers[2], "--reason", "误登记")

    rows = {row["number"]: row for row in county.done("ledger")}
    assert [rows[number]["status"] for number in numbers] == ["registered", "linked", "voided"]
    assert [rows[number]["verdict"] for number in numbers] == ["running", "cancelled", "cancelled"]
    assert rows[numbers[1]]["linked_to"] == numbers[0]


def test_the_command_line_says_why_it_refuses(served: Served) -> None:
    number = registered(served)
    approved(served, number)

    early = served.county.run("close", number, by="approver")
    draft = served.draft(f"/routing/incidents/{number}")
    text = ("--draft", draft, "--text", "课本下学期补齐。")
    other = served.county.run("publish", number, *text, by="drafter")
    linked = served.county.run("link", number, "--to", number, "--grounds", "x", by="drafter")
    absent = served.county.run("grade", "QINGHE-1999-000001", "--grade", "major", "--grounds", "x")
    slip = served.county.run("grade", number, "--grade", "grave", "--grounds", "x")

    refusals = [(early, "close.not-answered"), (other, "publish.text-differs")]
    refusals += [(absent, "incident.unknown"), (slip, "act.unknown-sets")]
    refusals += [(linked, "link.to-itself")]
    for done, reason in refusals:
        assert (done.status, done.out) == (1, ""), done
        assert f"({reason})" in done.err, done
    assert served.row(number)["status"] == "approved"


def test_http_leads_an_incident_to_its_end_and_each_act_is_visible_behind_it(
    served: Served,
) -> None:
    number = registered(served)
    case = f"/routing/incidents/{number}"
    seen = [served.row(number)["status"]]
    acts: list[tuple[str, str, dict[str, Any]]] = [
        ("grade", "bureau", {"grade": "larger", "grounds": "多人反映"}),
        ("assign", "bureau", {"lead": "QH-YZ"}),
        ("draft", "drafter", {"kind": "result", "text": REPLY}),
        ("approve", "approver", {}),
        ("publish", "drafter", {"channel": "message_board", "text": REPLY}),
        ("close", "approver", {"note": "已回访"}),
    ]

    for act, by, body in acts:
        position = served.does(case, act, by, body)["position"]
        rows = served.get("/reporting/ledger", after=position).json()
        seen += [row["status"] for row in rows if row["number"] == number]

    assert seen == [
        "registered",
        "graded",
        "assigned",
        "drafted",
        "approved",
        "published",
        "closed",
    ]


def test_who_registers_sees_it_at_once_with_after(served: Served) -> None:
    answer = register(served, "town")

    rows = served.get("/reporting/ledger", after=answer["position"]).json()
    graded = served.post(
        f"/routing/incidents/{answer['number']}/grade",
        "bureau",
        after=answer["position"],
        grade="ordinary",
        grounds="个别咨询",
    )

    assert [row["title"] for row in rows if row["number"] == answer["number"]] == [TITLE]
    assert graded.is_success, graded.text
    assert code(served.get("/reporting/ledger", after="yesterday")) == (422, "after.malformed")


def test_nobody_approves_what_they_wrote_even_as_another_draft(served: Served) -> None:
    number = registered(served)
    case = f"/routing/incidents/{number}"
    served.told(f"{case}/assign", "bureau", lead="QH-YZ")
    first = served.told(f"{case}/draft", "drafter", kind="result", text=REPLY)["draft"]
    again = served.told(f"{case}/draft", "approver", kind="result", text=REPLY)["draft"]

    assert code(served.post(f"{case}/approve", "drafter", draft=first)) == (409, "drafter")
    assert code(served.post(f"{case}/approve", "approver", draft=again)) == (409, "drafter")
    assert code(served.post(f"{case}/approve", "drafter", draft=again)) == (409, "drafter")
    assert served.post(f"{case}/approve", "bureau", draft=again).is_success


def test_only_the_approved_text_is_published_and_only_the_published_is_closed(
    served: Served,
) -> None:
    number = registered(served)
    case = f"/routing/incidents/{number}"
    served.told(f"{case}/assign", "bureau", lead="QH-YZ")
    draft = served.told(f"{case}/draft", "drafter", kind="result", text=REPLY)["draft"]
    out = {"channel": "message_board", "draft": draft}

    unapproved = served.post(f"{case}/publish", "drafter", **out, text=REPLY)
    served.told(f"{case}/approve", "approver", draft=draft)
    other = served.post(f"{case}/publish", "drafter", **out, text=REPLY + "！")
    early = served.post(f"{case}/close", "approver")
    served.told(f"{case}/publish", "drafter", **out, text=REPLY)
    served.told(f"{case}/close", "approver")

    assert code(unapproved) == (409, "publish.not-approved")
    assert code(other) == (409, "publish.text-differs")
    assert code(early) == (409, "close.not-answered")
    late = served.post(f"{case}/draft", "drafter", kind="result", text="补充")
    assert code(late) == (409, "incident.closed")


def test_a_duplicate_and_an_error_end_where_they_are(served: Served) -> None:
    kept, duplicate, error = (registered(served) for _ in range(3))
    path = "/intake/incidents"

    served.told(f"{path}/{duplicate}/link", "drafter", to=kept, grounds="同一件事")
    served.told(f"{path}/{error}/void", "drafter", reason="误登记")
    served.settle()

    handled = f"/routing/incidents/{duplicate}/assign"
    assert code(served.post(handled, "bureau", lead="QH-YZ")) == (409, "incident.linked")
    handled = f"/routing/incidents/{error}/assign"
    assert code(served.post(handled, "bureau", lead="QH-YZ")) == (409, "incident.voided")
    chained = served.post(f"{path}/{kept}/link", "drafter", to=duplicate, grounds="同一件事")
    assert code(chained) == (409, "link.target-not-open")
    circle = served.post(f"{path}/{kept}/link", "drafter", to=kept, grounds="同一件事")
    assert code(circle) == (422, "link.to-itself")


def test_the_actor_comes_from_the_token_alone(served: Served) -> None:
    somebody = {"officer": "o-someone", "post": "administrator"}

    refused = served.post(
        "/intake/incidents", "drafter", channel="call", category="x", title=TITLE, actor=somebody
    )
    number = registered(served)
    entries = served.get(f"/reporting/incidents/{number}/trail").json()

    assert code(refused) == (422, "request.invalid")
    assert (entries[0]["name"], entries[0]["post"], entries[0]["unit"]) == (
        "己六",
        "info_officer",
        "QH-YZ",
    )


def test_an_officer_acts_for_their_own_part_of_the_county_only(served: Served) -> None:
    number = registered(served)
    elsewhere = served.post(
        "/intake/incidents", "drafter", channel="call", category="x", title=TITLE, unit="QH-LX"
    )
    below = served.post(
        "/intake/incidents", "town", channel="call", category="x", title=TITLE, unit="QH-LXXX"
    )
    grade = {"grade": "major", "grounds": "x"}
    others = served.post(f"/routing/incidents/{number}/grade", "town", **grade)
    void = served.post(f"/intake/incidents/{number}/void", "town", reason="误登记")

    assert code(elsewhere) == (403, "unit.not-yours")
    assert below.status_code == 201
    assert code(others) == (403, "unit.not-yours")
    assert code(void) == (403, "unit.not-yours")
    appoint = {"name": "示例·卯", "unit": "QH-YZ", "post": "liaison"}
    appointed = served.post("/routing/officers", "bureau", **appoint)
    assert code(appointed) == (403, "post.not-competent")


@pytest.mark.parametrize("act", ["register", "grade", "draft", "void"])
def test_a_request_repeated_under_its_key_is_one_event(served: Served, act: str) -> None:
    number = registered(served)
    served.told(f"/routing/incidents/{number}/assign", "bureau", lead="QH-YZ")
    heard = {"channel": "call", "category": "x", "title": TITLE}
    path, body, other = {
        "register": ("/intake/incidents", heard, heard | {"title": "别的事"}),
        "grade": (
            f"/routing/incidents/{number}/grade",
            {"grade": "major", "grounds": "甲"},
            {"grade": "larger", "grounds": "甲"},
        ),
        "draft": (
            f"/routing/incidents/{number}/draft",
            {"kind": "result", "text": REPLY},
            {"kind": "result", "text": "别的答复"},
        ),
        "void": (f"/intake/incidents/{number}/void", {"reason": "误登记"}, {"reason": "重复"}),
    }[act]
    key = uuid4().hex

    first = served.post(path, "drafter" if act != "grade" else "bureau", key=key, **body)
    again = served.post(path, "drafter" if act != "grade" else "bureau", key=key, **body)
    reused = served.post(path, "drafter" if act != "grade" else "bureau", key=key, **other)

    assert first.is_success, first.text
    assert again.json() == first.json()
    assert code(reused) == (409, "request.key-reused")
    incident = first.json()["number"]
    entries = served_trail(served, incident)
    assert [entry["type"] for entry in entries].count(first.json()["events"][0]) == 1


def test_a_key_is_the_officers_own(served: Served) -> None:
    key, body = uuid4().hex, {"channel": "call", "category": "x", "title": TITLE}

    one = served.post("/intake/incidents", "drafter", key=key, **body)
    two = served.post("/intake/incidents", "town", key=key, **body)

    assert one.is_success
    assert two.is_success
    assert one.json()["number"] != two.json()["number"]


def test_an_unknown_incident_is_404_with_a_code(served: Served) -> None:
    absent = "QINGHE-1999-000001"

    answers = [
        served.post(f"/routing/incidents/{absent}/close"),
        served.post(f"/intake/incidents/{absent}/void", reason="误登记"),
        served.get(f"/reporting/incidents/{absent}/trail"),
        served.post(f"/reporting/incidents/{absent}/erase", grounds="依据"),
    ]

    assert [code(answer) for answer in answers] == [(404, "incident.unknown")] * 4


@pytest.mark.parametrize(
    "body",
    [b'{"title": "\xff\xfe"}', b'{"title": ', b"", b"null", b"[]", b"[" * 100_000],
    ids=["no UTF-8", "cut off", "empty", "null", "a list", "deep"],
)
def test_a_body_that_cannot_be_read_is_refused_with_a_code(served: Served, body: bytes) -> None:
    response = served.send("/intake/incidents", body)

    status, reason = code(response)
    assert status in (400, 422)
    assert reason.startswith("request.")


def test_an_address_that_does_not_exist_is_refused_with_a_code(served: Served) -> None:
    assert code(served.get("/intake/nothing"))[0] == 404
    assert code(served.get("/intake/incidents"))[0] == 405


def test_what_is_too_large_or_impossible_is_refused_and_nothing_is_registered(
    served: Served,
) -> None:
    served.settle()
    before = len(served.get("/reporting/ledger").json())
    heard = {"channel": "call", "category": "x", "title": TITLE}

    large = served.post("/intake/incidents", **heard, body="课" * 25_000)
    future = served.post("/intake/incidents", **heard, posted_at="2999-01-01T00:00:00+08:00")
    secret = served.post("/intake/incidents", **heard, state_secret=True)
    unit = served.post("/intake/incidents", **heard, unit="QH-NO")
    untimed = served.post("/intake/incidents", **heard, posted_at="2026-01-01T00:00:00")

    assert code(large) == (422, "event.too-large")
    assert code(future) == (422, "time.in-future")
    assert code(secret) == (409, "incident.state-secret")
    assert code(unit) == (422, "unit.unknown")
    assert code(untimed) == (422, "request.invalid")
    served.settle()
    assert len(served.get("/reporting/ledger").json()) == before


OPEN = ("/health", "/metrics", "/asyncapi.json", "/schemas")
"""What says only that the process is there, how much it did, and what events look like."""


def test_the_interface_describes_itself_and_answers_nobody_without_a_token(served: Served) -> None:
    described = served.client.get("/openapi.json").json()
    operations = [
        (method.upper(), re.sub(r"\{\w+\}", "QINGHE-2026-000001", path))
        for path, item in described["paths"].items()
        for method in item
        if not path.startswith(OPEN)
    ]

    answers = {
        (method, path, credential): code(
            served.client.request(method, path, headers={"Authorization": credential})
        )
        for method, path in operations
        for credential in ("", "Bearer hy-nobody", "Basic aHk6aHk=")
    }

    assert described["openapi"].startswith("3.1")
    assert len(operations) > 15
    assert set(answers.values()) == {(401, "token.unknown")}, answers


def register(served: Served, by: str) -> dict[str, Any]:
    """An incident that somebody of a unit registers for it."""
    heard = {"channel": "call", "category": "inquiry_demand", "title": TITLE}
    return served.told("/intake/incidents", by, **heard)


def registered(served: Served) -> str:
    """The number of an incident of the first school, known in every room."""
    number: str = register(served, "drafter")["number"]
    served.settle()
    return number


def approved(served: Served, number: str) -> None:
    """An approved reply."""
    case = f"/routing/incidents/{number}"
    served.told(f"{case}/assign", "bureau", lead="QH-YZ")
    draft = served.told(f"{case}/draft", "drafter", kind="result", text=REPLY)["draft"]
    served.told(f"{case}/approve", "approver", draft=draft)


def served_trail(served: Served, number: str) -> list[dict[str, Any]]:
    """An incident's trail, once everything up to here is in it."""
    served.settle()
    entries: list[dict[str, Any]] = served.get(f"/reporting/incidents/{number}/trail").json()
    return entries
