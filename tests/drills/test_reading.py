"""What is wrong with a drill is told with its line, all of it at once, and nothing is run."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from huiyin.drills.checking import check_all
from huiyin.drills.reading import read_text
from huiyin.drills.script import Drill
from shared.documents import Unreadable

HEAD = "drill: d\npack: county-baseline\n"
REGISTER = "  - {at: 2026-03-02 09:00, by: info_officer, do: register, incident: A}\n"


def read(text: str) -> list[Drill]:
    drills = read_text(text, Path("d.yaml"))
    check_all(drills)
    return drills


def complaints(text: str) -> list[tuple[str, str]]:
    with pytest.raises(Unreadable) as told:
        read(text)
    assert all(each.remedy and each.message for each in told.value.complaints)
    return [(each.code, str(each.field)) for each in told.value.complaints]


def test_every_scalar_is_text_and_times_are_local() -> None:
    step = "  - {at: 2026-03-02 24:00, by: info_officer, do: register, incident: on, note: 17:30}\n"
    (drill,) = read(HEAD + "steps:\n" + step)
    assert drill.steps[0].at == datetime(2026, 3, 2, 16, tzinfo=UTC)
    assert drill.steps[0].incident == "on"


def test_a_time_with_an_offset_is_taken_as_it_says() -> None:
    (drill,) = read(HEAD + "steps:\n  - {at: '2026-03-02T09:00+00:00'}\n")
    assert drill.steps[0].at == datetime(2026, 3, 2, 9, tzinfo=UTC)


def test_repetitions_are_steps_of_their_own_in_the_order_of_time() -> None:
    steps = "  - {at: 2026-03-02 09:00, by: info_officer, do: browse, repeat: 3, every: P1D}\n"
    (drill,) = read(HEAD + "steps:\n" + steps + "  - {at: 2026-03-03 08:00}\n")
    assert [step.act for step in drill.steps] == ["browse", None, "browse", "browse"]


def test_each_variant_is_a_drill_of_its_own() -> None:
    variants = "variants:\n  - {name: a}\n  - {name: b, steps: [{at: 2026-03-02 10:00}]}\n"
    drills = read(HEAD + "steps:\n" + REGISTER + variants)
    assert [(drill.name, len(drill.steps)) for drill in drills] == [("d/a", 1), ("d/b", 2)]


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("- a\n", "drill.wrong-type", 1),
        ("drill: [\n", "drill.not-yaml", 2),
        ("", "drill.empty", 1),
        ("pack: county-baseline\n", "drill.missing", 1),
        ("drill: d\n", "drill.missing", 1),
        (HEAD + "stesp: []\n", "drill.unknown-key", 3),
        (HEAD + "pack: 001-2\n", "drill.declared-twice", 3),
        (HEAD + "steps:\n" + REGISTER + "  - {at: 2026-03-01 09:00}\n", "drill.backwards", 5),
        (HEAD + "steps:\n  - {at: 09:00}\n", "drill.wrong-type", 4),
        (HEAD + "steps:\n  - {by: info_officer}\n", "drill.missing", 4),
        (
            HEAD + "steps:\n  - {at: 2026-03-02 09:00, by: info_officer, do: regster}\n",
            "drill.unknown-act",
            4,
        ),
        (
            HEAD + "steps:\n  - {at: 2026-03-02 09:00, do: register, incident: A}\n",
            "drill.missing",
            4,
        ),
        (
            HEAD + "steps:\n  - {at: 2026-03-02 09:00, by: king, do: register, incident: A}\n",
            "drill.unknown-role",
            4,
        ),
        (
            HEAD + "steps:\n  - {at: 2026-03-02 09:00, by: info_officer@moon, do: browse}\n",
            "drill.unknown-unit",
            4,
        ),
        (
            HEAD
            + "steps:\n  - {at: 2026-03-02 09:00, by: info_officer, do: report, incident: B}\n",
            "drill.unknown-incident",
            4,
        ),
        (
            HEAD
            + "steps:\n"
            + REGISTER
            + "  - {at: 2026-03-02 10:00, by: liaison, do: approve, incident: A, of: D9}\n",
            "drill.unknown-label",
            5,
        ),
        (
            HEAD
            + "steps:\n"
            + REGISTER
            + "  - {at: 2026-03-02 10:00, by: liaison, do: close, incident: A, with: {x: y}}\n",
            "drill.unknown-key",
            5,
        ),
        (
            HEAD
            + "steps:\n"
            + REGISTER
            + "  - {at: 2026-03-02 10:00, by: liaison, do: grade, incident: A, with: {x: y}}\n",
            "drill.unknown-key",
            5,
        ),
        (HEAD + "expect:\n  - {dutty: B.T01}\n", "drill.unknown-expectation", 4),
        (HEAD + "expect:\n  - {duty: B.T99}\n", "drill.unknown-rule", 4),
        (HEAD + "expect:\n  - {duty: B.T01, due: soon}\n", "drill.wrong-type", 4),
        (HEAD + "expect:\n  - {duty: B.T01, state: done}\n", "drill.unknown-state", 4),
        (HEAD + "expect:\n  - {duty: B.T01, unit: moon, none: true}\n", "drill.unknown-unit", 4),
        (HEAD + "expect:\n  - {finding: late_reply, unit: moon}\n", "drill.unknown-unit", 4),
        (HEAD + "expect:\n  - {finding: late_replay, none: true}\n", "drill.unknown-name", 4),
        (HEAD + "expect:\n  - {breach: B.T99, none: true}\n", "drill.unknown-name", 4),
        (HEAD + "expect:\n  - {paper: daily_sumary, none: true}\n", "drill.unknown-name", 4),
        (
            HEAD + "steps:\n" + REGISTER + "expect:\n  - {trail: A, not: [reprot]}\n",
            "drill.unknown-act",
            6,
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, code: str, line: int) -> None:
    assert (code, f"d.yaml 第 {line} 行") in complaints(text)


@pytest.mark.parametrize(
    ("step", "remedy"),
    [
        ("do: report, incident: A, to: office", "写在 with: {to: …} 里"),
        ("do: urge, incident: A, with: {to: {a: b}}", "应写成当事方或单位代称"),
    ],
)
def test_what_stands_in_the_wrong_place_is_told_where_it_belongs(step: str, remedy: str) -> None:
    steps = REGISTER + f"  - {{at: 2026-03-02 10:00, by: liaison, {step}}}\n"
    with pytest.raises(Unreadable) as told:
        read(HEAD + "steps:\n" + steps)
    assert [each for each in told.value.complaints if remedy in each.remedy]


def test_a_span_that_cannot_be_read_is_told_how_to_write() -> None:
    with pytest.raises(Unreadable) as told:
        read(HEAD + "expect:\n  - {duty: B.T01, took: 5m}\n")
    assert "PT1M" in told.value.complaints[0].remedy


def test_parties_missed_duties_and_exact_verdicts_may_be_expected() -> None:
    expected = "{finding: late_reply, unit: handling_unit}", "{duty: B.T01, state: met_late}"
    trail = "{trail: A, has: ['missed:B.T01', publish by spokesperson]}"
    told = "".join(f"  - {each}\n" for each in (*expected, trail))
    assert read(HEAD + "steps:\n" + REGISTER + "expect:\n" + told)


def test_all_that_is_wrong_is_told_at_once() -> None:
    bad = HEAD + "steps:\n  - {by: info_officer}\n  - {at: x}\nexpect:\n  - {y: z}\n"
    assert len(complaints(bad)) >= 3
