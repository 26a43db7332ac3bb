"""docs/lab/answers.md says what the exercises ask for."""

from tests.support.answers_page import PAGE, page


def test_up_to_date() -> None:
    """The page is what `make lab-answers` writes."""
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make lab-answers`"
