"""What a unit's officers put on record from the command line: a matter's notes, their own days."""

from pathlib import Path

from tests.journeys.county import County


def test_a_school_keeps_its_diary_from_the_command_line(founded: County, tmp_path: Path) -> None:
    """Scenario: a duty report has explicit nil entries; without --unit it is one's own unit."""
    county = founded.copy(tmp_path / "data")
    spell = ("--begins", "2026-03-02 08:00", "--ends", "2026-03-03 08:00")
    form = ("basics=平稳", "platforms=论坛", "positive=无", "remarks=正常", "officer=duty_officer")
    filled = [part for field in form for part in ("--field", field)]
    with county.up():
        adopting = ("adopt", "QH-YZ", "duty-report-sample", "--reason", "试用")
        assert county.run("pack", *adopting).status == 0
        [told] = county.done("register", "--title", "校车停运", by="drafter")
        number = str(told["number"])

        lacking = county.run("shift", *spell, *filled, by="drafter")
        [worked] = county.done("shift", *spell, *filled, "--field", "adverse=无", by="drafter")
        [summed] = county.done("summarise", "--unit", "QH-YZ", by="bureau")
        [noted] = county.done("note", number, "--text", "又有三条", "--worse", by="drafter")
        corrected = ("correct", number, "--posted-at", "2026-03-02 06:00", "--grounds", "看错")
        assert county.done(*corrected, by="drafter")
        nothing = county.run("correct", number, "--grounds", "看错", by="drafter")
        [inspected] = county.done("inspect", number, by="drafter")
        both = county.run("inspect", number, "--unit", "QH-YZ", by="drafter")
        trail = county.done("audit", "show", number)

    assert (lacking.status, "form.field-missing" in lacking.err) == (1, True)
    assert (worked["number"], worked["events"]) == ("QH-YZ", ["intake.shift-worked.v1"])
    assert summed["events"] == ["intake.summary-made.v1"]
    assert noted["events"] == ["intake.matter-noted.v1"]
    assert (nothing.status, "correct.nothing" in nothing.err) == (1, True)
    assert inspected["number"] == number
    assert both.status == 2
    said = {each["title"]: each["what"] for each in trail}
    assert "事态恶化" in said["记录"]
    assert "看错" in said["更正"]
