"""What the command line takes, read from its tree of commands and not from its wrapped pages."""

from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

from typer.main import get_command

from huiyin.cli.main import app


def described() -> str:
    """Every command in the order of its words, and what each takes in the order it is shown."""
    tree = get_command(app)
    return "\n".join(line for name, each in _walk(tree, "huiyin") for line in _command(name, each))


def _walk(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    yield name, command
    for word, each in sorted(getattr(command, "commands", {}).items()):
        yield from _walk(each, f"{name} {word}")


def _command(name: str, command: Any) -> Iterator[str]:
    marks = [mark for mark in ("hidden", "deprecated", "no_args_is_help") if getattr(command, mark)]
    yield " ".join([name, *(f"[{mark}]" for mark in marks)])
    for line in (command.help or "").splitlines():
        yield f"    | {line}".rstrip()
    if command.epilog:
        yield f"    epilog: {command.epilog}"
    if words := getattr(command, "commands", None):
        yield f"    commands: {' '.join(words)}"
    for parameter in command.params:
        yield f"    {_parameter(parameter)}"
    yield ""


def _parameter(parameter: Any) -> str:
    what = parameter.param_type_name
    names = "/".join([*parameter.opts, *parameter.secondary_opts])
    said = [what, names, _type(parameter.type_descriptor.annotation)]
    said += ["required" if parameter.required else f"default {_default(parameter.default)}"]
    said += [f"nargs {parameter.nargs}"] if parameter.nargs != 1 else []
    said += [f"{key} {getattr(parameter, key)}" for key in _LIMITS if _says(parameter, key)]
    return "; ".join(said) + (f" -- {parameter.help}" if parameter.help else "")


_LIMITS = ("min", "max", "multiple", "is_flag", "count", "hidden", "metavar", "envvar", "prompt")


def _says(parameter: Any, key: str) -> bool:
    return getattr(parameter, key, None) not in (None, False)


def _type(annotation: Any) -> str:
    if get_origin(annotation) is Literal:
        return "|".join(map(str, get_args(annotation)))
    if args := get_args(annotation):
        return f"{get_origin(annotation).__name__}[{', '.join(map(_type, args))}]"
    return str(getattr(annotation, "__name__", annotation))


def _default(value: Any) -> str:
    """As it is; of something that is worked out when it is needed, that it is."""
    return "computed" if callable(value) else repr(value)
