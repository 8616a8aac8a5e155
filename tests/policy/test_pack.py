"""A pack is read as it stands, or refused with the file, the key and what to do."""

import hashlib
import tomllib
from pathlib import Path

import pytest

from shared.errors import Invalid
from shared.policy import COUNTY_BASELINE, Duty, known_packs, load_pack, read_pack

GOOD = """
[pack]
id = "qinghe"
version = "2026.1"

[duty."Q.T01"]
title = "回复"
clause = "三日内答复"
start = "posted"
stop = "publish"
who = "handling_unit"
days = 3
"""
SKETCH_OF_A_DUTY = {"clause", "start", "stop", "who", "days"}


def written(directory: Path, text: str) -> Path:
    path = directory / "qinghe.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_county_baseline_has_one_duty() -> None:
    pack = load_pack(COUNTY_BASELINE)

    assert (pack.id, pack.version) == ("county-baseline", "2026.1")
    assert dict(pack.duties) == {
        "B.T01": Duty(
            title="回复",
            clause="自发帖之日起三日内公开回复",
            start="posted",
            stop="publish",
            who="handling_unit",
            days=3,
        )
    }


def test_a_pin_names_pack_version_and_the_bytes_of_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD)

    assert load_pack(path).pin == (
        f"qinghe@2026.1#{hashlib.sha256(path.read_bytes()).hexdigest()[:12]}"
    )


def test_another_byte_in_the_file_is_another_pin(tmp_path: Path) -> None:
    pin = load_pack(written(tmp_path, GOOD)).pin

    assert load_pack(written(tmp_path, GOOD + "# 注\n")).pin != pin


def test_every_pack_that_comes_with_the_system_loads() -> None:
    packs = sorted(COUNTY_BASELINE.parent.glob("*.toml"))

    assert [load_pack(path).id for path in packs] == [path.stem for path in packs]


def test_the_baseline_uses_the_words_of_larger_packs() -> None:
    file = tomllib.loads(COUNTY_BASELINE.read_text(encoding="utf-8"))

    assert set(file) == {"pack", "duty"}
    assert set(file["duty"]["B.T01"]) == SKETCH_OF_A_DUTY | {"title"}


@pytest.mark.parametrize(
    ("found", "instead", "code", "key"),
    [
        ("days = 3", "days = 3\nwithin = 'PT2H'", "pack.unknown-key", 'duty."Q.T01".within'),
        ("[pack]", "[gate]\n[pack]", "pack.unknown-key", "gate"),
        ("days = 3", "", "pack.missing-key", 'duty."Q.T01".days'),
        ('version = "2026.1"', "", "pack.missing-key", "pack.version"),
        ("days = 3", 'days = "3"', "pack.wrong-type", 'duty."Q.T01".days'),
        ("days = 3", "days = 3.0", "pack.wrong-type", 'duty."Q.T01".days'),
        ("days = 3", "days = true", "pack.wrong-type", 'duty."Q.T01".days'),
        ('title = "回复"', "title = 1", "pack.wrong-type", 'duty."Q.T01".title'),
        ('[duty."Q.T01"]', "[duty]", "pack.wrong-type", "duty.title"),
        ("days = 3", "days = 0", "pack.out-of-range", 'duty."Q.T01".days'),
        ("days = 3", "days = 4000000", "pack.out-of-range", 'duty."Q.T01".days'),
        ('start = "posted"', 'start = "heard"', "pack.unknown-value", 'duty."Q.T01".start'),
        ('stop = "publish"', 'stop = "delete"', "pack.unknown-value", 'duty."Q.T01".stop'),
        ('who = "handling_unit"', 'who = "nobody"', "pack.unknown-value", 'duty."Q.T01".who'),
        ('title = "回复"', 'title = " "', "pack.malformed", 'duty."Q.T01".title'),
        ('id = "qinghe"', 'id = "青禾县"', "pack.malformed", "pack.id"),
        ('[duty."Q.T01"]', '[duty."Q T01"]', "pack.malformed", 'duty."Q T01"'),
        ("days = 3", "days = ", "pack.not-toml", "pack"),
    ],
)
def test_what_is_wrong_is_told_with_file_key_and_remedy(
    tmp_path: Path, found: str, instead: str, code: str, key: str
) -> None:
    assert found in GOOD
    path = written(tmp_path, GOOD.replace(found, instead, 1))

    with pytest.raises(Invalid) as told:
        load_pack(path)

    assert (told.value.code, told.value.field) == (code, key)
    assert str(path) in told.value.message
    assert told.value.remedy


def test_an_unknown_start_is_told_with_what_may_stand_there(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD.replace('"posted"', '"heard"'))

    with pytest.raises(Invalid) as told:
        load_pack(path)

    assert "heard" in told.value.message
    assert all(start in told.value.remedy for start in ("posted", "discovered", "registered"))


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(Invalid) as told:
        load_pack(tmp_path / "missing.toml")

    assert told.value.code == "pack.unreadable"


def test_a_file_in_another_encoding_is_told(tmp_path: Path) -> None:
    path = tmp_path / "qinghe.toml"
    path.write_bytes(GOOD.encode("gb18030"))

    with pytest.raises(Invalid) as told:
        load_pack(path)

    assert told.value.code == "pack.not-toml"


def test_a_pack_is_read_from_text_as_from_a_file_and_told_by_the_name_given(tmp_path: Path) -> None:
    assert read_pack(GOOD.encode(), "所附文本") == load_pack(written(tmp_path, GOOD))

    with pytest.raises(Invalid) as told:
        read_pack(GOOD.replace("days = 3", "days = 0").encode(), "所附文本")

    assert (told.value.code, told.value.field) == ("pack.out-of-range", 'duty."Q.T01".days')
    assert "所附文本" in told.value.message


def test_the_packs_that_come_with_the_system_are_known_by_their_ids() -> None:
    assert known_packs()["county-baseline"] == COUNTY_BASELINE
