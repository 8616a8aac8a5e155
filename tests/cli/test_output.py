"""What is shown to people stands as it was said."""

import pytest

from huiyin.cli.output import say, show


def test_brackets_are_no_markup_in_sentences_and_tables(capsys: pytest.CaptureFixture[str]) -> None:
    words = '请在 [party.office] 中写 zh = "中文名"。'

    say(words)
    show([{"message": words}], {"message": "原因"}, "table")

    assert capsys.readouterr().out.count("[party.office]") == 2
