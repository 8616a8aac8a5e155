"""Pages name only what is there: files, functions, other pages."""

from pathlib import Path

import pytest

from tests.docs.names import ROOT, missing, named

ROOMS = [
    ROOT / "services" / room / "README.md"
    for room in ("intake", "routing", "deadlines", "reporting")
]
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    *ROOMS,
    ROOT / "huiyin" / "drills" / "demonstration" / "README.md",
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_names_only_what_is_there(page: Path) -> None:
    assert missing(page) == []


def test_the_tour_and_the_contributor_s_page_name_the_code() -> None:
    names = named(ROOT / "docs" / "tour.md") | named(ROOT / "CONTRIBUTING.md")

    assert {"services/intake/incident.py", "services.routing.case.grade"} <= names
    assert len(names) > 50


@pytest.mark.parametrize(
    "said",
    [
        "`services/intake/gone.py`",
        "`services/<room>/gone.py`",
        "`services.intake.incident.gone`",
        "`services.gone`",
        "`gone.py`",
        "[gone](gone.md)",
    ],
)
def test_what_is_not_there_is_found(said: str, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"See {said}.\n", encoding="utf-8")

    assert len(missing(page)) == 1


def test_what_is_there_is_passed_over(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "`services/<room>/main.py`, `services.routing.case.CASE.fold`, `taking.py`, `make check`,"
        " `tests/routing/`, [itself](page.md#top)\n```\n`services/gone.py`\n```\n",
        encoding="utf-8",
    )

    assert missing(page) == []
