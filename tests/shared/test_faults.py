"""What is wrong with a field of a request is said in Chinese."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, field_validator

from shared.words import worded


class Order(BaseModel):
    model_config = ConfigDict(extra="forbid")

    key: Annotated[str, Field(pattern="^[a-z]+$", max_length=5)] = "a"
    draft: UUID | None = None
    at: AwareDatetime | None = None
    day: datetime | None = None
    how: Literal["one", "two"] = "one"
    years: Annotated[int, Field(ge=1)] = 1
    items: list[str] = []

    @field_validator("items")
    @classmethod
    def _known(cls, items: list[str]) -> list[str]:
        if "x" in items:
            raise ValueError("没有 x 这一件")
        return items


def said(**given: Any) -> str:
    with pytest.raises(ValidationError) as refused:
        Order(**given)
    return worded(refused.value.errors()[0])


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"key": "12345热线"}, "最多 5 个字"),
        ({"key": "热线"}, "写法应符合 ^[a-z]+$"),
        ({"draft": "D4"}, "应为标识（UUID）"),
        ({"at": "2026-03-02T14:10:00"}, "应写明时区, 如 2026-03-02T14:10:00+08:00"),
        ({"at": "今天"}, "应为时间, 如 2026-03-02T14:10:00+08:00"),
        ({"how": "three"}, "应为 'one'、'two' 之一"),
        ({"years": 0}, "不得小于 1"),
        ({"items": "x"}, "应为列表"),
        ({"other": 1}, "没有这一项"),
        ({"items": ["x"]}, "没有 x 这一件"),
    ],
)
def test_a_fault_is_told_in_chinese_with_its_bound(given: dict[str, Any], words: str) -> None:
    assert said(**given) == words


def test_a_fault_without_words_of_ours_is_told_as_it_is() -> None:
    assert worded({"type": "something_else", "msg": "said otherwise"}) == "said otherwise"
