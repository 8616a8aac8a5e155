"""docs/packs.md says what the packs are."""

from tests.policy.make_packs_page import PAGE, page


def test_the_page_of_packs_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8") == page(), "python -m tests.policy.make_packs_page"
