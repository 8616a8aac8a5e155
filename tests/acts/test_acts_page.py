"""docs/acts.md says what acts there are."""

from tests.acts.make_acts_page import PAGE, page


def test_the_map_of_acts_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8") == page(), "python -m tests.acts.make_acts_page"
