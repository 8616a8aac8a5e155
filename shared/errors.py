"""Errors that people and programs read: a stable code, a Chinese sentence, a field and a remedy."""

import json
from dataclasses import dataclass


@dataclass(eq=False)
class HuiyinError(Exception):
    """A problem that is told to whoever asked: what is wrong, in which field, and what to do.

    ``code`` is stable and published; ``message`` and ``remedy`` are Chinese sentences. ``rules``
    are the numbers of all rules of the pack that say no to it.
    """

    code: str
    message: str
    remedy: str = ""
    field: str | None = None
    rules: tuple[str, ...] = ()

    def __str__(self) -> str:
        place = f"[{self.field}] " if self.field else ""
        advice = f" 处理办法：{self.remedy}" if self.remedy else ""
        return f"{place}{self.message}{advice}({self.code})"


class Refused(HuiyinError):
    """A rule says no: the request is understood and nothing of it was done (拒绝)."""


class Invalid(HuiyinError):
    """The request cannot be understood as it stands: a field is missing or wrong."""


class Unknown(HuiyinError):
    """The thing asked for is not known here (yet)."""


class Unavailable(HuiyinError):
    """The system cannot do it now; nothing of the request was done and it may be repeated."""


class Untrusted(HuiyinError):
    """What is stored contradicts itself: the part concerned stops rather than guess."""


HTTP_STATUS: dict[type[HuiyinError], int] = {
    Refused: 409,
    Invalid: 422,
    Unknown: 404,
    Unavailable: 503,
}
"""With which status each kind of error is answered over HTTP."""


def answered_error(status: int, answer: bytes) -> HuiyinError:
    """The error that a request was answered with; Unavailable ``http.failed`` if it is not ours."""
    kind = next((kind for kind, its in HTTP_STATUS.items() if its == status), Refused)
    try:
        said = json.loads(answer)
        rules = tuple(said.get("rules", ()))
        return kind(said["code"], said["message"], said["remedy"], said["field"], rules)
    except (ValueError, LookupError, TypeError, AttributeError):
        return Unavailable("http.failed", f"服务出错（{status}）。", "请查看运行日志后重试。")
