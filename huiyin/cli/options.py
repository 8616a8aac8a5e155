"""The fields of a body as options of a command: what each is called, and what it means."""

import inspect
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, get_args, get_origin

import typer
from pydantic.fields import FieldInfo

from huiyin.cli.taking import moment_of, pairs, sets_of
from shared.acts.body import Dated, Order, is_moment, plain
from shared.acts.vocabulary import Act

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
    told = {key: given.get(key) for key in act.body.model_fields}
    return {
        key: _said(act.body.model_fields[key], key, value)
        for key, value in told.items()
        if value is not None and value != [] and not _is_usual(act.body, key, value)
    }


def _parameter(act: Act, key: str, field: FieldInfo) -> inspect.Parameter:
    needed = field.is_required() or key in act.needed
    default = act.usual[key] if key in act.usual else _default(field)
    empty = needed and key not in act.usual
    kind = _kind(field.annotation)
    flags = ("--at", "--occurred-at") if key == "occurred_at" and _dated(act) else _flags(key)
    return inspect.Parameter(
        key,
        inspect.Parameter.KEYWORD_ONLY,
        default=inspect.Parameter.empty if empty else default,
        annotation=Annotated[
            kind if needed or kind is bool or isinstance(default, str) else kind | None,
            typer.Option(*flags, help=field.description),
        ],
    )


def _dated(act: Act) -> bool:
    return issubclass(act.body, Dated)


def _flags(key: str) -> tuple[str, ...]:
    return FLAGS.get(key, ())


def _default(field: FieldInfo) -> Any:
    return field.default if isinstance(field.default, (str, bool)) else None


def _is_usual(body: type[Order], key: str, value: Any) -> bool:
    """Whether it is what the other side takes anyway: a switch that nobody touched."""
    return value is False and body.model_fields[key].default is False


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
