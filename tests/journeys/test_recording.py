"""What is put on the record itself from the command line: archived, found, ranked."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.journeys.county import County, Served

RULES = """
[pack]
id = "qinghe-records"
version = "1"
zh = "青禾县归档与追责"

[archive.A1]
zh = "核实结果"
holds = "verify"

[offence.O1]
zh = "瞒报"
basis = "human"
sanction = "通报批评"
"""


@pytest.fixture(scope="module")
def under_rules(founded: County, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A running county under these rules."""
    with founded.copy(tmp_path_factory.mktemp("records") / "data").up() as served:
        served.told("/routing/packs/adopt", unit="QINGHE", text=RULES, reason="试用")
        chief = served.told(
            "/routing/officers", name="丙三", unit="QINGHE", post="principal_leader"
        )
        tokens = {**served.county.tokens, "chief": chief["token"]}
        served.settle()
        yield replace(served, county=replace(served.county, tokens=tokens))


def test_a_matter_is_archived_when_its_file_is_whole(under_rules: Served) -> None:
    served, number = under_rules, _handled(under_rules)

    lacking = served.county.run("archive", number)
    case = f"/routing/incidents/{number}"
    served.told(f"{case}/acts/reopen", grounds="补核实")
    served.told(f"{case}/acts/verify", "drafter", text="属实")
    _answer(served, number, "两本已送到")
    [archived] = served.county.done("archive", number)

    assert (lacking.status, "核实结果" in lacking.err) == (1, True)
    assert archived["events"] == ["reporting.matter-archived.v1"]


def test_what_people_find_stands_among_the_findings(under_rules: Served) -> None:
    county, number = under_rules.county, _handled(under_rules)
    leaf = under_rules.get(f"/reporting/incidents/{number}/trail").json()[0]["leaf"]

    given = ("find", number, "--of", "O1", "--text", "据核查", "--evidence", str(leaf))
    own = county.run(*given, by="approver")
    [found] = county.done(*given, by="chief")
    nobody = county.run("find", "--of", "O1", by="chief")
    [one] = [each for each in county.done("findings") if each["basis"] == "human"]

    assert (own.status, "cause.own" in own.err, "青禾县教育局" in own.err) == (1, True, True)
    assert found["events"] == ["reporting.finding-made.v1"]
    assert nobody.status == 2
    assert (one["kind"], one["title"], one["sanction"]) == ("O1", "瞒报", "通报批评")
    assert {"leaf": leaf, "act": ""} in one["evidence"]


def test_the_order_of_a_quarter_is_made_known(under_rules: Served) -> None:
    given = ("rank", "--unit", "QH-YZ", "--order", "QH-YZ", "--period")

    [ranked] = under_rules.county.done(*given, "2026-Q1", by="chief")
    wrong = under_rules.county.run(*given, "2026", by="chief")

    assert ranked["events"] == ["reporting.units-ranked.v1"]
    assert (wrong.status, "2026-Q1" in wrong.err) == (1, True)


def _handled(served: Served) -> str:
    """An incident that was answered and closed."""
    words = {"title": "课本还差两本", "channel": "message_board", "category": "教材"}
    told = served.told("/intake/incidents", "drafter", **words, unit="QH-YZ")
    served.settle()
    number = str(told["number"])
    served.told(f"/routing/incidents/{number}/assign", lead="QH-YZ")
    _answer(served, number, "已补发")
    return number


def _answer(served: Served, number: str, text: str) -> None:
    case = f"/routing/incidents/{number}"
    draft = served.told(f"{case}/draft", "drafter", kind="result", text=text)["draft"]
    served.told(f"{case}/approve", "approver", draft=draft)
    served.told(f"{case}/publish", "drafter", channel="原渠道", draft=draft)
    served.told(f"{case}/close", "drafter")
    served.settle()
