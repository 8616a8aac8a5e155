"""Erasing one incident: its words can be read by nobody, and the record holds as before."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.journeys.county import County, Served, code

TITLE = "青砖巷口的路灯三天不亮"
BODY = "孩子晚自习回家要摸黑走过那一段石板路"
CONTACT = "请打门卫室的电话七二三四五"
PUBLISHED = "路灯已由物业更换并加装了备用电源"
DISCARDED = "路灯的事情请再等一等消息"
WORDS = (TITLE, BODY, CONTACT, PUBLISHED, DISCARDED)
GROUNDS = "《个人信息保护法》第四十七条"


@dataclass(frozen=True)
class Erased:
    """A running county in which one answered incident was erased, and what was there before."""

    served: Served
    number: str
    incident: str
    other: str
    wrapped_before: dict[str, bytes | None]
    held_before: dict[str, list[str]]


@pytest.fixture(scope="module")
def erased(founded: County, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Erased]:
    """An incident answered, published, closed and then erased."""
    county = founded.copy(tmp_path_factory.mktemp("erasure") / "data")
    with county.up() as served:
        heard = {"channel": "visit", "category": "inquiry_demand"}
        words = {"title": TITLE, "body": BODY, "contact": CONTACT}
        answer = served.told("/intake/incidents", "drafter", **heard, **words)
        other = served.told("/intake/incidents", "drafter", **heard, title="没有人要忘记的事")
        served.settle()
        _answer_the_public(served, answer["number"])
        before = _wrapped(county, answer["incident"]), _holders(county)
        erase = f"/reporting/incidents/{answer['number']}/erase"
        served.told(erase, grounds=GROUNDS)
        served.settle()
        yield Erased(served, answer["number"], answer["incident"], other["number"], *before)


def test_the_words_were_in_no_file_before_and_are_in_none_afterwards(erased: Erased) -> None:
    assert erased.held_before == {}
    assert _holders(erased.served.county) == {}
    clear = [path for path, raw in _files(erased.served.county) if GROUNDS.encode() in raw]
    assert clear, "what is not sealed would have been found"


def test_the_wrapped_keys_are_gone_from_every_file(erased: Erased) -> None:
    keys = [raw for raw in erased.wrapped_before.values() if raw]
    subjects = {key.rpartition("/")[2] for key in erased.wrapped_before}

    assert subjects == {"matter", "contact", "reply"}
    assert len(keys) == 3
    assert set(_wrapped(erased.served.county, erased.incident).values()) == {None}
    assert [path for path, raw in _files(erased.served.county) if any(k in raw for k in keys)] == []


def test_ledger_and_trail_show_that_it_was_erased_and_by_whom(erased: Erased) -> None:
    row = erased.served.row(erased.number)
    entries = erased.served.get(f"/reporting/incidents/{erased.number}/trail").json()

    assert row["erased"] is True
    assert row["status"] == "closed"
    assert row["title"].startswith("（密钥已销毁")
    said = {entry["title"]: entry["what"] for entry in entries}
    assert [entry["title"] for entry in entries][-1] == "销毁密钥"
    assert GROUNDS in said["销毁密钥"]
    assert entries[-1]["post"] == "administrator"
    assert all("密钥已销毁" in said[title] for title in ("登记", "拟稿", "发布"))
    assert not any(words in entry["what"] for entry in entries for words in WORDS)


def test_another_incident_keeps_its_words(erased: Erased) -> None:
    assert erased.served.row(erased.other)["title"] == "没有人要忘记的事"


def test_the_record_still_holds(erased: Erased) -> None:
    verified = erased.served.post("/operations/verify").json()
    compared = erased.served.post("/operations/rebuild").json()

    assert verified["holds"], verified
    assert all(table["holds"] for table in compared), compared


def test_erasing_twice_is_harmless(erased: Erased) -> None:
    path = f"/reporting/incidents/{erased.number}"
    before = erased.served.get(f"{path}/trail").json()

    again = erased.served.county.run("erase", erased.number, "--grounds", GROUNDS)

    assert again.status == 0, again
    assert erased.served.get(f"{path}/trail").json() == before


def test_only_the_administrator_erases_and_only_with_grounds(erased: Erased) -> None:
    path = f"/reporting/incidents/{erased.other}/erase"

    officer = erased.served.county.run("erase", erased.other, "--grounds", "x", by="approver")
    groundless = erased.served.post(path, grounds=" ")

    assert (officer.status, officer.out) == (1, "")
    assert "(post.not-competent)" in officer.err
    assert code(erased.served.post(path, "bureau", grounds="x")) == (403, "post.not-competent")
    assert code(groundless) == (422, "grounds.missing")
    assert erased.served.row(erased.other)["erased"] is False


def test_acts_that_need_the_erased_words_are_refused_clearly(erased: Erased) -> None:
    served = erased.served
    number = served.told("/intake/incidents", "drafter", channel="call", category="x", title=TITLE)[
        "number"
    ]
    served.settle()
    case = f"/routing/incidents/{number}"
    served.told(f"{case}/assign", "bureau", lead="QH-YZ")
    reply = served.told(f"{case}/draft", "drafter", kind="result", text=PUBLISHED)["draft"]
    served.told(f"{case}/approve", "approver", draft=reply)
    served.told(f"/reporting/incidents/{number}/erase", grounds=GROUNDS)

    draft = served.post(f"{case}/draft", "drafter", kind="result", text="新的答复")
    publish = served.post(f"{case}/publish", "drafter", channel="message_board", draft=reply)
    again = {"channel": "x", "text": PUBLISHED, "draft": reply}
    repeated = served.post(f"{case}/publish", "drafter", **again)

    assert code(draft) == (409, "vault.key-erased")
    assert code(publish) == (409, "vault.key-erased")
    assert code(repeated) == (409, "vault.key-erased")


def test_an_erased_incident_takes_no_new_words_even_if_none_were_drafted_before(
    erased: Erased,
) -> None:
    served = erased.served
    number = served.told("/intake/incidents", "drafter", channel="call", category="x", title=TITLE)[
        "number"
    ]
    served.settle()
    served.told(f"/routing/incidents/{number}/assign", "bureau", lead="QH-YZ")
    served.told(f"/reporting/incidents/{number}/erase", grounds=GROUNDS)

    draft = served.post(
        f"/routing/incidents/{number}/draft", "drafter", kind="result", text=PUBLISHED
    )

    assert code(draft) == (409, "vault.key-erased")


def _answer_the_public(served: Served, number: str) -> None:
    case = f"/routing/incidents/{number}"
    served.told(f"{case}/assign", "bureau", lead="QH-YZ")
    served.told(f"{case}/draft", "drafter", kind="result", text=DISCARDED)
    reply = served.told(f"{case}/draft", "drafter", kind="result", text=PUBLISHED)["draft"]
    served.told(f"{case}/approve", "approver", draft=reply)
    out = {"channel": "message_board", "text": PUBLISHED, "draft": reply}
    served.told(f"{case}/publish", "drafter", **out)
    served.told(f"{case}/close", "approver")
    served.settle()


def _files(county: County) -> list[tuple[Path, bytes]]:
    """Every file of the county (databases, write-ahead logs, streams), and its standard output."""
    found: list[tuple[Path, bytes]] = []
    for path in (*county.data.rglob("*"), county.data.with_suffix(".log")):
        with suppress(FileNotFoundError, IsADirectoryError):  # a file on its way to another name
            found.append((path, path.read_bytes()))
    return found


def _holders(county: County) -> dict[str, list[str]]:
    """Which of the words are in which files, in the encodings they could have."""
    found: dict[str, list[str]] = {}
    for path, raw in _files(county):
        for words in WORDS:
            spelt = (words.encode(), words.encode("unicode_escape"), words.encode("utf-16-le"))
            if any(each in raw for each in spelt):
                found.setdefault(words, []).append(path.name)
    return found


def _wrapped(county: County, incident: str) -> dict[str, bytes | None]:
    """The incident's data keys as the vault's file has them."""
    with closing(sqlite3.connect(county.data / "vault.db")) as vault:
        query = "SELECT key_id, wrapped FROM data_key WHERE key_id LIKE ?"
        return dict(vault.execute(query, [f"{incident}/%"]).fetchall())
