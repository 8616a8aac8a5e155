"""Options of commands: those that many have, and the fields of a body as options of an act."""

import inspect
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, get_args, get_origin

import typer
from pydantic.fields import FieldInfo

from huiyin.cli.output import Format, ended
from shared.acts.body import Dated, is_moment, plain
from shared.acts.vocabulary import Act
from shared.clock import read_moment
from shared.errors import HuiyinError, Invalid

Incident = Annotated[str, typer.Argument(help="事件编号或标识")]
FormatOption = Annotated[Format, typer.Option("--format", help="table 表格, json 一个 JSON 数组")]
ForceOption = Annotated[bool, typer.Option("--force", help="文件已存在也覆盖")]
AsOf = Annotated[
    str | None,
    typer.Option(help="当时所见：2026-03-02 14:10（北京时间）；只写日期指当日 24:00"),
]

FLAGS: Mapping[str, tuple[str, ...]] = {
    "co_handling": ("--with",),
    "sets": ("--set",),
    "fields": ("--field",),
    "channels": ("--channel",),
    "items": ("--item",),
    "units": ("--unit",),
    "happened": ("--happened",),
    "worse": ("--worse",),
    "on": ("--on/--off",),
    "satisfied": ("--satisfied/--unsatisfied",),
    "in_time": ("--in-time/--late",),
}
"""Options that are not called as their field is."""

LAST = ("kind", "to", "medium", "of", "text", "fields", "happened", "occurred_at")
"""What every act can be told, behind what only this act says."""


def parameters(act: Act, without: tuple[str, ...] = ()) -> Iterator[inspect.Parameter]:
    """The options of an act, those of its own first."""
    fields = {key: f for key, f in act.body.model_fields.items() if key not in without}
    shared = [key for key in LAST if key in fields and issubclass(act.body, Dated)]
    for key in (*(key for key in fields if key not in shared), *shared):
        yield _parameter(act, key, fields[key])


def body_of(act: Act, given: Mapping[str, Any]) -> dict[str, Any]:
    """The body as the options say it; what was left out is left to the other side."""
    return {
        key: _said(field, key, value)
        for key, field in act.body.model_fields.items()
        if (value := given.get(key)) not in (None, []) and (value or field.default is not False)
    }


def _parameter(act: Act, key: str, field: FieldInfo) -> inspect.Parameter:
    needed = field.is_required() or key in act.needed
    known = field.default if isinstance(field.default, (str, bool)) else None
    default = act.usual.get(key, known)
    empty = needed and key not in act.usual
    kind = _kind(field.annotation)
    dated = key == "occurred_at" and issubclass(act.body, Dated)
    flags = ("--at", "--occurred-at") if dated else FLAGS.get(key, ())
    whole = needed or kind is bool or isinstance(default, str)
    about = typer.Option(*flags, help=field.description)
    said: Any = Annotated[kind if whole else kind | None, about]
    return option(key, said, inspect.Parameter.empty if empty else default)


def option(name: str, annotation: Any, default: Any = inspect.Parameter.empty) -> inspect.Parameter:
    """An option or argument of a command; without ``default`` it has to be given."""
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
    )


def _kind(annotation: Any) -> Any:
    """What an option of that type is: a text, a switch, a number, or several of them."""
    of = plain(annotation)
    if get_origin(of) is dict:
        return list[str]
    if get_origin(of) is list:
        return list[_kind(get_args(of)[0])]  # type: ignore[misc]  # made at run time
    return of if of in (bool, int) else str


def _said(field: FieldInfo, key: str, value: Any) -> Any:
    if key == "sets":
        return sets_of(value)
    if key == "fields":
        return pairs(value, "--field")
    if is_moment(field.annotation):
        return moment_of(key, value)
    return value


def pairs(given: Sequence[str], option: str) -> dict[str, str]:
    """``key=value`` each; says what is wrong and ends the command otherwise."""
    found = [each.partition("=") for each in given]
    for key, sign, _ in found:
        if not key.strip() or not sign:
            said = f"“{key}”后面没有等号和内容。"
            raise ended(Invalid("option.no-value", said, "请写作 名称=内容。", option))
    return {key.strip(): value for key, _, value in found}


def sets_of(given: Sequence[str]) -> dict[str, list[str]]:
    """``axis=value`` each; an axis named again has several values."""
    sets: dict[str, list[str]] = {}
    for each in given:
        for axis, value in pairs([each], "--set").items():
            sets.setdefault(axis, []).append(value)
    return sets


def moment_of(name: str, text: str) -> str:
    """A moment as people here write it, with its offset; ends the command if it is none."""
    try:
        return read_moment(text, field=name).isoformat()
    except HuiyinError as problem:
        raise ended(problem) from None
